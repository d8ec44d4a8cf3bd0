"""What lesson 06 says of the model that learns in context, measured on the weights that are shipped."""

import pytest
import torch

from lessons import zoo
from lessons.attention.deletion import deleted
from lessons.attention.head_scores import best_head
from lessons.gpt.in_context import Exercise, draw_exercises
from lessons.gpt.in_context_curve import exact_matches, learning_curve
from lessons.gpt.in_context_heads import job_scores, notes, wanted

PAIRING, QUESTION, NOTE, LOOKUP, LOOKUP_TOO = (0, 2), (0, 0), (1, 3), (2, 2), (2, 0)
RULES = 100


@pytest.fixture(scope="module")
def model():
    return zoo.load("in-context")


@pytest.fixture(scope="module")
def ciphers() -> list[Exercise]:
    return draw_exercises("cipher", 40, seed=9)


def share(model, family: str, gone: list[tuple[int, int]] = ()) -> float:
    """Right answers after eight examples, without these heads."""
    with deleted(model, gone):
        return exact_matches(model, draw_exercises(family, RULES, seed=4))[:, -1].float().mean().item()


def test_the_cipher_lies_on_the_curve_of_an_ideal_observer(model) -> None:
    curve = learning_curve(model, "cipher", RULES, seed=3)
    shares = [point.mean for point in curve.model]
    assert shares[0] < 0.05 and shares[1] < 0.25 and 0.45 < shares[3] < 0.8 and shares[8] > 0.88
    assert all(abs(ours - ideal) < 0.07 for ours, ideal in zip(shares, curve.ideal, strict=True))
    assert all(point.low <= point.mean <= point.high for point in curve.model)


def test_an_affix_is_known_after_one_example(model) -> None:
    curve = learning_curve(model, "affix", RULES, seed=3)
    assert curve.model[0].mean < 0.05 and curve.model[1].mean > 0.9 and min(p.mean for p in curve.model[2:]) > 0.95
    assert curve.ideal[1] > 0.97


def test_picks_are_not_learned_although_two_examples_tell_all(model) -> None:
    curve = learning_curve(model, "pick", RULES, seed=3)
    assert max(point.mean for point in curve.model) < 0.2 and curve.ideal[1] > 0.75 and curve.ideal[2] > 0.97


def test_the_stored_score_is_what_the_lesson_says() -> None:
    score = zoo.entry("in-context").score
    assert score["cipher_8"] > 0.9 > score["cipher_5"] > score["cipher_3"] > 0.5 and score["affix_1"] > 0.9
    for shots in range(9):
        assert abs(score[f"cipher_{shots}"] - score[f"ideal_{shots}"]) < 0.05 and score[f"pick_{shots}"] < 0.2
    heads = {
        job: (int(score[f"{job}_layer"]), int(score[f"{job}_head"]))
        for job in ("pairing", "question", "note", "lookup")
    }
    assert heads == {"pairing": PAIRING, "question": QUESTION, "note": NOTE, "lookup": LOOKUP}


def test_each_job_has_a_head(model, ciphers) -> None:
    scores = job_scores(model, ciphers)
    assert [best_head(scores[job]) for job in ("pairing", "question", "note", "lookup")] == [
        PAIRING,
        QUESTION,
        NOTE,
        LOOKUP,
    ]
    assert scores["pairing"][PAIRING] > 0.9 and scores["question"][QUESTION] > 0.65 and scores["note"][NOTE] > 0.95
    assert scores["lookup"][LOOKUP] > 0.8 and 0.35 < scores["lookup"][LOOKUP_TOO] < 0.65


def test_looking_at_all_notes_alike_would_score_a_fifth(ciphers) -> None:
    alike = []
    for exercise in ciphers:
        places = torch.tensor(sorted(notes(exercise)))
        for place, row in enumerate(wanted(exercise, "lookup")):
            if row.any():
                alike.append(row.sum() / (places <= place).sum())
    assert 0.15 < torch.stack(alike).mean() < 0.25


@pytest.mark.parametrize("gone", [PAIRING, QUESTION, NOTE])
def test_the_lookup_needs_the_heads_before_it(model, ciphers, gone) -> None:
    with deleted(model, [gone]):
        assert job_scores(model, ciphers)["lookup"][LOOKUP] < 0.2


def test_without_the_note_head_ciphers_are_lost_and_half_of_the_affixes_are_not(model) -> None:
    assert share(model, "cipher") > 0.88 and share(model, "affix") > 0.95
    assert share(model, "cipher", [NOTE]) < 0.08 and 0.4 < share(model, "affix", [NOTE]) < 0.8


def test_of_the_two_lookup_heads_one_can_be_spared(model) -> None:
    assert share(model, "cipher", [LOOKUP_TOO]) > 0.8 > 0.7 > share(model, "cipher", [LOOKUP]) > 0.35
    assert share(model, "cipher", [LOOKUP, LOOKUP_TOO]) < 0.05


def test_the_other_heads_of_the_last_layer_do_not_matter(model) -> None:
    for head in ((2, 1), (2, 3)):
        assert share(model, "cipher", [head]) > 0.85 and share(model, "affix", [head]) > 0.9
