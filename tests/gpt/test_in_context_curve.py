"""The curve of the model that learns in context: one pass marks what generation would have written."""

import pytest
import torch

from lessons import zoo
from lessons.core.bootstrap import bootstrap
from lessons.gpt.generate import generate
from lessons.gpt.in_context import Exercise, draw_exercises, known
from lessons.gpt.in_context_curve import batch_ids, exact_matches, learning_curve


@pytest.fixture(scope="module")
def model():
    return zoo.load("in-context")


def test_a_batch_is_filled_up_behind_the_texts(model):
    short, long = Exercise((("ab", "x"),)), Exercise((("ab", "x"), ("c", "y")))
    ids = batch_ids(model, [short, long])
    assert model.tokenizer.decode(ids[1].tolist()) == long.text == "ab>x;c>y;"
    assert ids.shape == (2, 9) and model.tokenizer.decode(ids[0].tolist()) == "ab>x;" + 4 * ";"


def test_marks_are_those_of_generation(model):
    exercises = [*draw_exercises("cipher", 3, seed=7), *draw_exercises("affix", 2, seed=7)]
    marks = exact_matches(model, exercises)
    assert marks.shape == (5, 9) and 0 < marks.sum() < marks.numel()
    for exercise, row in zip(exercises, marks.tolist(), strict=True):
        prompts = [exercise.text[: place.start] for place in exercise.answers]
        made = generate(model, prompts, tokens=7, stop=[";"])
        answers = [answer for _, answer in exercise.pairs]
        assert row == [text.ended == "stop" and text.text == answer for text, answer in zip(made, answers, strict=True)]


def test_an_answer_that_ends_too_early_is_wrong(model):
    """The letters are those that the model would write, but it would not end there."""
    right = next(e for e in draw_exercises("cipher", 20) if exact_matches(model, [e])[0, -1])
    *before, (word, answer) = right.pairs
    assert not exact_matches(model, [Exercise((*before, (word, answer[:-1])))])[0, -1]


def test_a_shorter_text_beside_longer_ones_is_marked_alike(model):
    cipher, affix = draw_exercises("cipher", 1)[0], draw_exercises("affix", 1)[0]
    together = exact_matches(model, [cipher, affix])
    assert len(cipher.text) < len(affix.text)
    assert torch.equal(together[0], exact_matches(model, [cipher])[0])


def test_the_curve_is_the_mean_of_the_marks(model):
    curve = learning_curve(model, "cipher", rules=15, seed=2)
    exercises = draw_exercises("cipher", 15, seed=2)
    marks = exact_matches(model, exercises)
    assert curve.model == [bootstrap(marks[:, shots].tolist()) for shots in range(9)]
    sure = [known("cipher", exercise.pairs) for exercise in exercises]
    assert curve.ideal == pytest.approx([sum(row[shots] for row in sure) / 15 for shots in range(9)])
