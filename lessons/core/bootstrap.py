"""How sure is a mean of few values? The percentile bootstrap (Efron 1979).

    bootstrap([1, 0, 1, 1, 0, 1])       # Interval(mean=0.667, low=0.333, high=1.0)

Sixty questions, forty right: with sixty others it would not have been forty again. We have no others, so we draw sixty
of our own with replacement, take their mean, and do so two thousand times. The middle 95 % of these means is the
interval. It says how far another choice of questions would have moved the mean, and nothing of other sorts of error.
Where all values are the same it has no width: the bootstrap knows of no value that was not seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lessons.core.seed import generator


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its interval, all in the unit of the values."""

    mean: float
    low: float
    high: float


def bootstrap(values: Sequence[float | int], level: float = 0.95, resamples: int = 2000, seed: int = 0) -> Interval:
    """The mean of `values` (numbers, or right and wrong as bools), and where `level` of the resampled means lie.

    level: above 0 and below 1. Between two of the sorted means we go in proportion, as numpy's quantile does. The same
    values, in any order, and the same seed give the same interval. ValueError for no values, one that is not finite, a
    level out of its range, or fewer than 1 resample.
    """
    numbers = sorted(float(value) for value in values)
    if not numbers:
        raise ValueError("There must be 1 value or more to take a mean of, not 0.")
    if strange := [number for number in numbers if not math.isfinite(number)]:
        raise ValueError(f"Every value must be finite, not {strange[0]}.")
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, such as 0.95, not {level}.")
    if resamples < 1:
        raise ValueError(f"resamples must be 1 or more, not {resamples}.")
    known = torch.tensor(numbers, dtype=torch.float64)
    chosen = torch.randint(len(known), (resamples, len(known)), generator=generator(seed))
    means = known[chosen].mean(dim=1)
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = means.quantile(ends).tolist()
    return Interval(known.mean().item(), low, high)
