"""Why the scores are divided by sqrt(d_head) (Vaswani and others 2017, section 3.2.1 and footnote 4).

The dot product of two vectors of independent standard normal numbers is a sum of d_head products, each of mean 0 and
variance 1: its variance is d_head, its standard deviation sqrt(d_head). The softmax over scores that lie so far apart
gives almost everything to one key, it is *saturated*, and almost no gradient comes back through it:

    J = d pattern / d scores = diag(p) - p p^T        which is 0 where one entry of p is 1

The paper argues; here it is measured on seeded samples. The size of J is its Frobenius norm. Its mean over samples is
carried by the few rows in which two keys are about equal; the median tells of a typical row.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from lessons.core.seed import generator

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""The d_head of a small toy up to several times that of a real model (64 to 128)."""


@dataclass(frozen=True)
class Saturation:
    """How far the scores spread, and how much the softmax takes of that for a decision, over all samples."""

    deviation: float  # standard deviation of the scores
    largest: float  # mean of the largest weight in a row, from 1/keys to 1
    entropy: float  # mean entropy of a row in nats, from 0 (one key) to ln(keys) (all alike)
    gradient: float  # mean size of the softmax's Jacobian
    typical_gradient: float  # its median


def dot_products(d_head: int, samples: int = 256, keys: int = 12, seed: int = 0) -> Float64[Tensor, "query key"]:
    """q·k for standard normal vectors: a row for each sample, with a query and keys of its own.

    Divided by sqrt(d_head) they are the scores of attention. ValueError when d_head, samples or keys are below 1.
    """
    if min(d_head, samples, keys) < 1:
        raise ValueError(f"d_head, samples and keys must be 1 or more, not {d_head}, {samples} and {keys}.")
    source = generator(seed)
    query = torch.randn(samples, 1, d_head, generator=source, dtype=torch.float64)
    key = torch.randn(samples, keys, d_head, generator=source, dtype=torch.float64)
    return (query @ key.transpose(1, 2)).squeeze(1)  # [query 1 key] -> [query key]


def softmax_jacobian(pattern: Float[Tensor, "*batch key"]) -> Float[Tensor, "*batch key key"]:
    """d pattern / d scores of a softmax, from its result. Row i says how weight i answers to every score.

    The entry p_i (1 - p_i) is added up from the other weights: 1 - p_i itself would be rounded to 0 for p_i near 1.
    """
    products = pattern[..., :, None] * pattern[..., None, :]  # [.. key key]
    others = products - torch.diag_embed(products.diagonal(dim1=-2, dim2=-1))
    return torch.diag_embed(others.sum(dim=-1)) - others


def entropy(pattern: Float[Tensor, "*batch key"]) -> Float[Tensor, "*batch"]:
    """Entropy of each row in nats. Its exponential is the number of keys that the weight is spread over."""
    return -torch.xlogy(pattern, pattern).sum(dim=-1)


def saturation(scores: Float[Tensor, "query key"]) -> Saturation:
    """Measure the softmax of these scores, a row for each sample."""
    pattern = scores.softmax(dim=-1)
    sizes = torch.linalg.matrix_norm(softmax_jacobian(pattern))  # [query key key] -> [query]
    return Saturation(
        deviation=scores.std().item(),
        largest=pattern.amax(dim=-1).mean().item(),
        entropy=entropy(pattern).mean().item(),
        gradient=sizes.mean().item(),
        typical_gradient=sizes.median().item(),
    )
