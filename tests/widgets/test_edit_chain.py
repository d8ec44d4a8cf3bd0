"""The panel in which a chain is edited, without a browser: what the reasoner makes of it is written here."""

import numpy as np
import pytest

from lessons.gpt.few_shot import answer_scores
from lessons.reasoning import reasoner as reasoner_module
from lessons.reasoning.corrupt import Changed
from lessons.reasoning.problems import Event, Problem
from lessons.reasoning.prompts import prompt, response
from tests.widgets.toy_reasoner import Asked, toy_reasoner
from widgets.explorers import edit_chain
from widgets.explorers.chain_views import cut, implied, parted, places
from widgets.explorers.edit_chain import CHOSEN, EditChain

PROBLEM = Problem("Roger", "pens", 5, 4, (Event("lose", (2,)), Event("gain boxes", (5, 4)), Event("gain", (1,))))
CHAIN = "May: 5 - 2 = 3. June: 5 * 4 = 20, 3 + 20 = 23. July: 23 + 1 = 24."


def follows(problem: Problem, way: str, begun: str, i: int) -> str:
    """Go on with whatever answer the beginning implies."""
    return f"{begun}. The answer is {implied(problem, begun)}." if begun else response(problem, way)


def ignores(problem: Problem, way: str, begun: str, i: int) -> str:
    """Say the story's answer, whatever the chain says."""
    return f"{begun}. The answer is {problem.answer}." if begun else response(problem, way)


@pytest.fixture
def asked(monkeypatch) -> Asked:
    fake = Asked(follows)
    monkeypatch.setattr(edit_chain, "ask", fake)
    return fake


def panel(**state: object) -> EditChain:
    p = EditChain(toy_reasoner, **state)
    assert p.status.kind == "note" or not p.status.message, p.status.message
    return p


def test_it_opens_with_a_change_that_matters(asked: Asked) -> None:
    p = panel()
    edit = p.edit()
    assert edit.own.text == response(edit.problem, "chain") and edit.implied not in (None, edit.problem.answer)
    assert p.chains.text(0, "written") == edit.own.text and p.chains.passages[0]["verdict"] == "right"
    assert p.chains.text(1, "edited") == str(p.controls["number"].value)
    assert p.chains.text(1, "given") + p.chains.text(1, "edited") == f"{prompt(edit.problem, 'chain')} {edit.begun}"
    assert p.chains.text(1, "written") == f". The answer is {edit.implied}."
    note = f"{edit.implied}, which the changed chain implies, and no longer {edit.own.answer}."
    assert p.chains.passages[1]["note"] == f"The answer follows the chain: {note}"
    assert p.chains.passages[1]["verdict"] == "right"
    assert p.controls["begun"].value == edit.begun
    assert [name for name, _ in p.controls["which"].options] == list(map(str, places(edit.own.text)))


def test_an_answer_that_does_not_follow_is_told(monkeypatch) -> None:
    monkeypatch.setattr(edit_chain, "ask", Asked(ignores))
    p = panel()
    edit = p.edit()
    assert p.chains.passages[1]["note"] == (
        f"The answer does not follow the chain: it is still {edit.own.answer}, and the changed chain implies "
        f"{edit.implied}."
    )
    assert p.chains.passages[1]["verdict"] == "wrong"


def test_an_answer_that_cannot_be_read_is_told(monkeypatch) -> None:
    silent = Asked(lambda problem, way, begun, i: f"{begun}. The answer is pens." if begun else response(problem, way))
    monkeypatch.setattr(edit_chain, "ask", silent)
    p = panel()
    assert "it says no number that could be read, and the changed" in p.chains.passages[1]["note"]


def test_an_equation_and_a_result_write_the_beginning(asked: Asked) -> None:
    p = panel(events=4, seed=1)
    own = p.edit().own.text
    found = places(own)
    p.controls["which"].value = 2
    assert p.equation == 2 and p.result == CHOSEN and p.controls["number"].value != found[2].equation.result
    p.controls["number"].value = 42
    assert p.result == 42 and p.begun() == p.controls["begun"].value == cut(own, found[2], 42)
    assert p.begun().endswith(f"{found[2].equation.left} {found[2].equation.sign} {found[2].equation.right} = 42")
    p.equation = 0
    assert p.result == CHOSEN, "another equation has another result"
    p.equation = 11
    assert p.controls["which"].value == len(found) - 1, "beyond the last one, the last is changed"


def test_the_whole_chain_can_be_written_anew(asked: Asked) -> None:
    p = panel()
    month = p.edit().problem.months[0]
    p.controls["begun"].value = f"{month}: 5 + 5 = 10"
    assert p.text == p.edit().begun == f"{month}: 5 + 5 = 10"
    assert p.chains.text(1, "edited") == "5 + 5 = 10" and p.edit().implied == implied(p.edit().problem, p.text)
    p.controls["number"].value = 50
    assert p.text == "" and p.chains.text(1, "edited") == "50", "the slider writes its own beginning"
    p.text = f"{month}: 5 + 5 = 10"
    p.seed = 3
    assert p.text == "" and p.equation == 1, "another problem takes everything back"


def test_what_follows_is_computed_from_the_last_result() -> None:
    assert PROBLEM.chain == CHAIN and implied(PROBLEM, "") == 24
    for flat, place in enumerate(places(CHAIN)):
        assert implied(PROBLEM, cut(CHAIN, place, 9)) == Changed(PROBLEM, flat, 9).implied
    assert implied(PROBLEM, "May: 5 - 2 = 3. June: 5 * 4 =") == 24, "an equation without a result is none yet"
    assert implied(PROBLEM, "August: 1 + 1 = 2") is None, "a month that the story does not have"
    assert implied(PROBLEM, "May: 5 - 2 = 3, 3 + 4 = 7, 7 + 1 = 8") is None, "an equation too many"
    assert implied(PROBLEM, "May: 5 - 2 = 99") is None, "the story would go beyond 99"
    assert implied(PROBLEM, "May: 5 - 2 = 300") is None


def test_a_beginning_is_parted_at_the_first_token_that_differs() -> None:
    words = toy_reasoner().tokenizer
    assert parted(words, CHAIN, "May: 5 - 2 = 4") == ("May: 5 - 2 = ", "4")
    assert parted(words, CHAIN, "May : 5 -  2 = 3") == ("May : 5 -  2 = 3", ""), "spaces are no change"
    assert parted(words, "May: 5 - 2 = 2", "May: 5 - 2 = 23") == ("May: 5 - 2 = ", "23"), "23 is not 2 and a 3"
    assert parted(words, "May: 5", "May: 5 - 2") == ("May: 5 ", "- 2")


def test_a_chain_that_implies_the_same_or_nothing_is_judged_so(asked: Asked) -> None:
    p = panel()
    p.result = places(p.edit().own.text)[1].equation.result
    assert "This chain implies the same answer as before" in p.chains.passages[1]["note"]
    assert p.chains.passages[1]["verdict"] == "" and p.chains.text(1, "edited") == ""
    assert len(p.bars.labels) == 1 and "its first answer, and what the changed chain implies" in p.bars.labels[0]
    p.text = f"{p.edit().problem.months[-1]}: 1 + 1 = 2, 2 + 1 = 3, 3 + 1 = 4"
    assert p.chains.passages[1]["note"].endswith("What would follow from this chain cannot be told.")


def test_the_bars_are_the_model_s_own_probabilities(asked: Asked) -> None:
    p = panel()
    edit = p.edit()
    assert p.bars.series == ["own chain", "changed chain"]
    assert p.bars.labels == [f"{edit.own.answer}: its first answer", f"{edit.implied}: what the changed chain implies"]
    asked_for = [f"{prompt(edit.problem, 'chain')} {text}" for text in (edit.own.text, edit.reply.text)]
    prompts = [text[: text.rindex("answer is") + len("answer is")] for text in asked_for]
    for row, before in enumerate(prompts):
        scores = answer_scores(toy_reasoner(), [before] * 2, [f"{edit.own.answer}.", f"{edit.implied}."])
        expected = [round(score.probability, 3) for score in scores]
        np.testing.assert_allclose(p.bars.values[row], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("May: a cafeteria had 200", "and not “a”, “cafeteria”, “had”, “200”: write the chain with its words"),
        ("one two three four five six seven", "“one”, “two”, “three”, “four”, “five” and 2 more: write"),
        ("May: 5 - 2 = 3. " * 40, "Your chain is too long: with the story it is more than the model's 256 tokens."),
    ],
)
def test_what_the_model_cannot_read_is_said_and_the_picture_stays(asked: Asked, text: str, said: str) -> None:
    p = panel()
    before = p.chains.passages
    p.text = text
    assert said in p.status.message and p.status.kind == "error" and p.chains.passages == before
    p.text = ""
    assert p.status.message == ""


def test_a_model_without_an_equation_is_told_so_and_can_be_led(monkeypatch) -> None:
    monkeypatch.setattr(reasoner_module, "TOKENS", 5)
    p = panel()
    assert p.status.message == "The model wrote no equation: write the beginning of a chain yourself."
    assert p.controls["which"].disabled and p.controls["number"].disabled and p.bars.labels == []
    p.controls["begun"].value = "May: 5 - 2 = 3. The answer is 3"
    assert p.text and p.chains.text(1).startswith(prompt(p.edit().problem, "chain"))


def test_what_was_asked_is_not_asked_again(asked: Asked) -> None:
    p = panel()
    count = len(asked.calls)
    assert count == 2
    before = str(p.update())
    assert str(p.update()) == before and len(asked.calls) == count, "update is a pure function of the state"
    p.result = 5
    p.result = CHOSEN
    assert len(asked.calls) == count + 1


def test_a_state_can_be_given_whole(asked: Asked) -> None:
    p = panel(events=2, seed=4, equation=0, result=7)
    assert (p.events, p.seed, p.equation, p.result, p.text) == (2, 4, 0, 7, "") and p.begun().endswith("= 7")
    assert panel(events=2, text="May: 1 + 1 = 2").begun() == "May: 1 + 1 = 2"


def test_a_model_that_is_not_there_is_said_in_a_sentence() -> None:
    def nothing():
        raise RuntimeError("The weights are not here: fetch them.")

    assert EditChain(nothing).status.message == "The weights are not here: fetch them."
