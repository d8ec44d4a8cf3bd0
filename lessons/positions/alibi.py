"""ALiBi, attention with linear biases (Press, Smith and Lewis 2022): the farther a key, the lower its score.

    score(i, j) = q_i . k_j / sqrt(d_head)  -  m_h |i - j|

Every head h has a slope m_h of its own, and nothing is learned: a steep head sees its neighbourhood alone, a flat one
sees far. No position has a name, so nothing new happens where a text gets longer than those in training.

What differs from the paper: |i - j| in place of i - j, which is the same under a look-ahead mask.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.attention.multi_head import InnerPositions


def slopes(heads: int) -> Float[Tensor, "head"]:
    """The slope of each head: 2^(-8/n), 2^(-16/n), …, 2^-8 where the number of heads n is a power of two.

    For other numbers, as the paper's code does: those of the power of two below, then every second one of the power of
    two above. float64, on the CPU. ValueError for no head.
    """
    if heads < 1:
        raise ValueError(f"ALiBi needs 1 head or more, not {heads}.")
    below = 2 ** int(math.log2(heads))
    between = [2 ** (-8 * (2 * h + 1) / (2 * below)) for h in range(heads - below)]
    return torch.tensor(
        [2 ** (-8 * (h + 1) / below) for h in range(below)] + between, dtype=torch.float64, device="cpu"
    )


class Alibi(InnerPositions):
    """The penalty for distance. It learns nothing, and knows no longest text."""

    def __init__(self, heads: int):
        super().__init__()
        self.heads = heads
        slopes(heads)  # a wrong number shows now, not in the first forward pass

    def bias(
        self,
        query: Float[Tensor, "batch head query d_head"],
        key: Float[Tensor, "batch head key d_head"],
        first: int = 0,
    ) -> Float[Tensor, "#batch head query key"]:
        """-m_h |i - j|, the same for every sequence of the batch. Keys begin at position 0, queries at `first`."""
        i, j = (torch.arange(x.shape[-2], device=x.device) for x in (query, key))
        distance = (first + i[:, None] - j).abs()  # [query key]
        return -slopes(self.heads).to(query)[None, :, None, None] * distance  # [batch=1 head query key]
