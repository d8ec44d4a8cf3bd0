"""Lesson 04: the check of the relative shift. The others are in `position_waves` and `position_rotary`.

The shift is that of Dai et al., "Transformer-XL" (2019), by the pad and the reshape of Huang et al., "Music
Transformer" (2018). What differs from `lessons.positions.relative`: one head, square, and 0 above the diagonal, where
the trick leaves numbers without a meaning.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import functional as F

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception
from lessons.checks.position_rotary import rotary
from lessons.checks.position_waves import ROUNDING, shift_matrix, sinusoidal_table
from lessons.positions import relative

__all__ = ["relative_shift", "rotary", "shift_matrix", "sinusoidal_table"]


def _relative_shift(scores: Float[Tensor, "query key"]) -> Float[Tensor, "query key"]:
    """Columns of distances, the largest first and 0 last, become columns of keys; 0 where the key comes later."""
    return relative.relative_shift(scores).tril()


def _shift_cases(generator: Generator) -> list[tuple]:
    return [(normal(generator, time, time),) for time in (4, 3, 6)]


def _shift_mistakes(name: str, says: str, wrong) -> list[Misconception]:
    """A mistake by those who clear what is above the diagonal, and by those who do not."""
    return [
        Misconception(name, says, lambda scores: wrong(scores).tril()),
        Misconception(
            f"{name}, and left the rest above the diagonal",
            f"{says} And what should stand where the key comes after the query?",
            wrong,
        ),
    ]


def _reshaped(scores: Tensor, pad: tuple[int, int]) -> Tensor:
    return F.pad(scores, pad).reshape(len(scores) + 1, len(scores))  # [query key+1] -> [query+1 key]


def _rows_rolled(scores: Tensor, by) -> Tensor:
    """Row i goes to the left by `by(time, i)` places; what leaves on the left comes back on the right."""
    return torch.stack([row.roll(-by(len(scores), i)) for i, row in enumerate(scores)])


def _picked(scores: Tensor, row, column) -> Tensor:
    """The entry [i, j] is scores[row(i, j), column(time, i - j)], and 0 above the diagonal."""
    i, j = torch.tril_indices(*scores.shape)
    out = torch.zeros_like(scores)
    out[i, j] = scores[row(i, j), column(len(scores), i - j)]
    return out


relative_shift = Check(
    title="The relative shift",
    reference=_relative_shift,
    cases=_shift_cases,
    tolerance=ROUNDING,  # the scores are float64, and who starts from torch.zeros answers in float32
    differentiable=True,
    misconceptions=[
        Misconception(
            "left the rest above the diagonal",
            "On and below the diagonal all is right. Above it stands what the trick leaves there: what should?",
            lambda scores: relative.relative_shift(scores),
        ),
        *_shift_mistakes(
            "dropped the last row in place of the first",
            "You padded and reshaped. Which row begins with the zero from the pad, and belongs to no query?",
            lambda scores: _reshaped(scores, (1, 0))[:-1],
        ),
        *_shift_mistakes(
            "padded on the right",
            "Your zeros stand behind the rows. Write the padded rows down one after the other, and drop what you"
            " drop: with what does the first row begin?",
            lambda scores: _reshaped(scores, (0, 1))[1:],
        ),
        *_shift_mistakes(
            "forgot to drop a row",
            "Your result has one row more than there are queries. Which of them does not belong to a query?",
            lambda scores: _reshaped(scores, (1, 0)),
        ),
        *_shift_mistakes(
            "hid before the shift",
            "You cleared what is above the diagonal first, and then moved the rows. At that time the columns are"
            " distances, not keys: what did you clear?",
            lambda scores: _reshaped(scores.tril(), (1, 0))[1:],
        ),
        *_shift_mistakes(
            "turned the rows around",
            "Column j of your result holds the distance j, in every row. How far is key j from query i?",
            lambda scores: scores.flip(1),
        ),
        *_shift_mistakes(
            "did not move the rows",
            "Your rows stand where they stood. If you padded: which shape has the table after the reshape, and in which"
            " order do the two sizes come?",
            lambda scores: scores.clone(),
        ),
        *_shift_mistakes(
            "moved all rows by the same",
            "Every row has moved by one place. In which row is the distance 0 already under its key, and how far is it"
            " off in the first one?",
            lambda scores: scores.roll(-1, dims=1),
        ),
        *_shift_mistakes(
            "moved the rows the wrong way",
            "The first row has moved furthest, as it should, but to the right. Its only entry that counts is the last"
            " one: where is it wanted?",
            lambda scores: _rows_rolled(scores, lambda time, i: i - (time - 1)),
        ),
        *_shift_mistakes(
            "moved the last row most",
            "Your first row did not move. Its distance 0 stands in the last column: where is key 0?",
            lambda scores: _rows_rolled(scores, lambda time, i: i),
        ),
        *_shift_mistakes(
            "moved each row one place too far",
            "Every distance is one too small: just below the diagonal stands the distance 0. Which row must not move?",
            lambda scores: _rows_rolled(scores, lambda time, i: time - i),
        ),
        Misconception(
            "read the distances from the wrong end",
            "You took column 0 for the distance 0. In which order do the distances lie?",
            lambda scores: _picked(scores, row=lambda i, j: i, column=lambda time, distance: distance),
        ),
        Misconception(
            "took the row of the key",
            "The distance is right, the query is not: you read the row j for the entry [i, j]. Who asks?",
            lambda scores: _picked(scores, row=lambda i, j: j, column=lambda time, distance: time - 1 - distance),
        ),
        Misconception(
            "swapped query and key in the result",
            "Your result is the right one, transposed. Which axis comes first?",
            lambda scores: relative.relative_shift(scores).tril().T,
        ),
    ],
)
