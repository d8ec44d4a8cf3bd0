"""What heads do with a cipher: where they should look, and the share of their attention that goes there."""

import pytest
import torch

from lessons import zoo
from lessons.attention.heads import read_heads
from lessons.core.record import intervene
from lessons.gpt.in_context import Exercise, draw_exercises
from lessons.gpt.in_context_curve import batch_ids
from lessons.gpt.in_context_heads import JOBS, job_scores, patterns, wanted

EXERCISE = Exercise((("ab", "xy"), ("ba", "yx"), ("ac", "xz")))  # ab>xy;ba>yx;ac>xz;


@pytest.fixture(scope="module")
def model():
    return zoo.load("in-context")


def looks(job: str) -> dict[int, list[int]]:
    """Every place that has something to do, and where it looks."""
    return {q: row.nonzero()[:, 0].tolist() for q, row in enumerate(wanted(EXERCISE, job)) if row.any()}


def test_where_each_job_looks():
    assert looks("pairing") == {3: [0], 4: [1], 9: [6], 10: [7], 15: [12], 16: [13]}  # x at a, y at b, …
    assert looks("question") == {2: [0], 3: [1], 8: [6], 9: [7], 14: [12], 15: [13]}  # one place earlier
    assert looks("lookup") == {8: [4], 9: [3], 14: [3, 10]}  # b: its y; a: its x; a: both x. c was never answered


def test_nobody_looks_ahead():
    for exercise in draw_exercises("cipher", 3):
        assert not any(wanted(exercise, job).triu(1).any() for job in JOBS)


def test_answers_of_another_length_and_unknown_jobs():
    with pytest.raises(ValueError, match="'xab' does not answer 'ab' letter by letter: take a cipher or a pick."):
        wanted(Exercise((("ab", "xab"),)), "lookup")
    with pytest.raises(ValueError, match="no job 'sleep': choose from question, pairing, lookup"):
        wanted(EXERCISE, "sleep")


def test_patterns_of_a_batch_are_those_of_each_text(model):
    ids = batch_ids(model, draw_exercises("cipher", 2))
    found = patterns(model, ids)
    assert found.shape == (3, 2, 4, 72, 72)
    for row in range(2):
        torch.testing.assert_close(found[:, row], read_heads(model, ids[row]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("job", JOBS)
def test_a_head_that_does_nothing_else_scores_one(model, job):
    """In the middle layer, head 1 is made to look where the job wants, alike at all such places, and head 2 half."""
    exercises = draw_exercises("cipher", 3)
    tables = torch.stack([wanted(exercise, job) for exercise in exercises]).float()
    planted = tables / tables.sum(dim=-1, keepdim=True).clamp(min=1)  # [batch query key]

    def edit(pattern):
        pattern = pattern.clone()
        pattern[:, 1], pattern[:, 2] = planted, planted / 2
        return pattern

    with intervene(model, {"blocks.1.attention.see_pattern": edit}):
        scores = job_scores(model, exercises)
    assert scores[job].shape == (3, 4)
    assert scores[job][1, 1:3].tolist() == pytest.approx([1.0, 0.5])
