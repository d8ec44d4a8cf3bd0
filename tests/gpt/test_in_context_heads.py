"""What heads do with a cipher: where they should look, and the share of their attention that goes there."""

import pytest
import torch

from lessons import zoo
from lessons.attention.heads import read_heads
from lessons.core.record import intervene
from lessons.gpt.in_context import Exercise, draw_exercises
from lessons.gpt.in_context_curve import batch_ids
from lessons.gpt.in_context_heads import JOBS, job_scores, notes, patterns, wanted

EXERCISE = Exercise((("abc", "xyz"), ("bad", "yxw"), ("eea", "vvx")))
"""abc>xyz;bad>yxw;eea>vvx; with a pair from 0, from 8 and from 16 on."""


@pytest.fixture(scope="module")
def model():
    return zoo.load("in-context")


def looks(job: str) -> dict[int, list[int]]:
    """Every place that has something to do, and where it looks."""
    return {q: row.nonzero()[:, 0].tolist() for q, row in enumerate(wanted(EXERCISE, job)) if row.any()}


def test_the_notes_stand_in_the_next_word():
    assert notes(EXERCISE) == {
        8: ("a", "x"), 10: ("b", "y"), 9: ("c", "z"), 16: ("b", "y"), 18: ("a", "x"), 17: ("d", "w"),
    }  # fmt: skip


def test_where_each_job_looks():
    places = range(3)
    assert looks("pairing") == {start + 4 + i: [start + i] for start in (0, 8, 16) for i in places}
    assert looks("question") == {start + 3 + i: [start + i] for start in (0, 8, 16) for i in places}
    assert looks("note") == {start + i: [start - 4 + i] for start in (8, 16) for i in places}
    assert looks("lookup") == {11: [10], 12: [8], 21: [8, 18]}  # b, a, and a after both; e was never answered


def test_a_note_is_of_use_only_after_it_was_written():
    """The note about the second letter of a word stands behind the place that foretells the first of the next."""
    exercise = Exercise((("abc", "xyz"), ("bbb", "yyy")))
    assert {q: row.nonzero()[:, 0].tolist() for q, row in enumerate(wanted(exercise, "lookup")) if row.any()} == {
        11: [10], 12: [10], 13: [10],
    }  # fmt: skip


def test_nobody_looks_ahead():
    for exercise in draw_exercises("cipher", 3):
        assert not any(wanted(exercise, job).triu(1).any() for job in JOBS)


def test_words_of_another_length_and_unknown_jobs():
    with pytest.raises(ValueError, match="must have 3 letters, not 'abc' and 'xabc': take a cipher."):
        wanted(Exercise((("abc", "xabc"),)), "lookup")
    with pytest.raises(ValueError, match="no job 'sleep': choose from pairing, question, note, lookup"):
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
