"""Lesson 04: the check of rotary positions.

Su et al., "RoFormer" (2021), with the base 10000. What differs from the paper: the pairs are halves, as in the Llama of
transformers and so in SmolLM2; one head. The vectors are float64 and the angles may be float32, as they are when
torch.arange makes them: the tolerance leaves room for that. `positional_encodings` shows this check to the notebook.
"""

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception
from lessons.checks.position_waves import ROUNDING, without_brackets
from lessons.positions.rotary import rotate
from lessons.positions.sinusoidal import BASE


def _rotary(x: Float[Tensor, "time d_head"], positions: Int[Tensor, "time"]) -> Float[Tensor, "time d_head"]:
    """Every row of x, turned as its position says; dimension i makes a pair with i + d_head/2."""
    return rotate(x, positions, BASE, pairing="halves")


def _rotary_cases(generator: Generator) -> list[tuple]:
    def case(d_head: int, *positions: int) -> tuple:
        return normal(generator, len(positions), d_head), torch.tensor(positions)

    return [case(6, 0, 1, 2, 3), case(8, 5, 2, 9), case(4, 7, 7, 0, 1, 4)]


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.chunk(2, dim=-1)


def _neighbours(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[:, 0::2], x[:, 1::2]


def _turned(a: Tensor, b: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    return a * cos - b * sin, a * sin + b * cos


def _rotary_mistake(
    name: str,
    says: str,
    places=lambda positions: positions,
    angles=lambda positions, exponents: positions[:, None] * BASE**-exponents,
    pair=_halves,
    turn=_turned,
    join=lambda a, b: torch.cat([a, b], dim=-1),
) -> Misconception:
    """Rotary positions with one of their parts replaced; the defaults are right."""

    def wrong(x, positions):
        exponents = torch.arange(0, x.shape[1], 2, dtype=torch.float64) / x.shape[1]  # [d_head/2]
        angle = angles(places(positions), exponents)  # [time d_head/2]
        return join(*turn(*pair(x), angle.cos(), angle.sin()))

    return Misconception(name, says, wrong)


def _interleaved(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([a, b], dim=-1).flatten(1)  # [time d_head/2 2] -> [time d_head]


def _angles_of_neighbours(x: Tensor, positions: Tensor) -> Tensor:
    """The angles in the order 0 0 1 1 2 2, and the pairs as halves: no pair is turned as a whole."""
    exponents = torch.arange(0, x.shape[1], 2, dtype=torch.float64) / x.shape[1]
    angle = (positions[:, None] * BASE**-exponents).repeat_interleave(2, dim=1)  # [time d_head]
    a, b = _halves(x)
    return x * angle.cos() + torch.cat([-b, a], dim=-1) * angle.sin()


rotary = Check(
    title="Rotary positions",
    reference=_rotary,
    cases=_rotary_cases,
    tolerance=ROUNDING,
    differentiable=True,
    misconceptions=[
        _rotary_mistake(
            "paired the neighbours",
            "You turn dimension 2i with 2i + 1, as the paper does. The task asks for the other pairing: which dimension"
            " goes with i?",
            pair=_neighbours,
            join=_interleaved,
        ),
        _rotary_mistake(
            "paired the neighbours, and put the halves back",
            "You take dimension 2i with 2i + 1, and write the results to i and i + d_head/2. Which pairing does the"
            " task ask for, on the way in and on the way out?",
            pair=_neighbours,
        ),
        _rotary_mistake(
            "paired the halves, and put them back as neighbours",
            "You take dimension i with i + d_head/2, and write the results to 2i and 2i + 1. Where should a number be"
            " after it was turned?",
            join=_interleaved,
        ),
        Misconception(
            "the angles of neighbours for the pairs of halves",
            "Your angles stand in the order 0, 0, 1, 1, 2, 2, and your pairs are i with i + d_head/2. Both of a pair"
            " need the same angle.",
            _angles_of_neighbours,
        ),
        _rotary_mistake(
            "turned the other way",
            "Your arrows turn clockwise. In which of the two sums is the minus?",
            turn=lambda a, b, cos, sin: _turned(a, b, cos, -sin),
        ),
        _rotary_mistake(
            "no minus at all",
            "Your arrows change their length. A turn keeps it: where is the minus?",
            turn=lambda a, b, cos, sin: (a * cos + b * sin, a * sin + b * cos),
        ),
        _rotary_mistake(
            "changed a before b needed it",
            "The first half is right. For the second half you used the new a in place of the old one.",
            turn=lambda a, b, cos, sin: (a * cos - b * sin, (a * cos - b * sin) * sin + b * cos),
        ),
        _rotary_mistake(
            "turned the first half only",
            "The second half of your result is that of x. A turn changes both numbers of a pair.",
            turn=lambda a, b, cos, sin: (a * cos - b * sin, b),
        ),
        _rotary_mistake(
            "left out the sines",
            "Each number is only made smaller. A turn mixes the two numbers of a pair: with what?",
            turn=lambda a, b, cos, sin: (a * cos, b * cos),
        ),
        _rotary_mistake(
            "swapped sine and cosine",
            "At position 0 nothing should turn. What are the cosine and the sine of 0?",
            turn=lambda a, b, cos, sin: _turned(a, b, sin, cos),
        ),
        _rotary_mistake(
            "added the waves in place of turning",
            "You add sines and cosines to x, as at the input of a transformer. Here they are factors: what is turned?",
            turn=lambda a, b, cos, sin: (a + sin, b + cos),
        ),
        _rotary_mistake(
            "one angle for all pairs",
            "All pairs turn by the same angle. Does your exponent come out as 0, perhaps by a // in place of a /?",
            angles=lambda positions, exponents: positions[:, None] * BASE ** -(0 * exponents),
        ),
        _rotary_mistake(
            "the pair's number for the dimension's number",
            "Your slow arrows turn too far. In the exponent stands 2i, where i counts the pairs.",
            angles=lambda positions, exponents: positions[:, None] * BASE ** -(exponents / 2),
        ),
        _rotary_mistake(
            "doubled what was doubled already",
            "Your slow arrows turn too little. If i already goes 0, 2, 4, … what is then in the exponent?",
            angles=lambda positions, exponents: positions[:, None] * BASE ** -(2 * exponents),
        ),
        _rotary_mistake(
            "multiplied where the formula divides",
            "Your later arrows turn faster and faster. What is the sign of the exponent?",
            angles=lambda positions, exponents: positions[:, None] * BASE**exponents,
        ),
        _rotary_mistake(
            "forgot the brackets in the exponent",
            "Even your first arrow turns too little. Python computes a power before it divides: what is the exponent in"
            " 10000 ** -i / d_head?",
            angles=lambda positions, exponents: positions[:, None] * without_brackets(exponents),
        ),
        _rotary_mistake(
            "counted the positions from 1",
            "Your row at position 0 is turned. By how much should it be?",
            places=lambda positions: positions + 1,
        ),
        _rotary_mistake(
            "did not use the positions",
            "You count the rows, 0, 1, 2, … They may stand elsewhere in the text: which argument says where?",
            places=lambda positions: torch.arange(len(positions)),
        ),
    ],
)
