"""What heads do: every score against a literal loop, at its ends, by chance, and where it is not defined."""

import math

import pytest
import torch

from lessons.attention.head_scores import (
    JOBS,
    UNDEFINED,
    best_head,
    chance,
    first_token,
    induction,
    next_token,
    previous_token,
    same_word,
    score_table,
    separator,
    separators_of,
)

IDS = torch.tensor([7, 3, 5, 3, 9, 5, 3, 2])
SEPARATORS = torch.tensor([False, False, False, False, True, False, False, True])
TIME = len(IDS)


def patterns(causal: bool, layers: int = 2, heads: int = 3) -> torch.Tensor:
    """Random rows that sum to 1."""
    scores = torch.randn(layers, heads, TIME, TIME, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    hidden = ~torch.ones(TIME, TIME, dtype=torch.bool).tril() if causal else torch.zeros(TIME, TIME, dtype=torch.bool)
    return scores.masked_fill(hidden, -math.inf).softmax(dim=-1)


def wanted(job: str, query: int, causal: bool) -> list[int] | None:
    """The keys that a head with this job looks at from the query; None when the query does not count."""
    may = [key for key in range(TIME) if key <= query or not causal]
    if job == "previous_token":
        keys = [query - 1] if query > 0 else None
    elif job == "next_token":
        keys = [query + 1] if query < TIME - 1 else None
    elif job == "first_token":
        keys = [0] if query > 0 else None
    elif job == "separator":
        keys = None if SEPARATORS[query] else [key for key in may if SEPARATORS[key]]
    elif job == "same_word":
        keys = [key for key in may if key != query and IDS[key] == IDS[query]]
    else:
        keys = [key for key in range(1, query + 1) if IDS[key - 1] == IDS[query]]
    return keys or None


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("job", JOBS)
def test_a_score_is_the_mean_weight_on_the_keys_of_the_job(job, causal):
    given = patterns(causal)
    found = score_table(given, IDS, SEPARATORS)[job]
    assert found.shape == (2, 3)
    for layer, head in ((0, 0), (1, 2)):
        sums = [
            sum(float(given[layer, head, query, key]) for key in keys)
            for query in range(TIME)
            if (keys := wanted(job, query, causal)) is not None
        ]
        assert len(sums) >= 2
        assert found[layer, head].item() == pytest.approx(sum(sums) / len(sums), abs=1e-12)


@pytest.mark.parametrize(
    "job, causal", [(job, causal) for job in JOBS for causal in (True, False) if (job, causal) != ("next_token", True)]
)
def test_a_head_that_does_nothing_else_scores_one(job, causal):
    """Queries that do not count look at themselves; the others at one of the keys of the job."""
    pattern = torch.zeros(1, 1, TIME, TIME)
    for query in range(TIME):
        keys = wanted(job, query, causal)
        pattern[0, 0, query, keys[-1] if keys else query] = 1.0
    assert score_table(pattern, IDS, SEPARATORS)[job].item() == 1.0


def test_a_decoder_never_looks_at_the_next_token():
    assert (next_token(patterns(causal=True)) == 0).all()


def test_chance_is_the_score_of_a_head_that_looks_everywhere_alike():
    both_ways, back = (chance(patterns(causal), IDS, SEPARATORS) for causal in (False, True))
    assert both_ways["previous_token"] == pytest.approx(1 / TIME)
    assert back["previous_token"] == pytest.approx(sum(1 / (t + 1) for t in range(1, TIME)) / (TIME - 1))
    # The token 3 stands at 1, 3, 6 and the token 5 at 2, 5; a causal query t sees t + 1 tokens.
    assert both_ways["same_word"] == pytest.approx((3 * 2 + 2 * 1) / 5 / TIME)
    assert back["same_word"] == pytest.approx((1 / 4 + 2 / 7 + 1 / 6) / 3)
    assert set(both_ways) == set(JOBS) and back["next_token"] == 0


def test_the_same_word_in_a_decoder_is_an_earlier_one():
    """The first of three occurrences can look at none, so it is not held against the head."""
    pattern = torch.eye(TIME)
    pattern[3], pattern[5], pattern[6] = torch.eye(TIME)[[1, 2, 3]]
    assert same_word(pattern, IDS).item() == 1.0
    pattern[6] = torch.eye(TIME)[6]  # itself is not elsewhere
    assert same_word(pattern, IDS).item() == pytest.approx(2 / 3)


def test_induction_looks_at_what_came_next_and_not_at_the_word_itself():
    repeated = torch.tensor([4, 8, 6, 4, 8, 6])
    looks_after, looks_at = torch.eye(6), torch.eye(6)
    looks_after[3:], looks_at[3:] = torch.eye(6)[1:4], torch.eye(6)[0:3]
    assert induction(looks_after, repeated).item() == 1.0 and same_word(looks_after, repeated).item() == 0.0
    assert induction(looks_at, repeated).item() == 0.0 and same_word(looks_at, repeated).item() == 1.0


def test_separators_are_signs_and_else_punctuation():
    signs = separators_of(["[CLS]", "Stop", ",", "[SEP]"], [True, False, False, True])
    assert signs.tolist() == [False, False, False, True]
    marks = separators_of(
        ["<|start|>", "Stop", " “", "no", " ", "...", ""], [True, False, False, False, False, False, False]
    )
    assert marks.tolist() == [False, False, True, False, False, True, False]


def test_a_separator_that_no_one_can_look_at_gives_no_score():
    """In a decoder the full stop at the end is seen by nobody but itself."""
    at_the_end = torch.tensor([False] * 7 + [True])
    assert separator(patterns(causal=True), at_the_end).isnan().all()
    assert not separator(patterns(causal=False), at_the_end).isnan().any()


@pytest.mark.parametrize("ids", [[1, 2, 3], [5]])
def test_what_is_not_defined_is_nan_and_has_a_sentence(ids):
    ids = torch.tensor(ids)
    none = torch.zeros(len(ids), dtype=torch.bool)
    pattern = torch.full((1, 2, len(ids), len(ids)), 1 / len(ids)).tril()
    found = score_table(pattern, ids, none)
    undefined = {job for job, scores in found.items() if scores.isnan().all()}
    assert undefined == ({"separator", "same_word", "induction"} if len(ids) > 1 else set(JOBS))
    assert set(UNDEFINED) == set(JOBS)


def test_the_best_head():
    assert best_head(torch.tensor([[0.1, 0.2, 0.3], [0.2, 0.9, 0.4]])) == (1, 1)
    assert best_head(torch.tensor([[math.nan, 0.0]])) == (0, 1)
    with pytest.raises(ValueError, match="no best one"):
        best_head(torch.full((2, 3), math.nan))


def test_scores_lie_between_zero_and_one():
    for scores in score_table(patterns(causal=False), IDS, SEPARATORS).values():
        assert ((scores > 0) & (scores < 1)).all()
    single = patterns(causal=True)[0, 0]
    assert previous_token(single).shape == first_token(single).shape == ()


def test_the_scores_are_computed_where_the_patterns_are():
    """Inside the block, what is made without saying where has no numbers."""
    pattern, ids = torch.eye(5).roll(1, 0), torch.tensor([3, 7, 3, 7, 9])
    expected = [same_word(pattern, ids), induction(pattern, ids)]
    with torch.device("meta"):
        assert [same_word(pattern, ids), induction(pattern, ids)] == expected
