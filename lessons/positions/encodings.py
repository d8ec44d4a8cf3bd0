"""The six encodings by name, and the two places where one can enter a transformer.

"sinusoidal" and "learned" are *added* to the embedding, once, at the bottom. "relative", "rotary" and "alibi" enter
*inside* the attention of every block. "none" enters nowhere.
"""

from lessons.attention.multi_head import InnerPositions
from lessons.positions.alibi import Alibi
from lessons.positions.learned import LearnedPositions
from lessons.positions.relative import RelativePositions
from lessons.positions.rotary import Rotary
from lessons.positions.sinusoidal import SinusoidalPositions

TITLES = {
    "none": "no positions",
    "sinusoidal": "sinusoidal positions",
    "learned": "learned positions",
    "relative": "relative positions",
    "rotary": "rotary positions",
    "alibi": "ALiBi",
}
ENCODINGS = tuple(TITLES)


def check_encoding(encoding: str) -> None:
    """ValueError for a name that is not one of ENCODINGS."""
    if encoding not in ENCODINGS:
        raise ValueError(f"The encoding must be one of {', '.join(ENCODINGS)}, not {encoding!r}.")


def added_positions(encoding: str, context: int, d_model: int) -> SinusoidalPositions | LearnedPositions | None:
    """A module that gives the vectors to add for so many positions; None where nothing is added. ValueError.

    context: where the table of learned positions ends.
    """
    check_encoding(encoding)
    if encoding == "sinusoidal":
        return SinusoidalPositions(d_model)
    return LearnedPositions(context, d_model) if encoding == "learned" else None


def inner_positions(encoding: str, d_model: int, heads: int) -> InnerPositions:
    """What enters inside the attention of one block; nothing for those that are added. ValueError."""
    check_encoding(encoding)
    if heads < 1 or d_model % heads:
        raise ValueError(f"d_model must be a multiple of heads: {d_model} is none of {heads}.")
    if encoding == "relative":
        return RelativePositions(d_model, heads)
    if encoding == "rotary":
        return Rotary(d_model // heads)
    return Alibi(heads) if encoding == "alibi" else InnerPositions()
