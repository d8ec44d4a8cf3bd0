"""The few-shot panel, without a browser, on a toy model that reads bytes."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.core.bootstrap import Interval
from lessons.gpt.few_shot import Point, Score, answer_scores, contradicted, few_shot_prompt
from lessons.gpt.generate import generate
from lessons.text.word_tasks import TASKS
from tests.real_weights import needs_real
from tests.widgets.toy_readers import decoder, patterns_of
from widgets.explorers import few_shot, few_shot_views
from widgets.explorers.few_shot import MOST, FewShot

MODELS = {"Toy": decoder}
EXAMPLES = [("hot", "cold"), ("up", "down"), ("day", "night")]
SCORE = Score(0.5, True)
TEXT = "hot > cold\nup > down\n\n  day>night "


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    """Figures of our own in the place of those that were measured."""
    found = {"0 shots": (0, 0.2), "1 shot": (1, 0.4), "8 shots": (8, 0.8), "told": (0, 0.3), "contradicted": (4, 0.1)}
    points = {
        condition: Point(shots, Interval(share, share - 0.1, share + 0.1), Interval(share / 2, 0.0, 1.0), [SCORE] * 60)
        for condition, (shots, share) in found.items()
    }
    monkeypatch.setattr(few_shot_views, "points", lambda: {"opposites": points})


def panel(**state: object) -> FewShot:
    return FewShot(MODELS, **{"examples": TEXT, "query": "fast", "answer": "slow", **state})


def prompt(shots: int, instruction: str = "") -> str:
    return few_shot_prompt(("Word:", "Opposite:"), EXAMPLES[:shots], "fast", instruction)


def test_all_numbers_of_examples_are_scored_at_once() -> None:
    p = panel(shots=2)
    scores = answer_scores(decoder(), [prompt(shots) for shots in range(4)], ["slow"] * 4)
    np.testing.assert_allclose(p.bars.values[0], [score.probability for score in scores], rtol=1e-4)
    assert [label.split(",")[0] for label in p.bars.labels] == ["0", "1", "2", "3"]
    assert [i for i, label in enumerate(p.bars.labels) if label.endswith("shown")] == [2]


def test_the_prompt_is_shown_as_text_and_as_the_model_reads_it() -> None:
    p = panel(shots=2)
    text = "".join(p.strip.tokens).replace("␣", " ").replace("⏎", "\n")
    assert text == prompt(2) == "Word: hot\nOpposite: cold\n\nWord: up\nOpposite: down\n\nWord: fast\nOpposite:"
    assert p.text.text(0, "given") == prompt(2) and p.text.passages[0]["heading"] == "The prompt with 2 examples"
    p.shots = 0
    assert p.text.text(0, "given") == prompt(0)
    p.told = True
    assert p.text.text(0, "given") == prompt(0, "Write the opposite.") and "instruct" not in p.status.message


def test_what_the_model_writes_stands_behind_the_prompt() -> None:
    p = panel(shots=1)
    written = generate(decoder(), [prompt(1)], tokens=few_shot_views.ANSWER, stop=["\n"])[0].text.strip()
    assert p.text.text(0, "written") == few_shot_views.visible(f" {written}", 500) and written
    assert p.text.passages[0]["verdict"] == "wrong" and p.text.passages[0]["note"] == "The right answer is: slow"
    assert p.status.kind == "note" and p.status.message.startswith("With 1 example the model writes")
    p.answer = written  # now it is right, where greedy decoding ends there
    verdict = p.text.passages[0]["verdict"]
    assert ("right" in p.bars.labels[1]) == (verdict == "right") == ("That is the right answer" in p.status.message)


@pytest.mark.parametrize(("layer", "head"), [(-1, -1), (1, -1), (2, 3), (-1, 2)])
def test_the_attention_falls_on_the_examples(layer: int, head: int) -> None:
    p = panel(shots=3, told=True, layer=layer, head=head)
    text = prompt(3, "Write the opposite.")
    looks = patterns_of(decoder(), text)[:, :, -1]  # [layer head key]; a token for every byte
    looks = looks.mean(dim=0) if layer < 0 else looks[layer]
    looks = looks.mean(dim=0) if head < 0 else looks[head]
    np.testing.assert_allclose(p.strip.values[0], looks, atol=1e-6)
    starts = [0, *(text.index(f"Word: {word}") for word in ("hot", "up", "day", "fast")), len(text)]
    assert p.strip.notes[0] == f"{looks[0]:.2f}" and not any(p.strip.notes[1:])
    looks[0] = 0  # where heads rest
    parts = [looks[a:b].sum().item() for a, b in zip(starts, starts[1:], strict=False)]
    np.testing.assert_allclose(p.mass.values[0], parts, atol=1e-5)
    assert p.mass.labels == ["the instruction", "1: hot > cold", "2: up > down", "3: day > night", "the question"]


def test_without_an_instruction_nothing_stands_before_the_examples() -> None:
    p = panel(shots=1)
    assert p.mass.labels == ["1: hot > cold", "the question"]
    assert p.mass.values[0].sum() == pytest.approx(p.strip.values[0, 1:].sum(), abs=1e-5)


def test_there_is_no_such_head() -> None:
    p = panel()
    with pytest.raises(ValueError, match="no head 9: this model has the heads 0 to 3"):
        few_shot_views.chosen_looks(p._look(prompt(0)), 0, 9)
    assert p.controls["layer"].max == 2 and p.controls["head"].max == 3
    p.layer = 7
    assert p.status.kind == "error" and "There is no layer 7: this model has the layers 0 to 2." in p.status.message


def test_a_task_writes_the_fields_and_the_student_writes_over_them() -> None:
    p = FewShot(MODELS, task="capitals", item=2)
    task = TASKS["capitals"]
    assert (p.query, p.answer) == task.held_out[2] and p.controls["item"].max == len(task.held_out) - 1
    shown = few_shot_views.parsed(p.examples, MOST)
    assert len(shown) == MOST and set(shown) <= set(task.pool)
    p.draw = 3
    assert set(few_shot_views.parsed(p.examples, MOST)) != set(shown)
    p.examples = "a > b"
    assert len(p.bars.labels) == 2 and p.status.kind == "note"
    p.task = "opposites"
    assert (p.query, p.answer) == TASKS["opposites"].held_out[2] and len(p.examples.splitlines()) == MOST


def test_a_shorter_task_asks_its_last_question() -> None:
    p = FewShot(MODELS, task="opposites", item=50)
    p.task = "own"
    assert (p.query, p.answer) == ("lion", "cub") and p.status.kind == "note"


def test_exchanged_answers() -> None:
    p = FewShot(MODELS, wrong=True)
    right = FewShot(MODELS)
    pairs = few_shot_views.parsed(p.examples, MOST)
    known = dict(TASKS["opposites"].pool)
    assert all(known[question] != answer for question, answer in pairs)
    assert [q for q, _ in pairs] == [q for q, _ in few_shot_views.parsed(right.examples, MOST)]
    assert set(pairs) <= set(contradicted([*known.items()])) or len(pairs) == MOST


def test_contradictory_examples_are_told() -> None:
    p = panel(examples="hot > cold\nhot > warm\nup > down", shots=3)
    assert "The examples contradict each other: “hot” is answered by “cold” and by “warm”." in p.status.message
    p.shots = 1  # the second is not shown
    assert "contradict" not in p.status.message
    p.examples, p.shots = "hot > cold\nhot > cold", 2
    assert "contradict" not in p.status.message


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"query": "  "}, "There is no question: write one, such as fast."),
        ({"answer": ""}, "There is no right answer to look for"),
        ({"examples": "hot > cold\nblue"}, "Line 2 is no example: write a question, > and its answer"),
        ({"examples": "hot >"}, "Line 1 is no example"),
        ({"examples": "a > b\n" * 9}, "There are 9 examples, and this panel shows 8 at most"),
        ({"query": "very " * 200}, "room for"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_the_picture_stays(state: dict, sentence: str) -> None:
    p = panel()
    before = p.bars.data
    for name, value in state.items():
        setattr(p, name, value)
    assert p.status.kind == "error" and sentence in p.status.message and p.bars.data == before


def test_no_examples_at_all() -> None:
    p = panel(examples="", shots=3)
    assert len(p.bars.labels) == 1 and "so 0 are shown" in p.status.message and p.mass.labels == ["the question"]


def test_typed_text_is_text() -> None:
    p = panel(examples="<b>x</b> > <i>\u202ey", query="<script>", answer="z")
    assert p.mass.labels[0] == "1: <b>x</b> > <i>U+202Ey" and "<script>" in p.text.text(0)


def test_the_stored_curve_of_the_whole_task() -> None:
    p = panel()
    np.testing.assert_allclose(p.chart.line(0), [0.2, 0.4, 0.8])
    np.testing.assert_allclose(p.chart.line(0, "x"), [0, 1, 8])
    assert len(p.chart.figure["data"]) == 4 and "with 8 examples 80% (70% to 90%)" in p.chart.summary
    p.task = "own"
    assert p.chart.layout.display == "none"
    p.task = "opposites"
    assert p.chart.layout.display is None and len(p.chart.line(0)) == 3


def test_without_the_model_the_panel_says_how_to_get_it_and_is_not_empty() -> None:
    def away():
        raise RuntimeError("SmolLM2 is not on this computer: get it.")

    p = FewShot({"SmolLM2": away}, shots=2)
    assert p.status.message.startswith("SmolLM2 is not on this computer: get it.") and p.status.kind == "note"
    assert p.bars.layout.display == p.mass.layout.display == "none" and len(p.chart.line(0)) == 3
    assert p.text.text(0).endswith("Opposite:") and p.strip.layout.display == "none"


def test_the_state_is_checked() -> None:
    p = panel()
    for name, value in (("shots", 9), ("task", "poems"), ("draw", -1), ("layer", -2)):
        with pytest.raises(t.TraitError):
            setattr(p, name, value)


@needs_real("smollm2-135m")
def test_on_smollm2_examples_help() -> None:
    p = FewShot(draw=0, task="opposites", shots=MOST)
    assert p.bars.values[0, -1] > p.bars.values[0, 0] and "writes “slow”" in p.status.message
    assert p.controls["layer"].max == 29 and torch.isfinite(torch.tensor(p.mass.values)).all()
    assert few_shot.TITLES.keys() == {"smollm2-135m"}
