"""Similarities: how well a query fits a key. Attention needs one, and which one is a choice.

    dot          q·k                       Luong and others (2015), "dot"
    scaled dot   q·k / sqrt(d_head)        Vaswani and others (2017), equation 1
    cosine       q·k / (|q| |k|)           Graves and others (2014), equation 6: directions alone
    general      q·(W k)                   Luong and others (2015), "general": W is learned
    additive     v·tanh(W q + U k)         Bahdanau and others (2015): W, U and v are learned

All take [.. query d_head] and [.. key d_head] and give [.. query key], a score for every query with every key. What
differs from the papers: there the query and the key of the additive score may have different widths; here they share
d_head, so that each similarity can stand in the place of the others.
"""

import math
from collections.abc import Callable
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.scaled_dot_product import scaled_scores

Similarity = Callable[[Tensor, Tensor], Tensor]
"""Queries [.. query d_head] and keys [.. key d_head] to scores [.. query key]: a function, or a module that learns."""


def dot(
    query: Float[Tensor, "*batch query d_head"], key: Float[Tensor, "*batch key d_head"]
) -> Float[Tensor, "*batch query key"]:
    """The dot product: large where both point the same way, and the larger the longer they are."""
    return query @ key.transpose(-2, -1)


def cosine(
    query: Float[Tensor, "*batch query d_head"], key: Float[Tensor, "*batch key d_head"]
) -> Float[Tensor, "*batch query key"]:
    """The cosine of the angle between them, from -1 to 1. A vector of length 0 has no direction; its scores are 0."""
    return dot(F.normalize(query, dim=-1), F.normalize(key, dim=-1))


class General(nn.Module):
    """q·(W k): the matrix W says which entries of a key belong to which entries of a query. It starts near the dot."""

    def __init__(self, d_head: int):
        super().__init__()
        self.W = nn.Parameter(torch.eye(d_head) + 0.1 * torch.randn(d_head, d_head))

    def forward(
        self, query: Float[Tensor, "*batch query d_head"], key: Float[Tensor, "*batch key d_head"]
    ) -> Float[Tensor, "*batch query key"]:
        """The score of every query with every key."""
        return dot(query, key @ self.W.T)


class Additive(nn.Module):
    """v·tanh(W q + U k): a small network with one hidden layer, which can learn any similarity if it is wide enough."""

    def __init__(self, d_head: int, hidden: int = 16):
        """hidden: units of its layer. The weights start as small as their inputs are many, the usual way."""
        super().__init__()
        self.W = nn.Parameter(torch.randn(hidden, d_head) / math.sqrt(d_head))
        self.U = nn.Parameter(torch.randn(hidden, d_head) / math.sqrt(d_head))
        self.v = nn.Parameter(torch.randn(hidden) / math.sqrt(hidden))

    def forward(
        self, query: Float[Tensor, "*batch query d_head"], key: Float[Tensor, "*batch key d_head"]
    ) -> Float[Tensor, "*batch query key"]:
        """The score of every query with every key."""
        asked, there = query @ self.W.T, key @ self.U.T  # [.. query hidden], [.. key hidden]
        return (
            torch.tanh(asked[..., :, None, :] + there[..., None, :, :]) @ self.v
        )  # [.. query key hidden] -> query key


SIMILARITIES = MappingProxyType(
    {"dot": dot, "scaled_dot": scaled_scores, "cosine": cosine, "general": General, "additive": Additive}
)
"""By name. The first three are functions, the last two are classes of modules; `build` makes either ready to use."""
TITLES = MappingProxyType(
    {
        "dot": "dot product",
        "scaled_dot": "scaled dot product",
        "cosine": "cosine",
        "general": "general (learned)",
        "additive": "additive (learned)",
    }
)


def build(name: str, d_head: int) -> Similarity:
    """The named similarity for vectors of d_head numbers; weights, if it has any, are drawn from torch's global source.

    ValueError for an unknown name.
    """
    if name not in SIMILARITIES:
        raise ValueError(f"There is no similarity {name!r}: choose from {', '.join(SIMILARITIES)}.")
    found = SIMILARITIES[name]
    return found(d_head) if isinstance(found, type) else found
