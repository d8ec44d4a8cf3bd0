"""Lesson 02: the check of the search for a unit that follows a label, such as "inside quotation marks".

Karpathy, Johnson and Fei-Fei, "Visualizing and understanding recurrent networks" (2015), looked for such units by
eye. Here the correlation of Pearson finds them: r of every unit with the label, over the steps of a text.
`lstm_gates` shows this check to the notebook.
"""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def _divide(above: Tensor, below: Tensor) -> Tensor:
    """The quotient, and 0 where a constant unit would make it 0/0."""
    return torch.where(below > 0, above / below, 0.0)


def _correlations(values: Tensor, label: Tensor, divide=_divide) -> Tensor:
    values, label = values - values.mean(dim=0), label - label.mean()
    return divide(label @ values, values.norm(dim=0) * label.norm())  # [hidden]


def _best_unit(
    values: Float[Tensor, "time hidden"], label: Float[Tensor, "time"]
) -> tuple[Int[Tensor, ""], Float[Tensor, ""]]:
    """The unit with the largest |r| and its r. Tensors, so that a tensor and a plain number both pass."""
    return _strongest(_correlations(values, label))


def _strongest(r: Tensor) -> tuple[Tensor, Tensor]:
    unit = r.abs().argmax()
    return unit, r[unit]


def _unit_cases(generator: Generator) -> list[tuple]:
    def case(size: Tensor, follows: Tensor, mean: Tensor, time: int) -> tuple:
        label = torch.arange(time, dtype=torch.float64) // 3 % 2  # three steps off, three steps on
        noise = normal(generator, time, len(size))
        return size * (noise + follows * label[:, None]) + mean, label

    def numbers(*values: int | float) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)  # [hidden]

    return [
        case(numbers(1, 1, 1, 1), follows=numbers(0, 1.5, -4, 0), mean=numbers(0, 1, 5, -1), time=14),
        case(numbers(0.1, 1, 9), follows=numbers(5, 0, 1.5), mean=numbers(1, -2, 3), time=17),
        case(numbers(1, 0, 2, 0, 1), follows=numbers(0.5, 0, -3, 0, 2), mean=numbers(-1, 0, 1, 1, 0), time=23),
    ]


def _unit_mistakes(name: str, says: str, wrong) -> list[Misconception]:
    """A mistake by those who took care of constant units, and by those who divide 0 by 0."""
    return [
        Misconception(name, says, lambda values, label: wrong(values, label, _divide)),
        Misconception(
            f"{name}, and a constant unit gives nan",
            f"{says} And some unit never changes: what do you divide by there?",
            lambda values, label: wrong(values, label, torch.div),
        ),
    ]


def _centred(values: Tensor) -> Tensor:
    return values - values.mean(dim=0)


best_unit = Check(
    title="The unit that follows a label",
    reference=_best_unit,
    cases=_unit_cases,
    tolerance=1e-6,  # who adds a tiny number such as 1e-8 to what they divide by is right as well
    misconceptions=[
        Misconception(
            "a constant unit gives nan",
            "Some unit never changes, and you divide 0 by 0 there. What should its r be?",
            lambda values, label: _strongest(_correlations(values, label, torch.div)),
        ),
        *_unit_mistakes(
            "forgot the absolute value",
            "You take the largest r. Can a unit that switches off for the label be the best one?",
            lambda values, label, divide: (lambda r: (r.argmax(), r.max()))(_correlations(values, label, divide)),
        ),
        *_unit_mistakes(
            "lost the sign of r",
            "The unit is right, and your r is never below 0. The absolute value is there to choose; what is returned?",
            lambda values, label, divide: _strongest(_correlations(values, label, divide).abs()),
        ),
        *_unit_mistakes(
            "squared r",
            "The unit is right. Your number is never below 0 and closer to 0 than r. Is there a square too many?",
            lambda values, label, divide: _strongest(_correlations(values, label, divide) ** 2),
        ),
        *_unit_mistakes(
            "counted the units from 1",
            "Your r is right, and the number of the unit is too large by 1. Where does the task begin to count?",
            lambda values, label, divide: (lambda unit, r: (unit + 1, r))(
                *_strongest(_correlations(values, label, divide))
            ),
        ),
        *_unit_mistakes(
            "returned r first",
            "Both results are right, in the wrong order. What does the task ask for first?",
            lambda values, label, divide: _strongest(_correlations(values, label, divide))[::-1],
        ),
        Misconception(
            "did not divide by the spreads",
            "A unit with large numbers wins. What makes a correlation free of the size of the numbers?",
            lambda values, label: _strongest((label - label.mean()) @ _centred(values) / len(label)),
        ),
        *[
            Misconception(
                f"divided by the spread of the label only{how}",
                "A unit with large numbers wins. You divide by the spread of the label: whose spread is missing?",
                lambda values, label, count=count: _strongest(
                    (label - label.mean()) @ _centred(values) / (label - label.mean()).norm() / count(len(label))
                ),
            )
            for how, count in {  # the covariance and the spread are sums, or means over n or n - 1 steps
                "": lambda n: 1,
                ", with means over n": lambda n: n**0.5,
                ", with means over n - 1": lambda n: (n - 1) ** 0.5,
                ", with n and n - 1 mixed": lambda n: n / (n - 1) ** 0.5,
            }.items()
        ],
        Misconception(
            "took the difference of the two means",
            "You compare the means where the label is 1 and where it is 0. A unit with large numbers wins: what is"
            " missing?",
            lambda values, label: _strongest(values[label == 1].mean(dim=0) - values[label == 0].mean(dim=0)),
        ),
        *_unit_mistakes(
            "did not subtract the means",
            "A unit that is large all the time seems to follow the label. What is taken off first?",
            lambda values, label, divide: _strongest(divide(label @ values, values.norm(dim=0) * label.norm())),
        ),
        Misconception(
            "one mean for all units together",
            "You take off one number from all units. Whose mean should come off each column?",
            lambda values, label: _strongest(
                _divide(
                    (label - label.mean()) @ (values - values.mean()),
                    (values - values.mean()).norm(dim=0) * (label - label.mean()).norm(),
                )
            ),
        ),
        Misconception(
            "the mean of each step, not of each unit",
            "You take off a mean over the units. Along which axis does a unit change?",
            lambda values, label: _strongest(_correlations(values - values.mean(dim=1, keepdim=True), label)),
        ),
        *_unit_mistakes(
            "mixed n and n - 1",
            "Your r is a little too close to 0. One of your means divides by n, and .std() by n - 1.",
            lambda values, label, divide: _strongest(
                divide((label - label.mean()) @ _centred(values) / len(label), values.std(dim=0) * label.std())
            ),
        ),
    ],
)
