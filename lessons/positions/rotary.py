"""Rotary positions (Su et al. 2021, "RoFormer", section 3.2): queries and keys are turned by their place.

The d_head numbers of a query or key are taken as d_head / 2 arrows in the plane. At position p the arrow i is turned by
the angle p theta_i, with theta_i = base^(-2i / d_head): the first arrow fast, the last one hardly at all.

    (a, b)  ->  (a cos - b sin,  a sin + b cos)

A dot product of two arrows depends on the angle between them alone, so the score of a query at p and a key at q depends
on p - q. Nothing is learned, and the values are not turned.

Which two numbers make an arrow? Two *pairings* are in use, and weights of one are nonsense in the other:
- "neighbours": 2i with 2i + 1. The paper, GPT-J, and llama.cpp's files of Llama.
- "halves": i with i + d_head / 2. GPT-NeoX, and Llama in transformers.
`halves_order` carries one into the other. What differs from the libraries: angles are computed in float64 and rounded
once; transformers computes them in float32.
"""

import math
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lessons.attention.multi_head import InnerPositions
from lessons.positions.sinusoidal import BASE, frequencies

PAIRINGS = ("halves", "neighbours")


def angles(positions: Int[Tensor, "time"], d_head: int, base: float = BASE) -> Float[Tensor, "time {d_head}//2"]:
    """By how much each arrow is turned at each position, in radians: float64, on the CPU.

    ValueError when d_head is odd or below 2, or base is not above 0 and finite.
    """
    _check(d_head, base)
    return positions.cpu().double()[:, None] * frequencies(d_head, base)  # [time] -> [time d_head/2]


def rotate(
    x: Float[Tensor, "*batch time d_head"],
    positions: Int[Tensor, "time"],
    base: float = BASE,
    pairing: str = "halves",
) -> Float[Tensor, "*batch time d_head"]:
    """Every vector of x, turned as its position says. The length of a vector stays as it is. ValueError."""
    _check(x.shape[-1], base, pairing)
    return _turned(x, *_factors(positions, x.shape[-1], base, pairing, x.dtype, x.device), pairing)


def _factors(
    positions: Int[Tensor, "time"], d_head: int, base: float, pairing: str, dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "time d_head"], Float[Tensor, "time d_head"]]:
    """What every number is multiplied with, and what the other number of its arrow: cos for both, and -sin or sin."""
    angle = angles(positions, d_head, base)
    cos, sin = torch.stack([angle.cos()] * 2), torch.stack([-angle.sin(), angle.sin()])  # [2 time d_head/2]
    if pairing == "halves":
        wide = (factor.transpose(0, 1).flatten(1) for factor in (cos, sin))  # -> [time 2*d_head/2]
    else:
        wide = (factor.permute(1, 2, 0).flatten(1) for factor in (cos, sin))  # -> [time d_head/2*2]
    return tuple(factor.to(device, dtype) for factor in wide)


def _turned(
    x: Float[Tensor, "*batch time d_head"],
    by_itself: Float[Tensor, "time d_head"],
    by_other: Float[Tensor, "time d_head"],
    pairing: str,
) -> Float[Tensor, "*batch time d_head"]:
    halves = pairing == "halves"  # (a, b) -> (b, a), with both pairings
    other = x.roll(x.shape[-1] // 2, dims=-1) if halves else x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    return x * by_itself + other * by_other


def halves_order(d_head: int) -> Int[Tensor, "d_head"]:
    """Where each number of the pairing "halves" stands in the pairing "neighbours": 0, 2, 4, …, 1, 3, 5, …

    `rotate(x, pairing="neighbours")[..., order]` is `rotate(x[..., order], pairing="halves")`. So the rows of W_Q and
    W_K, put in this order, make a model of one pairing out of a model of the other.
    """
    return torch.cat([torch.arange(0, d_head, 2), torch.arange(1, d_head, 2)])


class Rotary(InnerPositions):
    """Queries and keys are turned, in every layer. It learns nothing, and knows no longest text."""

    def __init__(self, d_head: int, base: float = BASE, pairing: str = "halves"):
        """ValueError for an odd d_head, a base that is not above 0 and finite, or an unknown pairing."""
        super().__init__()
        _check(d_head, base, pairing)
        self.base, self.pairing = base, pairing

    def turn(
        self, x: Float[Tensor, "batch head time d_head"], first: int = 0
    ) -> Float[Tensor, "batch head time d_head"]:
        """Queries or keys, the first of which stands at the position `first`."""
        factors = _factors_from(first, x.shape[-2], x.shape[-1], self.base, self.pairing, x.dtype, x.device)
        return _turned(x, *factors, self.pairing)


@lru_cache(maxsize=8)
def _factors_from(
    first: int, time: int, d_head: int, base: float, pairing: str, dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "time d_head"], Float[Tensor, "time d_head"]]:
    """For the positions from `first` on: kept, for every layer of a model asks for the same ones."""
    room = max(64, 1 << (first + time - 1).bit_length())
    by_itself, by_other = _factors_up_to(room, d_head, base, pairing, dtype, device)
    return by_itself[first : first + time], by_other[first : first + time]


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # what is kept may be asked for again in training
def _factors_up_to(
    room: int, d_head: int, base: float, pairing: str, dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "time d_head"], Float[Tensor, "time d_head"]]:
    return _factors(torch.arange(room, device="cpu"), d_head, base, pairing, dtype, device)


def _check(d_head: int, base: float, pairing: str = "halves") -> None:
    if d_head < 2 or d_head % 2:
        raise ValueError(f"Rotary positions turn pairs of numbers, so d_head must be even and 2 or more, not {d_head}.")
    if not (base > 0 and math.isfinite(base)):
        raise ValueError(f"The base of the angles must be above 0 and finite, not {base}.")
    if pairing not in PAIRINGS:
        raise ValueError(f"The pairing must be one of {', '.join(PAIRINGS)}, not {pairing!r}.")
