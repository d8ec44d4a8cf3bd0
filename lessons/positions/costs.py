"""What each encoding costs: numbers to learn, and arithmetic for one text, computed from a configuration.

A multiplication and an addition count as one operation each. Tables that do not depend on the text, of sines or of
penalties, are not counted: they can be made once. For a text of n tokens, d = d_model, in each of the blocks:

    relative   W_R r for 2n - 1 distances, that with every query, u with every key, and two sums for every score
    rotary     two products and a sum for each number of a query and a key
    alibi      one sum for every score of every head

An encoding that is added to the embedding costs a sum for each number, once.
"""

from dataclasses import dataclass, replace

import torch

from lessons.positions.encodings import ENCODINGS
from lessons.positions.model import PositionedConfig, PositionedModel


@dataclass(frozen=True)
class Cost:
    """What one encoding adds to the model that has none."""

    encoding: str
    parameters: int  # numbers to learn
    operations: int  # for one text
    share: float  # of these operations in those of the model that has none


def costs(config: PositionedConfig, time: int) -> list[Cost]:
    """A row for each encoding, in a model of these sizes and a text of `time` tokens. ValueError for a time below 1."""
    if time < 1:
        raise ValueError(f"A text must have 1 token or more, not {time}.")
    without, base = _parameters(config, "none"), model_operations(config, time)
    extra = {name: operations(config, name, time) for name in ENCODINGS}
    return [Cost(name, _parameters(config, name) - without, extra[name], extra[name] / base) for name in ENCODINGS]


def operations(config: PositionedConfig, encoding: str, time: int) -> int:
    """What the encoding adds for a text of `time` tokens."""
    d, n, scores = config.d_model, time, config.heads * time * time
    for_one_block = {
        "relative": 2 * (2 * n - 1) * d * d + n * d + 2 * n * (2 * n - 1) * d + 2 * n * d + 2 * scores,
        "rotary": 2 * 3 * n * d,
        "alibi": scores,
    }
    if encoding in ("sinusoidal", "learned"):
        return n * d
    return config.layers * for_one_block.get(encoding, 0)


def model_operations(config: PositionedConfig, time: int) -> int:
    """The matrix products of the model without an encoding, which are nearly all that it computes."""
    d, n = config.d_model, time
    block = 2 * n * (4 * d * d + 2 * d * config.d_ff) + 4 * n * n * d  # weights, then scores and sums of values
    return config.layers * block + 2 * n * d * len(config.symbols)


def _parameters(config: PositionedConfig, encoding: str) -> int:
    with torch.device("meta"):  # shapes alone: nothing is drawn
        model = PositionedModel(replace(config, encoding=encoding))
    return sum(parameter.numel() for parameter in model.parameters())
