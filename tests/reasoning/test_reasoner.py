"""Asking the small reasoner: what is asked, how it is read, and that nothing of the batch changes a reply."""

import pytest
import torch

from lessons import zoo
from lessons.gpt.generate import Generated
from lessons.reasoning import reasoner
from lessons.reasoning.problems import MOST_EVENTS, held_out_problems
from lessons.reasoning.prompts import prompt, response
from lessons.reasoning.reasoner import Reply, accuracy, ask, by_events


@pytest.fixture(scope="module")
def model():
    return zoo.load("reasoner")


def test_the_two_prompts():
    story = held_out_problems(2, 1)[0]
    assert prompt(story, "direct") == f"Q: {story.question} A: The answer is"
    assert prompt(story, "chain") == f"Q: {story.question} A: Let's think step by step."
    assert response(story, "direct") == f"{story.answer}."
    assert response(story, "chain") == f"{story.chain} The answer is {story.answer}."
    with pytest.raises(ValueError, match="There is no way 'slow' to ask: choose from direct, chain"):
        prompt(story, "slow")


def test_a_problem_of_one_step_is_solved(model):
    problems = held_out_problems(1, 4, seed=3)
    for reply, problem in zip(ask(model, problems), problems, strict=True):
        assert reply == Reply(response(problem, "chain"), problem.answer, True, "end")


def test_a_direct_reply_is_a_number(model):
    for reply in ask(model, held_out_problems(2, 6), "direct"):
        assert reply.text == f"{reply.answer}." and reply.ended == "end"


def test_a_reply_does_not_depend_on_the_other_problems(model):
    problems = [held_out_problems(count, 2)[1] for count in (5, 1, 3)]
    assert ask(model, problems) == [ask(model, [problem])[0] for problem in problems]


def test_it_goes_on_from_what_it_is_given(model):
    problem = held_out_problems(2, 1)[0]
    first = problem.chain.partition(".")[0]
    for begun in (first, first + ".", problem.chain):  # the space comes where it belongs
        (reply,) = ask(model, [problem], begun=[begun])
        assert reply.text.startswith(begun) and reply.text == response(problem, "chain")


def test_one_seed_one_chain(model):
    problems = held_out_problems(5, 1) * 6
    drawn = ask(model, problems, temperature=2.0, seed=1)
    assert drawn == ask(model, problems, temperature=2.0, seed=1)
    assert drawn != ask(model, problems, temperature=2.0, seed=2)
    assert len({reply.text for reply in ask(model, problems)}) == 1


def test_what_does_not_come_to_an_end_has_no_answer(model, monkeypatch):
    problem = held_out_problems(1, 1)[0]
    ids = model.tokenizer.encode(f"The answer is {problem.answer}").ids

    def generate(model, prompts, tokens, decoding, seed):
        return [Generated("", ids, "length"), Generated("", [*ids, 0], "end")]

    monkeypatch.setattr(reasoner, "generate", generate)
    cut, whole = ask(model, [problem] * 2)
    assert cut == Reply(f"The answer is {problem.answer}", None, False, "length")
    assert whole == Reply(f"The answer is {problem.answer}", problem.answer, True, "end")


def test_there_is_room_for_the_longest_chain(model):
    longest = max(len(model.tokenizer.encode(response(p, "chain")).ids) for p in held_out_problems(MOST_EVENTS, 40))
    assert longest + 1 < reasoner.TOKENS
    asked = max(len(model.tokenizer.encode(prompt(p, "chain")).ids) for p in held_out_problems(MOST_EVENTS, 40))
    assert asked + reasoner.TOKENS <= model.config.context


def test_the_model_and_the_outside_randomness_are_left_alone(model):
    state = torch.get_rng_state()
    ask(model, held_out_problems(1, 2), temperature=1.0)
    assert torch.equal(state, torch.get_rng_state()) and not model.training


def test_beginnings_must_be_as_many_as_problems(model):
    with pytest.raises(ValueError, match="There are 2 problems, but beginnings for 1"):
        ask(model, held_out_problems(1, 2), begun=[""])
    assert ask(model, []) == []


def test_the_accuracy_is_the_share_of_right_replies():
    found = accuracy([Reply("", 1, right, "end") for right in (True, True, False, True)])
    assert found.mean == 0.75 and found.low < 0.75 < found.high
    with pytest.raises(ValueError, match="1 value or more"):
        accuracy([])


def test_both_ways_see_the_same_problems(monkeypatch, model):
    asked = []

    def fake(model, problems, way):
        asked.append((way, [problem.question for problem in problems]))
        return [Reply("", 1, way == "chain", "end")] * len(problems)

    monkeypatch.setattr(reasoner, "ask", fake)
    found = by_events(model, (2, 4), problems=3, seed=1)
    assert {way: [interval.mean for interval in row] for way, row in found.items()} == {
        "direct": [0.0, 0.0],
        "chain": [1.0, 1.0],
    }
    assert asked == [
        (way, [problem.question for problem in held_out_problems(count, 3, 1)])
        for way in ("direct", "chain")
        for count in (2, 4)
    ]
