"""Scaled dot-product attention (Vaswani et al. 2017, equation 1).

    A = softmax(q k^T / sqrt(d_head))        out = A v

A, the pattern, has a row for every position that asks: how much of each value it takes. A mask puts minus infinity in
the place of a score before the softmax, so that its weight is exactly 0.

What differs from the paper: a row that may look nowhere. Its softmax would be 0/0. Here it takes nothing, its weights
and its output are 0, and no gradient is lost to a nan. The function of the same name in `torch.nn.functional` does so,
too.
"""

import math

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F


def scaled_scores(
    query: Float[Tensor, "*batch query d_head"], key: Float[Tensor, "*batch key d_head"]
) -> Float[Tensor, "*batch query key"]:
    """How well each query fits each key: the dot product over the root of its number of terms."""
    return query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


def softmax_where(
    scores: Float[Tensor, "*batch query key"], mask: Bool[Tensor, "..."] | None = None
) -> Float[Tensor, "*batch query key"]:
    """Softmax over the keys that may be looked at (True); 0 for the others, and for a whole row without any."""
    if mask is None:
        return scores.softmax(dim=-1)
    # The second filling is for a row that may look nowhere, 0/0 in the softmax. The first one stops its gradient.
    return scores.masked_fill(~mask, -math.inf).softmax(dim=-1).masked_fill(~mask, 0.0)


def attend(
    query: Float[Tensor, "*batch query d_head"],
    key: Float[Tensor, "*batch key d_head"],
    value: Float[Tensor, "*batch key d_head"],
    mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "*batch query d_head"], Float[Tensor, "*batch query key"]]:
    """The output and the pattern. The readable form: every number can be looked at.

    mask: True where a query may look; its axes end in [query key] and are stretched to those of the scores.
    """
    pattern = softmax_where(scaled_scores(query, key), mask)
    return pattern @ value, pattern


def attend_fast(
    query: Float[Tensor, "... query d_head"],
    key: Float[Tensor, "... key d_head"],
    value: Float[Tensor, "... key d_head"],
    mask: Bool[Tensor, "..."] | Float[Tensor, "..."] | None = None,
) -> Float[Tensor, "... query d_head"]:
    """The output alone, from torch's fused kernel: the same numbers without ever building the pattern.

    A mask of floats is added to the scaled scores: minus infinity where nobody may look. With the axes [batch head
    query d_head], keys and values may have fewer heads, each of which several heads of queries in a row share.
    """
    grouped = query.dim() == 4 and key.shape[1] != query.shape[1]
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=grouped)
