"""The panel of the model that learns in context, without a browser. Its model is in the box."""

import math

import numpy as np
import pytest
import torch
import traitlets as t

from lessons import zoo
from lessons.attention.head_scores import best_head
from lessons.checks.wording import number
from lessons.gpt.generate import generate
from lessons.gpt.in_context import FAMILIES, SYMBOLS, draw_exercises
from lessons.gpt.in_context_curve import learning_curve
from lessons.gpt.in_context_heads import job_scores
from tests.widgets.toy_readers import patterns_of
from widgets.explorers.in_context import MEASURED, TITLES, InContext, opening
from widgets.explorers.in_context_views import BEST, typed

OWN = "abc>xyz;cab>zxy;bca>"


@pytest.fixture(scope="module")
def model():
    return zoo.load("in-context")


def panel(**state: object) -> InContext:
    return InContext(**{"rules": 20, **state})


def test_the_curve_is_that_of_the_model(model) -> None:
    p = panel(seed=3)
    curve = learning_curve(model, "cipher", 20, 3)
    np.testing.assert_allclose(p.chart.line(0), [100 * right.mean for right in curve.model], rtol=1e-6)
    np.testing.assert_allclose(p.chart.line(1), [100 * share for share in curve.ideal], rtol=1e-6)
    np.testing.assert_allclose(p.chart.line(0, "x"), range(9))
    before = p.chart.line(0).copy()
    p.seed = 4
    assert (p.chart.line(0) != before).any()
    p.family = "affix"
    assert "affix" in p.chart.figure["layout"]["yaxis"]["title"]["text"]
    assert p.chart.summary.startswith("Affix: ") and "An ideal observer knows 100%" in p.chart.summary


def test_it_opens_on_the_lookup_head_at_the_question(model) -> None:
    p = panel()
    best = best_head(job_scores(model, draw_exercises("cipher", MEASURED))["lookup"])
    assert (p.layer, p.head) == best and p.thumbnails.selected == list(best)
    assert p.text == opening("cipher", 0) and p.text.endswith(">") and p.text.count(";") == 8


def test_the_strip_shows_where_the_head_looks(model) -> None:
    p = panel(text=OWN, layer=1, head=2, place=5)
    text = "".join(p.strip.tokens)
    assert text.startswith(OWN) and p.strip.selected == 5
    np.testing.assert_allclose(p.strip.values[0], patterns_of(model, text)[1, 2, 5], atol=1e-5)
    assert "head 2 of layer 1 looks from “y”. The next character: z" in p.strip.title
    p.strip.selected = 9
    assert p.place == 9
    np.testing.assert_allclose(p.strip.values[0], patterns_of(model, text)[1, 2, 9], atol=1e-5)


def test_a_lookup_head_names_the_notes_that_it_finds() -> None:
    p = panel(text="abc>xyz;cab>zxy;bca>")
    named = [(p.strip.tokens[i], note) for i, note in enumerate(p.strip.notes) if note]
    assert named and all(note.startswith("b→y ") for _, note in named)  # b is asked for, at the arrow
    p.layer, p.head = 0, 0
    assert not any("→" in note for note in p.strip.notes)
    p.layer, p.head, p.text = 2, 2, "ab>xy;ba>"
    assert not any("→" in note for note in p.strip.notes) and p.status.kind == "note"


def test_the_answer_is_that_of_generation_with_its_probabilities(model) -> None:
    p = panel(text=OWN)
    answer = generate(model, [OWN], tokens=8, stop=[";"])[0].text
    assert "".join(p.strip.tokens) == OWN + answer and p.bars.title == f"The model's answer: {answer}"
    assert p.bars.labels == [*answer, "the end"]
    ids = model.tokenizer.encode(OWN + answer + ";").ids
    chances = model(torch.tensor([ids[:-1]]))[0].softmax(-1)
    expected = [chances[i, ids[i + 1]].item() for i in range(len(OWN) - 1, len(ids) - 1)]
    np.testing.assert_allclose(p.bars.values[0], expected, rtol=1e-4)
    sure = f"The model answers “{answer}”, to which it gives a probability of {number(math.prod(expected))}."
    assert p.status.message == sure and p.status.kind == "note"
    assert len(p.next.labels) == BEST and p.next.values[0, 0] == pytest.approx(expected[0], rel=1e-4)


def test_a_new_rule_brings_its_text_unless_one_was_typed() -> None:
    p = panel()
    p.seed = 5
    assert p.text == opening("cipher", 5)
    p.family = "pick"
    assert p.text == opening("pick", 5) and p.status.kind == "note"
    p.text = OWN
    p.seed = 6
    assert p.text == OWN


def test_another_text_is_looked_at_from_its_question() -> None:
    p = panel(text=OWN, place=3)
    p.text = "ab>c;ab>"
    assert p.place == -1 and p.strip.selected == 7


def test_a_choice_among_the_small_pictures() -> None:
    p = panel()
    p.thumbnails.selected = [0, 3]
    assert (p.layer, p.head) == (0, 3) and "head 3 of layer 0" in p.strip.title
    assert p.thumbnails.shape[:2] == [3, 4] and p.thumbnails.scores
    p.job = ""
    assert not p.thumbnails.scores
    p.layer = 7
    assert "There is no layer 7: this model has the layers 0 to 2." in p.status.message and p.status.kind == "error"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "There is no text"),
        ("abé>x;a>", "> and ;, but not é."),
        ("abc>xyz;", "There is no question at the end"),
        ("abc>xyz;cab", "There is no question at the end"),
        (">", "There is no question at the end"),
        ("a>b>", "There is no question at the end"),
        ("abc;cab>", "“abc” is no pair"),
        ("abc>;cab>", "“abc>” is no pair"),
        (";cab>", "“;” is no pair"),
        ("abc>xyz;" * 20 + "abc>", "The text has 164 characters, and the model reads 120 at most"),
    ],
)
def test_a_text_that_is_none_is_a_sentence_and_the_picture_stays(text: str, sentence: str) -> None:
    p = panel(text=OWN)
    before = p.strip.tokens
    p.text = text
    assert p.status.kind == "error" and sentence in p.status.message and p.strip.tokens == before


def test_spaces_and_line_breaks_do_not_count() -> None:
    assert typed(" ab > cd ;\nab> ", 50) == "ab>cd;ab>"


def test_what_it_never_met_is_said() -> None:
    p = panel(text="ab>xy;ba>")
    assert "trained with words of 3 letters; others are new to it" in p.status.message
    p.text = OWN
    assert "new to it" not in p.status.message
    p.text = "abc>xyz;" * 9 + "abc>"
    assert "trained with 9 pairs at most, and here are 10" in p.status.message


def test_it_answers_every_family_and_the_state_is_checked() -> None:
    assert TITLES.keys() == FAMILIES.keys() and set(OWN) <= set(SYMBOLS)
    p = panel()
    for name, value in (("family", "rot13"), ("rules", 5), ("seed", -1), ("place", -2), ("job", "sleep")):
        with pytest.raises(t.TraitError):
            setattr(p, name, value)
