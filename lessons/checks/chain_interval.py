"""Lesson 07: the check of a bootstrap interval.

The percentile bootstrap (Efron 1979). What differs from `lessons.core.bootstrap`: the samples are handed over, so that
the answer can be checked.
`chain_of_thought` shows this check to the notebook.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception

LOW, HIGH = 0.025, 0.975
"""Between the two lie 95 %."""


def _bootstrap_interval(values: Float[Tensor, "batch"], indices: Int[Tensor, "... batch"]) -> tuple[Tensor, Tensor]:
    """The ends between which the middle 95 % of the samples' means lie. indices: one row for each sample."""
    return _ends(_means(values, indices))


def _means(values: Tensor, indices: Tensor) -> Tensor:
    return values[indices].mean(dim=1)


def _ends(means: Tensor, low: float = LOW, high: float = HIGH) -> tuple[Tensor, Tensor]:
    return means.quantile(low), means.quantile(high)


def _interval_cases(generator: Generator) -> list[tuple]:
    """Decimals, where no two samples agree, and right and wrong answers. In one as many samples as values: a square."""

    def drawn(resamples: int, values: Tensor) -> tuple:
        return values, torch.randint(len(values), (resamples, len(values)), generator=generator)

    def rights(right: int, count: int) -> Tensor:
        return (torch.randperm(count, generator=generator) < right).double()

    return [
        drawn(300, normal(generator, 7) + 2),
        drawn(200, rights(13, 20)),
        drawn(500, rights(27, 31)),
        drawn(40, normal(generator, 40) + 2),
    ]


def _interval_mistake(name: str, says: str, means=_means, ends=_ends, out=lambda ends: ends) -> Misconception:
    """The interval with one of its parts replaced; the defaults are right."""
    return Misconception(name, says, lambda values, indices: out(ends(means(values, indices))))


def _percent(low: float, high: float):
    return lambda means: _ends(means, low, high)


def _around(width):
    """The mean of the means, and a width on either side. width(means)."""
    return lambda means: (means.mean() - width(means), means.mean() + width(means))


def _formula(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """The normal approximation, without any sample."""
    error = values.std() / math.sqrt(len(values))
    return values.mean() - 1.96 * error, values.mean() + 1.96 * error


def _nearest(pick):
    """An entry of the sorted means in place of a value between two. pick(place) gives its number."""
    return lambda means: tuple(means.sort().values[pick(share * (len(means) - 1))] for share in (LOW, HIGH))


bootstrap_interval = Check(
    title="A bootstrap interval",
    reference=_bootstrap_interval,
    cases=_interval_cases,
    tolerance=1e-6,  # 0.025 in float32 is another number
    misconceptions=[
        _interval_mistake(
            "cut off at 5 and 95 per cent",
            "You cut off 5 % at each end, so that 90 % are left. How much lies outside of the middle 95 %, and how much"
            " of it at each end?",
            ends=_percent(0.05, 0.95),
        ),
        _interval_mistake(
            "cut off at 0 and 95 per cent",
            "Your interval begins with the lowest mean of all. The 5 % that are left out: at which end do they lie?",
            ends=_percent(0.0, 0.95),
        ),
        _interval_mistake(
            "cut off at 25 and 75 per cent",
            "You keep the middle half. How is 2.5 % written as a share?",
            ends=_percent(0.25, 0.75),
        ),
        _interval_mistake(
            "the lowest and the highest mean",
            "You take the lowest and the highest of all means: with more samples they go ever further apart. How many"
            " of the means should lie outside?",
            ends=lambda means: (means.min(), means.max()),
        ),
        _interval_mistake(
            "a width of one standard deviation on either side",
            "Your interval is the mean and a standard deviation on either side. The task asks where the middle 95 %"
            " lie.",
            ends=_around(lambda means: means.std()),
        ),
        _interval_mistake(
            "a width of 1.96 standard deviations on either side",
            "Your interval is right for a bell curve, and equally wide on both sides. The task asks where the middle"
            " 95 % of these means do lie.",
            ends=_around(lambda means: 1.96 * means.std()),
        ),
        Misconception(
            "the formula in place of the samples",
            "Your interval never looks at `indices`. The task wants it from the samples, without a formula.",
            _formula,
        ),
        Misconception(
            "quantiles of the values themselves",
            "You ask where the values lie, and not where their mean lies. Of what is the interval?",
            lambda values, indices: _ends(values),
        ),
        _interval_mistake(
            "quantiles of all the values drawn",
            "You put all samples together. What is to be computed of each sample first?",
            means=lambda values, indices: values[indices].flatten(),
        ),
        _interval_mistake(
            "averaged over the samples, not over the values",
            "You average over the wrong axis: one mean for each place in a sample. Which axis runs through one sample?",
            means=lambda values, indices: values[indices].mean(dim=0),
        ),
        _interval_mistake(
            "the median of each sample",
            "You take the median of each sample. For right and wrong answers it is 0 or 1: what is an accuracy?",
            means=lambda values, indices: values[indices].median(dim=1).values,
        ),
        _interval_mistake(
            "the sum of each sample",
            "Your interval is one of counts. What makes a mean of a sum?",
            means=lambda values, indices: values[indices].sum(dim=1),
        ),
        _interval_mistake(
            "the mean of the indices",
            "You average the indices. Which values do they point to?",
            means=lambda values, indices: indices.to(values).mean(dim=1),
        ),
        _interval_mistake(
            "counted each value only once",
            "A value that was drawn twice counts once in your samples. What does drawing with replacement mean?",
            means=lambda values, indices: torch.stack([values[row.unique()].mean() for row in indices]),
        ),
        _interval_mistake(
            "took the mean away",
            "You return how far the ends are from the mean of the means. Where do they lie?",
            ends=lambda means: tuple(end - means.mean() for end in _ends(means)),
        ),
        _interval_mistake(
            "the mean and half the width",
            "You return the middle and half of the width. The task wants the two ends.",
            out=lambda ends: ((ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2),
        ),
        _interval_mistake(
            "the width alone",
            "You return how wide the interval is. The task wants its two ends.",
            out=lambda ends: ends[1] - ends[0],
        ),
        _interval_mistake(
            "the high end first",
            "Both ends are right and change places. In which order does the task want them?",
            out=lambda ends: ends[::-1],
        ),
        _interval_mistake(
            "the next mean below, in place of one between two",
            "You take an entry of the sorted means. Where the place falls between two of them, torch.quantile goes on"
            " in proportion: the task wants that.",
            ends=_nearest(math.floor),
        ),
        _interval_mistake(
            "the nearest mean, in place of one between two",
            "You take the nearest entry of the sorted means. Where the place falls between two of them, torch.quantile"
            " goes on in proportion: the task wants that.",
            ends=_nearest(round),
        ),
    ],
)
