"""Lesson 04: checks of the sinusoidal table and of the matrix that goes k positions on.

Section 3.5 of Vaswani et al., "Attention is all you need" (2017), with the base 10000. The matrix is what they mean by
"PE[pos + k] can be represented as a linear function of PE[pos]". The answers are float32, as a student's are who
starts from torch.arange; the tolerance leaves room for its rounding. `positional_encodings` shows these checks to the
notebook.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.checks.check import Check, Misconception
from lessons.positions import sinusoidal
from lessons.positions.sinusoidal import BASE

ROUNDING = 1e-5  # of float32, after a power and a product


def _exponents(d_model: int) -> Tensor:
    """2i / d_model for every pair i."""
    return torch.arange(0, d_model, 2, dtype=torch.float64) / d_model  # [d_model/2]


def _interleaved(sin: Tensor, cos: Tensor) -> Tensor:
    return torch.stack([sin, cos], dim=-1).flatten(-2)  # [time d_model/2 2] -> [time d_model]


def without_brackets(exponents: Tensor) -> Tensor:
    """What comes of 1 / 10000 ** i / d_model, with i = 0, 2, 4, …: the power is first, and both divisions after it."""
    d_model = 2 * len(exponents)
    return 1 / BASE ** (exponents * d_model) / d_model


# --- The table ------------------------------------------------------------------------------------


def _sinusoidal_table(length: int, d_model: int) -> Float[Tensor, "time d_model"]:
    """A row for every position from 0; sine and cosine of a wave side by side."""
    return sinusoidal.sinusoidal(length, d_model)


def _table_mistake(
    name: str,
    says: str,
    first=0,
    exponents=_exponents,
    frequency=lambda exponents: BASE**-exponents,
    layout=lambda angle: _interleaved(angle.sin(), angle.cos()),
) -> Misconception:
    """A table with one of its parts replaced; the defaults are right."""

    def wrong(length, d_model):
        positions = torch.arange(first, first + length, dtype=torch.float64)
        return layout(positions[:, None] * frequency(exponents(d_model))).float()

    return Misconception(name, says, wrong)


sinusoidal_table = Check(
    title="The sinusoidal table",
    reference=_sinusoidal_table,
    # With widths of 4 and 8 even a table that multiplies by 10000^(2i/d_model) is exact in float32, and named.
    cases=lambda generator: [(6, 4), (5, 8), (3, 2)],
    tolerance=ROUNDING,
    misconceptions=[
        _table_mistake(
            "sine and cosine halves in place of interleaved",
            "The numbers are right and in the wrong columns: all sines stand in front of all cosines. Which columns are"
            " 2i and 2i + 1?",
            layout=lambda angle: torch.cat([angle.sin(), angle.cos()], dim=-1),
        ),
        _table_mistake(
            "swapped sine and cosine",
            "Your first row begins with 1. Which of the two belongs to the even columns?",
            layout=lambda angle: _interleaved(angle.cos(), angle.sin()),
        ),
        _table_mistake(
            "sine in all columns",
            "There is no cosine in your table. What belongs into the odd columns?",
            layout=lambda angle: _interleaved(angle.sin(), angle.sin()),
        ),
        _table_mistake(
            "left the odd columns empty",
            "The sines are right, and the odd columns are 0. What belongs there?",
            layout=lambda angle: _interleaved(angle.sin(), torch.zeros_like(angle)),
        ),
        _table_mistake(
            "the pair's number for the column's number",
            "Your waves get longer too slowly. In the exponent stands 2i, where i counts the pairs. What is it for the"
            " last pair?",
            exponents=lambda d_model: _exponents(d_model) / 2,
        ),
        _table_mistake(
            "doubled what was doubled already",
            "Your waves get longer too fast. If i already goes 0, 2, 4, … it is the number of a column. What is then in"
            " the exponent?",
            exponents=lambda d_model: 2 * _exponents(d_model),
        ),
        _table_mistake(
            "a wave of its own for each odd column",
            "Your cosines are a little slower than the sines beside them. Both of a pair share one wave: what is i in"
            " column 2i + 1?",
            exponents=lambda d_model: torch.arange(d_model, dtype=torch.float64) / d_model,
            layout=lambda angle: _interleaved(angle[:, 0::2].sin(), angle[:, 1::2].cos()),
        ),
        _table_mistake(
            "one wave for all columns",
            "All pairs have the same wave. Does your exponent come out as 0, perhaps by a // in place of a /?",
            exponents=lambda d_model: 0 * _exponents(d_model),
        ),
        _table_mistake(
            "multiplied where the formula divides",
            "Your waves get shorter from pair to pair, and end far shorter than one position. On which side of the"
            " fraction stands the power?",
            frequency=lambda exponents: BASE**exponents,
        ),
        _table_mistake(
            "forgot the power",
            "You divide by 10000 times the exponent, or so it seems. How do the wavelengths grow: by adding, or by"
            " multiplying?",
            frequency=lambda exponents: 1 / (1 + BASE * exponents),
        ),
        _table_mistake(
            "forgot the brackets in the exponent",
            "Your first wave is too slow already. Python computes a power before it divides: what is the exponent in"
            " 10000 ** i / d_model?",
            frequency=without_brackets,
        ),
        _table_mistake(
            "a base of 1000",
            "Everything is right but the base. How many zeros has it?",
            frequency=lambda exponents: 1000.0**-exponents,
        ),
        _table_mistake(
            "counted the positions from 1",
            "Your first row is the second one of the table. At which position does a text begin?",
            first=1,
        ),
    ],
)


# --- The matrix -----------------------------------------------------------------------------------


def _shift_matrix(k: int, d_model: int) -> Float[Tensor, "d_model d_model"]:
    """M with PE[pos + k] = M PE[pos]: a turn of each pair by its own angle."""
    return sinusoidal.shift_matrix(k, d_model)


def _blocks(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """The blocks [[a, b], [c, d]] along the diagonal, one for each pair."""
    return torch.block_diag(
        *torch.stack([a, b, c, d], dim=-1).unflatten(-1, (2, 2))
    )  # [d_model/2 4] -> [d_model/2 2 2]


def _shift_mistake(
    name: str,
    says: str,
    angle=lambda k, exponents: k * BASE**-exponents,
    matrix=lambda cos, sin: _blocks(cos, sin, -sin, cos),
) -> Misconception:
    """A shift matrix with one of its parts replaced; the defaults are right."""

    def wrong(k, d_model):
        turn = angle(k, _exponents(d_model))  # [d_model/2]
        return matrix(turn.cos(), turn.sin()).float()

    return Misconception(name, says, wrong)


shift_matrix = Check(
    title="The matrix that goes k positions on",
    reference=_shift_matrix,
    cases=lambda generator: [(5, 4), (3, 8), (-2, 6), (0, 2)],
    tolerance=ROUNDING,
    misconceptions=[
        _shift_mistake(
            "goes back in place of forward",
            "Your matrix leads from pos to pos - k; or it is made for a row, PE[pos] @ M. In the task M stands on the"
            " left. Which of the two sines has the minus then?",
            matrix=lambda cos, sin: _blocks(cos, -sin, sin, cos),
        ),
        _shift_mistake(
            "no minus at all",
            "Both of your sines have the same sign. Look at cos(a + b) once more.",
            matrix=lambda cos, sin: _blocks(cos, sin, sin, cos),
        ),
        _shift_mistake(
            "swapped sine and cosine in the blocks",
            "For k = 0 the matrix must change nothing. Is yours the identity then?",
            matrix=lambda cos, sin: _blocks(sin, cos, -cos, sin),
        ),
        _shift_mistake(
            "only the diagonal",
            "Your entries beside the diagonal are 0. The new sine needs the old cosine, too: where does that come in?",
            matrix=lambda cos, sin: torch.diag(torch.stack([cos, cos], dim=-1).flatten()),
        ),
        _shift_mistake(
            "made for sine and cosine halves",
            "Your blocks join dimension i with i + d_model/2. In the sinusoidal table, which two dimensions belong"
            " to one wave?",
            matrix=lambda cos, sin: torch.cat(
                [torch.cat([cos.diag(), sin.diag()], dim=1), torch.cat([-sin.diag(), cos.diag()], dim=1)]
            ),
        ),
        _shift_mistake(
            "the same block for all waves",
            "All of your blocks turn by the same angle. Does a slow wave go as far in k positions as a fast one?",
            angle=lambda k, exponents: k * BASE ** -(0 * exponents),
        ),
        _shift_mistake(
            "forgot k",
            "Your matrix is the same for every k: it goes 1 position on. By which angle does a wave turn in k of them?",
            angle=lambda k, exponents: BASE**-exponents,
        ),
        _shift_mistake(
            "the pair's number for the column's number",
            "Your slow waves turn too far. In the exponent stands 2i, where i counts the pairs.",
            angle=lambda k, exponents: k * BASE ** -(exponents / 2),
        ),
        _shift_mistake(
            "doubled what was doubled already",
            "Your slow waves turn too little. If i already goes 0, 2, 4, … it is the number of a dimension. What is"
            " then in the exponent?",
            angle=lambda k, exponents: k * BASE ** -(2 * exponents),
        ),
        _shift_mistake(
            "multiplied where the formula divides",
            "Your later waves turn faster and faster. On which side of the fraction stands the power?",
            angle=lambda k, exponents: k * BASE**exponents,
        ),
        _shift_mistake(
            "forgot the brackets in the exponent",
            "Even your first wave turns too little. Python computes a power before it divides: what is the exponent in"
            " 10000 ** -i / d_model?",
            angle=lambda k, exponents: k * without_brackets(exponents),
        ),
        _shift_mistake(
            "the rows of sine and cosine swapped, with a minus in the wrong place",
            "For k = 0 your blocks swap sine and cosine. The new sine is the first row: how much of the old sine, and"
            " how much of the old cosine?",
            matrix=lambda cos, sin: _blocks(sin, cos, cos, -sin),
        ),
        Misconception(
            "moved the dimensions by k",
            "Your matrix moves entry j to j + k. Positions are not dimensions: what happens to one wave when time goes"
            " on?",
            lambda k, d_model: torch.eye(d_model).roll(k, dims=0),
        ),
    ],
)
