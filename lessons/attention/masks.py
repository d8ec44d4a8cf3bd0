"""Masks: who may look where. True means "may look", as in `torch.nn.functional.scaled_dot_product_attention`.

`torch.nn.MultiheadAttention` means the opposite by True. A mask of ours has the axes [query key], or more in front, and
masks are combined with `&`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def causal_mask(time: int) -> Bool[Tensor, "query key"]:
    """Everybody may look at themselves and at what came before: the look-ahead mask of a decoder.

    ValueError when time is below 1.
    """
    if time < 1:
        raise ValueError(f"A causal mask needs 1 or more positions, not {time}.")
    return torch.ones(time, time, dtype=torch.bool).tril()


def padding_mask(lengths: Sequence[int], time: int) -> Bool[Tensor, "batch head=1 query=1 key"]:
    """Nobody may look at the padding behind a sequence. One length for each sequence of the batch, from 0 to time.

    The axes head and query have the size 1: the same holds for every head and for everybody who asks. ValueError for a
    length out of its range.
    """
    if wrong := [n for n in lengths if not 0 <= n <= time]:
        raise ValueError(f"A length must be from 0 to {time}, the time axis of the batch, not {wrong[0]}.")
    real = torch.arange(time) < torch.tensor(lengths)[:, None]  # [batch key]
    return real[:, None, None, :]  # [batch key] -> [batch head=1 query=1 key]


def seen_mask(ids: Int[Tensor, "batch time"], padding: int) -> Bool[Tensor, "batch head=1 query=1 key"]:
    """The same for padding that shows itself: nobody may look at a token with the id `padding`."""
    return (ids != padding)[:, None, None, :]  # [batch key] -> [batch head=1 query=1 key]
