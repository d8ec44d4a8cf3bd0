"""The prompt workbench, without a browser: what the models write is written here, and their probabilities are real."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
import torch

from lessons.gpt.few_shot import answer_scores
from lessons.gpt.generate import Step
from lessons.reasoning.exemplars import CAFETERIA, ROGER, chain_prompt, standard_prompt, step_by_step_prompt
from lessons.text.word_problems import EXEMPLARS, PROBLEMS
from tests.bert.toy_blanks import toy_model
from tests.widgets.toy_reasoner import toy_reasoner
from widgets.explorers import model_choice, prompt_workbench
from widgets.explorers.prompt_workbench import MOST_EXEMPLARS, OWN, TITLES, PromptWorkbench
from widgets.explorers.workbench_views import (
    QUESTIONS,
    TOKENS,
    Draft,
    is_reasoner,
    judged,
    listed,
    right_answer,
    stops,
    until_answer,
)


class Reader(torch.nn.Module):
    """A decoder that reads any text, with the tokens of another toy. It is asked for no token here."""

    def __init__(self, context: int = 10_000) -> None:
        super().__init__()
        self.tokenizer = toy_model(14).tokenizer
        self.config = type("Config", (), {"context": context})


READER = Reader()
MODELS = {"Reader": lambda: READER, "Reasoner": toy_reasoner}
SAID = {"direct": " The answer is 50.", "chain": " 23 - 20 = 3. 3 + 6 = 9. The answer is 9."}


class Written:
    """Stands in for `stream`: writes what is in SAID, a word at a time, and counts the streams that were closed."""

    def __init__(self) -> None:
        self.calls, self.closed, self.ended = [], 0, "stop"

    def __call__(self, model, prompt: str, tokens: int, decoding, stop: Sequence[str], seed: int) -> Iterator[Step]:
        self.calls.append((prompt, tokens, decoding.temperature, tuple(stop), seed))
        return self._steps(SAID["direct" if len(self.calls) % 2 else "chain"])

    def _steps(self, text: str) -> Iterator[Step]:
        words = text.split(" ")
        try:
            for i in range(2, len(words) + 1):
                yield Step(0, 1.0, " ".join(words[:i]), self.ended if i == len(words) else "")
        finally:
            self.closed += 1


@pytest.fixture
def written(monkeypatch) -> Written:
    fake = Written()
    monkeypatch.setattr(prompt_workbench, "stream", fake)
    monkeypatch.setattr(
        prompt_workbench.views, "chance", lambda model, prompt, text, right: 0.75 if "3 + 6" in text else 0.25
    )
    return fake


def panel(**state: object) -> PromptWorkbench:
    return PromptWorkbench(MODELS, **{"model": "Reader", **state})


def given(p: PromptWorkbench) -> list[str]:
    return [p.prompts.text(i, "given") for i in range(2)]


def test_it_opens_with_the_cafeteria_after_one_exemplar(written: Written) -> None:
    p = panel()
    assert given(p) == [standard_prompt([ROGER], CAFETERIA.question), chain_prompt([ROGER], CAFETERIA.question)]
    assert (p.question, p.right) == (CAFETERIA.question, "9") and p.status.message == ""
    assert [passage["note"] for passage in p.prompts.passages] == ["Not answered yet."] * 2
    assert p.bars.labels == [] and written.calls == []
    assert [name for name, _ in p.controls["chosen"].options] == [*(name for name, _, _ in QUESTIONS), "my own"]


def test_exemplars_come_with_and_without_chains_and_none_means_step_by_step(written: Written) -> None:
    p = panel(exemplars=MOST_EXEMPLARS)
    shown = EXEMPLARS[:MOST_EXEMPLARS]
    assert given(p) == [standard_prompt(shown, p.question), chain_prompt(shown, p.question)]
    p.exemplars = 0
    assert given(p) == [standard_prompt([], p.question), step_by_step_prompt(p.question)]
    p.write()
    assert {call[3] for call in written.calls} == {("\nQ:",)}
    p.exemplars = 1
    p.question = f" {ROGER.question} "
    assert ROGER.chain not in given(p)[1] and given(p)[1].count("Q:") == 2, "nobody is shown the answer to the question"


def test_both_answers_are_written_and_judged(written: Written) -> None:
    p = panel(temperature=0.5, seed=3)
    p.controls["write"].click()
    assert written.calls == [(given(p)[i], TOKENS[way], 0.5, ("\n",), 3) for i, way in enumerate(SAID)]
    assert [p.prompts.text(i, "written") for i in range(2)] == list(SAID.values())
    assert p.prompts.passages[0]["note"] == "It says 50. The right answer is 9."
    assert [passage["verdict"] for passage in p.prompts.passages] == ["wrong", "right"]
    assert p.prompts.summary == "The model says directly 50, wrong; with a chain 9, right."
    assert p.bars.labels == ["right after the prompt", "after the chain it wrote"]
    assert p.bars.values[0].tolist() == [0.25, 0.75] and p.bars.title == "How likely is the right answer, 9?"
    assert not p.running and written.closed == 2


def test_the_answers_grow_token_by_token_and_stop_at_once(written: Written) -> None:
    p, seen = panel(), []
    p.observe(lambda _: seen.append(p.prompts.text(0, "written")), "come")
    p.observe(lambda _: p.prompts.text(0, "written") == " The answer" and p.stop(), "come")
    p.write()
    assert seen == [" The", " The answer"] and written.closed == 1 and not p.running
    assert p.prompts.passages[0]["note"] == "It is not at its end." and p.prompts.passages[0]["verdict"] == ""
    assert p.prompts.passages[1]["note"] == "Not answered yet." and p.prompts.summary == ""
    assert not p.controls["write"].disabled and p.controls["stop"].disabled


def test_a_change_takes_the_answers_back_and_stops_the_writing(written: Written) -> None:
    for name, value in (("question", "2 + 2?"), ("exemplars", 2), ("temperature", 1.0), ("seed", 4), ("right", "3")):
        p = panel()
        p.write()
        setattr(p, name, value)
        assert p.prompts.text(0, "written") == "" and p.bars.labels == [] and p.prompts.summary == "", name
    p = panel()
    p.observe(lambda change: change["new"] == 3 and p.set_trait("seed", 4), "come")
    p.write()
    assert not p.running and p.prompts.text(0, "written") == ""


def test_a_question_from_the_list_comes_with_its_answer_and_an_own_one_without(written: Written) -> None:
    p = panel()
    p.controls["chosen"].value = 4
    assert (p.question, p.right) == (PROBLEMS[2].question, str(PROBLEMS[2].answer)) and p.status.message == ""
    p.controls["question"].value = "How many legs have 3 cats?"
    assert p.controls["chosen"].value == OWN and given(p)[0].endswith("Q: How many legs have 3 cats?\nA:")
    p.controls["right"].value = ""
    p.write()
    assert p.prompts.passages[0]["note"] == "It says 50." and p.prompts.passages[0]["verdict"] == ""
    assert p.bars.labels == [] and p.prompts.summary == "The model says directly 50; with a chain 9."
    own = panel(question="2 + 2?")
    assert own.right == "" and own.controls["chosen"].value == OWN
    assert panel(question="2 + 2?", right="4").right == "4"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"question": "  "}, "The question is empty: write one, or choose one from the list."),
        ({"right": "nine"}, "The right answer must be a whole number such as 9, not “nine”. Leave the field empty"),
        (
            {"model": "Reasoner", "question": "Roger has 500 dogs."},
            "The reasoner knows the words of its stories and the numbers from 0 to 99 only, and not “500”, “dogs”: ",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(written: Written, state: dict, sentence: str) -> None:
    p = panel()
    with p.together():
        for name, value in state.items():
            setattr(p, name, value)
    assert p.status.message.startswith(sentence) and p.status.kind == "error"
    p.write()
    assert p.status.message.startswith(sentence) and not p.running and written.calls == []


def test_the_reasoner_is_asked_in_its_own_format_about_its_own_stories(written: Written) -> None:
    p = panel()
    p.controls["model"].value = "Reasoner"
    assert p.status.message == "" and p.question.startswith(p._stories.problem(2, 0).person)
    assert given(p) == [f"Q: {p.question} A: The answer is", f"Q: {p.question} A: Let's think step by step."]
    assert p.controls["exemplars"].disabled and p.controls["chosen"].options[0][0] == "a story of 2 events"
    p.controls["chosen"].value = 4
    assert p.right == str(p._stories.problem(6, 0).answer)
    p.write()
    assert {call[3] for call in written.calls} == {()}
    p.controls["model"].value = "Reader"
    assert p.question == CAFETERIA.question and not p.controls["exemplars"].disabled


def test_a_question_of_one_s_own_stays_with_a_model_that_can_read_it(written: Written) -> None:
    p = panel(question="Roger has 5 pens. How many pens now?")
    p.controls["model"].value = "Reasoner"
    assert p.question == "Roger has 5 pens. How many pens now?" and p.status.message == ""
    p = panel(question="How many legs have 3 cats?")
    p.controls["model"].value = "Reasoner"
    assert p.question == p._stories.problem(2, 0).question and p.status.message == ""


def test_a_prompt_that_is_cut_is_said_aloud(written: Written, monkeypatch) -> None:
    monkeypatch.setattr(READER.config, "context", 50)
    assert "tokens and the model has room for 49: the first" in panel().status.message


def test_the_probability_is_asked_where_the_answer_stands() -> None:
    chain = " 3 + 6 = 9. The answer is 9. Q"
    assert until_answer("Q: x\nA:", chain) == "Q: x\nA: 3 + 6 = 9. The answer is"
    assert until_answer("Q: x\nA:", "") == "Q: x\nA: The answer is"
    assert until_answer("Q: x\nA:", " 3 + 6 = 9.\n") == "Q: x\nA: 3 + 6 = 9. The answer is"
    assert until_answer("Q: x A: The answer is", "") == "Q: x A: The answer is"
    model, problem = toy_reasoner(), "Q: Roger has 5 pens. How many pens now? A: The answer is"
    expected = answer_scores(model, [problem], ["5."])[0].probability
    assert prompt_workbench.views.chance(model, problem, "", 5) == expected > 0


def test_answers_are_judged_at_their_end_only() -> None:
    assert judged("chain", Draft(" The answer is 9", ""), 9) == ("It is not at its end.", "")
    long = judged("direct", Draft(" 1 2 3", "length"), 9)
    assert long == ("It says 3. It came to no end in 40 tokens. The right answer is 9.", "wrong")
    assert (
        judged("chain", Draft(" no idea", "stop"), 9)[0]
        == "It says no number that could be read. The right answer is 9."
    )
    assert judged("chain", Draft("9.", "end"), None) == ("It says 9.", "")


def test_an_untrained_model_writes_in_the_background_of_a_notebook(monkeypatch) -> None:
    monkeypatch.setitem(TOKENS, "direct", 3)
    monkeypatch.setitem(TOKENS, "chain", 3)

    async def press() -> PromptWorkbench:
        p = panel(model="Reasoner")
        p.write()
        assert p.running and p.prompts.text(0, "written") == ""
        while p.running:
            await asyncio.sleep(0.001)
        return p

    p = asyncio.run(press())
    assert p.prompts.text(0, "written") and p.prompts.text(1, "written") and len(p.bars.labels) == 2


def test_without_the_real_model_the_small_one_answers_and_a_sentence_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr(model_choice.zoo, "is_here", lambda name: name == "reasoner")
    monkeypatch.setattr(model_choice.zoo, "load", lambda name: toy_reasoner())
    monkeypatch.setattr(model_choice, "load_once", model_choice.load_once.__wrapped__)
    p = PromptWorkbench()
    assert p.model == TITLES["reasoner"] and p.status.kind == "note"
    assert p.status.message == (
        "SmolLM2 is not on this computer: `python -m lessons.zoo fetch` gets the real weights once."
    )
    assert given(p)[0] == f"Q: {p._stories.problem(2, 0).question} A: The answer is", "the panel is never empty"


def test_small_things_are_named_for_people() -> None:
    assert listed(PROBLEMS[4])[0].startswith("2 steps: ") and listed(PROBLEMS[0])[0].startswith("1 step: ")
    assert (right_answer(" 9 "), right_answer("-3"), right_answer("")) == (9, -3, None)
    assert is_reasoner(toy_reasoner()) and not is_reasoner(READER)
    assert stops(READER, 1) == ("\n",) and stops(READER, 0) == ("\nQ:",) and stops(toy_reasoner(), 0) == ()


def test_update_is_a_pure_function_of_the_state(written: Written) -> None:
    p = panel()
    p.write()
    before = str(p.update())
    assert str(p.update()) == before
