"""The bootstrap: against what can be counted in full, and whether its intervals hold what they promise."""

from itertools import product
from math import comb

import numpy as np
import pytest
import torch

from lessons.core.bootstrap import Interval, bootstrap


def binomial_quantile(share: float, trials: int, p: float) -> float:
    """The smallest mean of right (1) and wrong (0) answers that at least `share` of all resamples do not exceed."""
    below = 0.0
    for right in range(trials + 1):
        below += comb(trials, right) * p**right * (1 - p) ** (trials - right)
        if below >= share:
            return right / trials
    raise AssertionError


@pytest.mark.parametrize(("right", "trials", "level"), [(40, 60, 0.95), (6, 60, 0.95), (5, 11, 0.8), (1, 2, 0.6)])
def test_of_right_and_wrong_answers_the_ends_are_those_of_the_binomial_distribution(right, trials, level):
    found = bootstrap([True] * right + [False] * (trials - right), level, resamples=100_000)
    assert found.mean == pytest.approx(right / trials, rel=1e-12)
    tail = (1 - level) / 2
    assert found.low == pytest.approx(binomial_quantile(tail, trials, right / trials), rel=1e-12)
    assert found.high == pytest.approx(binomial_quantile(1 - tail, trials, right / trials), rel=1e-12)


def test_of_four_numbers_all_256_resamples_can_be_counted():
    values = [0.3, 1.9, -2.2, 7.4]
    means = sorted(sum(chosen) / 4 for chosen in product(values, repeat=4))
    found = bootstrap(values, level=0.7, resamples=200_000)
    for end, share in ((found.low, 0.15), (found.high, 0.85)):
        low, high = np.quantile(means, [share - 0.005, share + 0.005])
        assert low <= end <= high


@pytest.mark.parametrize(("level", "low", "high"), [(0.95, 0.91, 0.97), (0.5, 0.44, 0.56)])
def test_as_many_intervals_as_promised_hold_the_true_mean(level, low, high):
    generator = torch.Generator().manual_seed(0)
    held = 0
    for _ in range(500):
        values = 3.0 + 2.0 * torch.randn(60, generator=generator)
        found = bootstrap(values.tolist(), level, resamples=400)
        held += found.low <= 3.0 <= found.high
    assert low <= held / 500 <= high


def test_the_same_seed_and_values_give_the_same_interval_in_any_order():
    values = [0.5, 2.0, 8.0, 1.0, 4.0]
    found = bootstrap(values, seed=3)
    assert bootstrap(values[::-1], seed=3) == found != bootstrap(values, seed=4)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    assert bootstrap(values, seed=3) == found
    assert torch.equal(torch.get_rng_state(), before)


def test_more_values_make_it_narrower_and_a_higher_level_wider():
    few, many = bootstrap([0, 1] * 10), bootstrap([0, 1] * 500)
    assert many.high - many.low < 0.3 * (few.high - few.low)
    wide = bootstrap([0, 1] * 10, level=0.99)
    assert wide.low < few.low < few.mean < few.high < wide.high


def test_one_value_or_equal_ones_have_no_width():
    assert bootstrap([0.25]) == Interval(0.25, 0.25, 0.25)
    assert bootstrap([True] * 30) == Interval(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"values": []}, "There must be 1 value or more to take a mean of, not 0."),
        ({"values": [1.0, float("nan")]}, "Every value must be finite, not nan."),
        ({"values": [1.0, float("inf")]}, "Every value must be finite, not inf."),
        ({"values": [1.0], "level": 1.0}, "level must be above 0 and below 1, such as 0.95, not 1.0."),
        ({"values": [1.0], "level": 0.0}, "level must be above 0 and below 1, such as 0.95, not 0.0."),
        ({"values": [1.0], "level": float("nan")}, "level must be above 0 and below 1, such as 0.95, not nan."),
        ({"values": [1.0], "resamples": 0}, "resamples must be 1 or more, not 0."),
    ],
)
def test_what_cannot_be_gets_one_sentence(arguments, said):
    with pytest.raises(ValueError) as caught:
        bootstrap(**arguments)
    assert str(caught.value) == said
