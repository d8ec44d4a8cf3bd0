"""Sinusoidal positions (Vaswani et al. 2017, section 3.5): a wave for every pair of dimensions, added to the embedding.

    PE[pos, 2i] = sin(w_i pos)      PE[pos, 2i+1] = cos(w_i pos)      w_i = base^(-2i / d_model)

Sine and cosine of one wave are neighbours. The first wave has a length of 2 pi positions, each next one is longer, and
the last comes near base * 2 pi. Nothing is learned, and there is a vector for every position, however far.

Two things follow, and both are functions below. A step of k positions is the same linear map wherever it starts:
PE[pos + k] = M_k PE[pos]. And the dot product of two positions depends on their distance alone, as a sum of waves.

Everything is computed in float64 and rounded once: sin(w pos) of a large pos is the sine of a large number.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

BASE = 10000.0


def sinusoidal(
    length: int, d_model: int, base: float = BASE, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "time d_model"]:
    """The vectors of the positions 0 to length - 1, one in each row. On the CPU.

    ValueError for a length below 1, an odd d_model, or a base that is not above 0.
    """
    if length < 1:
        raise ValueError(f"A table of positions needs a length of 1 or more, not {length}.")
    return sinusoids(torch.arange(length, device="cpu"), d_model, base, dtype)


def sinusoids(
    positions: Int[Tensor, "time"], d_model: int, base: float = BASE, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "time d_model"]:
    """The vectors of any positions, negative ones as well. On the CPU. ValueError as above."""
    angle = positions.cpu().double()[:, None] * frequencies(d_model, base)  # [time] -> [time d_model/2]
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1).to(dtype)  # [time d_model/2 2] -> [time d_model]


def frequencies(d_model: int, base: float = BASE) -> Float[Tensor, "{d_model}//2"]:
    """w_i of every wave, in radians a position, from 1 downwards: float64. ValueError as above."""
    if d_model < 2 or d_model % 2:
        raise ValueError(f"A wave fills a pair of dimensions, so d_model must be even and 2 or more, not {d_model}.")
    if not (base > 0 and math.isfinite(base)):
        raise ValueError(f"The base of the wavelengths must be above 0 and finite, not {base}.")
    return base ** (-torch.arange(0, d_model, 2, dtype=torch.float64, device="cpu") / d_model)  # [d_model/2]


def wavelengths(d_model: int, base: float = BASE) -> Float[Tensor, "{d_model}//2"]:
    """After how many positions each wave begins again: 2 pi / w_i, the shortest first, float64. ValueError as above."""
    return 2 * math.pi / frequencies(d_model, base)


def shift_matrix(
    offset: int, d_model: int, base: float = BASE, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "d_model d_model"]:
    """M with PE[pos + offset] = M PE[pos] for every pos, whatever the sign of the offset. ValueError as above.

    Each wave has a block of 2 x 2 on the diagonal, which turns its pair by the angle w_i offset.
    """
    angle = frequencies(d_model, base) * offset
    sin, cos = angle.sin(), angle.cos()
    # sin(a + b) = cos(b) sin(a) + sin(b) cos(a)      cos(a + b) = -sin(b) sin(a) + cos(b) cos(a)
    blocks = torch.stack([torch.stack([cos, sin], dim=-1), torch.stack([-sin, cos], dim=-1)], dim=-2)  # [d_model/2 2 2]
    return torch.block_diag(*blocks).to(dtype)


def dot_products(distances: Int[Tensor, "time"], d_model: int, base: float = BASE) -> Float[Tensor, "time"]:
    """PE[pos] . PE[pos + distance], which is the same for every pos: the sum of cos(w_i distance). float64.

    At the distance 0 it is d_model / 2, its largest value. ValueError as above.
    """
    waves = distances.cpu().double()[:, None] * frequencies(d_model, base)  # [time] -> [time d_model/2]
    return waves.cos().sum(dim=1)


class SinusoidalPositions(nn.Module):
    """The table as a part of a model: it learns nothing, and knows no longest text."""

    def __init__(self, d_model: int, base: float = BASE):
        """ValueError as above."""
        super().__init__()
        frequencies(d_model, base)  # what is wrong shows now, not in the first forward pass
        self.d_model, self.base = d_model, base

    def forward(self, time: int) -> Float[Tensor, "{time} d_model"]:
        """The vectors of the first `time` positions: float64, to be rounded to what they are added to."""
        return sinusoidal(time, self.d_model, self.base, torch.float64)
