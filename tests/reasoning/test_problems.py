"""Stories: what they say, what they allow, and which are held out."""

import re

import pytest
import torch

from lessons.reasoning import problems
from lessons.reasoning.chains import read_chain
from lessons.reasoning.problems import Event, Problem, draw, held_out_problems
from lessons.reasoning.vocabulary import UNKNOWN, tokenizer

SHOP = Problem("Maria", "pens", 5, 10, (Event("lose", (2,)), Event("gain boxes", (5, 4), "buys {} boxes of {}")))


def answer_by_reading(question: str) -> int:
    """Solve a story from its words alone, by rules that were written a second time."""
    owned = int(re.search(r"has (\d+)", question)[1])
    for sentence in re.findall(r"In \w+ s?he ([^.]+)\.", question):
        numbers = [int(number) for number in re.findall(r"\d+", sentence)]
        many = numbers[0] * numbers[-1] if "boxes" in sentence else sum(numbers)
        if "doubles" in sentence:
            owned *= 2
        elif "half" in sentence:
            assert owned % 2 == 0
            owned //= 2
        else:
            owned += many if re.match("finds|gets|wins|buys", sentence) else -many
        assert 1 <= owned <= 99
    return owned


def test_a_story_and_its_chain():
    assert SHOP.question == (
        "Maria has 5 pens. In November she loses 2. In December she buys 5 boxes of 4. How many pens now?"
    )
    assert SHOP.chain == "November: 5 - 2 = 3. December: 5 * 4 = 20, 3 + 20 = 23."
    assert SHOP.answer == 23


def test_months_go_on_in_january():
    story = Problem("Omar", "eggs", 8, 11, (Event("halve"), Event("double"), Event("lose boxes", (2, 3))))
    assert story.months == ("December", "January", "February")
    assert story.chain == "December: 8 / 2 = 4. January: 4 * 2 = 8. February: 2 * 3 = 6, 8 - 6 = 2."
    assert "In December he loses half. In January he doubles them." in story.question


@pytest.mark.parametrize("events", range(1, 9))
@pytest.mark.parametrize("held_out", [True, False])
def test_the_answer_is_what_the_story_says(events, held_out):
    source = torch.Generator().manual_seed(events)
    for _ in range(15):
        problem = draw(events, source, held_out)
        assert len(problem.events) == events and problem.held_out is held_out
        assert problem.answer == answer_by_reading(problem.question)
        assert read_chain(problem.chain) == problem.steps
        assert all(equation.holds for step in problem.steps for equation in step.equations)


def test_every_kind_and_every_wording_comes():
    source = torch.Generator().manual_seed(0)
    stories = [draw(4, source, held_out=False) for _ in range(300)]
    told = {(event.kind, event.phrase) for story in stories for event in story.events}
    assert told == {(kind, phrase) for kind, phrases in problems.PHRASES.items() for phrase in phrases}
    assert {story.person for story in stories} == set(problems.PEOPLE)
    assert {story.first_month for story in stories} == set(range(12))
    assert {story.start for story in stories} == set(problems.STARTS)


def test_the_same_seed_gives_the_same_problems():
    first, second = held_out_problems(3, 20, seed=7), held_out_problems(3, 20, seed=7)
    assert first == second and len({problem.question for problem in first}) == 20
    assert held_out_problems(3, 30, seed=7)[:20] == first
    assert not {problem.question for problem in first} & {problem.question for problem in held_out_problems(3, 20, 8)}
    assert all(problem.held_out for problem in first)


def test_a_tenth_is_held_out_whatever_the_story_is_told_with():
    source = torch.Generator().manual_seed(0)
    drawn = [problems._drawn(3, source) for _ in range(800)]
    assert 0.07 < sum(problem.held_out for problem in drawn) / 800 < 0.13
    story = held_out_problems(2, 1)[0]
    other = {"halve": "sells half", "gain": "wins {}", "lose": "sells {}"}
    events = tuple(Event(event.kind, event.numbers, other.get(event.kind, "")) for event in story.events)
    assert Problem("Yuki", "stones", story.start, 5, events).held_out


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Event("steal", (2,)), "'steal'"),
        (lambda: Event("gain", (2,), "loses {}"), "'loses {}'"),
        (lambda: Event("gain", (0,)), "1 from 1 to 9"),
        (lambda: Event("gain", (10,)), "1 from 1 to 9"),
        (lambda: Event("gain"), "1 from 1 to 9"),
        (lambda: Event("gain boxes", (5, 6)), "2 from 2 to 5"),
        (lambda: Event("gain boxes", (5,)), "2 from 2 to 5"),
        (lambda: Event("double", (2,)), "none"),
        (lambda: Problem("Zed", "pens", 5, 0, (Event("double"),)), "'Zed'"),
        (lambda: Problem("Omar", "cars", 5, 0, (Event("double"),)), "'cars'"),
        (lambda: Problem("Omar", "pens", 5, 12, (Event("double"),)), "12"),
        (lambda: Problem("Omar", "pens", 1, 0, (Event("double"),)), "2 to 30"),
        (lambda: Problem("Omar", "pens", 31, 0, (Event("double"),)), "2 to 30"),
        (lambda: Problem("Omar", "pens", 5, 0, ()), "1 to 8 events, not 0"),
        (lambda: Problem("Omar", "pens", 2, 0, (Event("gain", (1,)),) * 9), "1 to 8 events, not 9"),
        (lambda: Problem("Omar", "pens", 5, 3, (Event("halve"),)), "In April there are 5 pens, which cannot be halved"),
        (lambda: Problem("Omar", "pens", 5, 0, (Event("lose", (5,)),)), "In January there are 0 pens"),
        (lambda: Problem("Omar", "pens", 30, 0, (Event("double"),) * 2), "In February there are 120 pens"),
        (lambda: draw(0, torch.Generator(), True), "1 to 8"),
        (lambda: draw(9, torch.Generator(), True), "1 to 8"),
        (lambda: held_out_problems(2, 0), "1 or more"),
    ],
)
def test_what_cannot_be_told_is_refused(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def test_the_tokenizer_knows_every_word_and_writes_it_back():
    read = tokenizer()
    for events in (1, 8):
        for story in held_out_problems(events, 30):
            text = f"Q: {story.question} A: Let's think step by step. {story.chain} The answer is {story.answer}."
            ids = read.encode(text).ids
            assert read.decode(ids) == text and read.special(UNKNOWN) not in ids and len(ids) < 256
    assert read.encode("5-2=3.").tokens == ["5", "-", "2", "=", "3", "."]
    assert read.encode("zebra 100 5").ids == [1, 1, read.encode("5").ids[0]]
