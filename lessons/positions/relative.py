"""Relative positions (Transformer-XL: Dai et al. 2019, section 3.3): a score knows how far the key is from the query.

    score(i, j) = ( q_i . k_j  +  q_i . W_R r_(i-j)  +  u . k_j  +  v . W_R r_(i-j) ) / sqrt(d_head)

Four terms: content to content; content to distance; how much this key is wanted by all; how much this distance is
wanted by all. r is the sinusoidal vector of a distance, W_R, u and v are learned. The first term is attention's own;
the other three are what `bias` adds.

The dot products with r come out with a column for every distance, but attention wants a column for every key. In
row i the distance 0 belongs under key i: each row must move by another amount. `relative_shift` does so without any
index, by a pad and a reshape (Music Transformer: Huang et al. 2018, section 3.4.1).

What differs from the paper: distances of both signs, so that it is right without a look-ahead mask, too; u, v and W_R
are each layer's own; the sines and cosines of r are neighbours.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.multi_head import InnerPositions
from lessons.positions.sinusoidal import frequencies, sinusoids


def relative_shift(x: Float[Tensor, "*batch query key"]) -> Float[Tensor, "*batch query key"]:
    """Row i of `query` rows, moved to the left by query - 1 - i places.

    With a column for each of the distances query - 1, …, 1, 0 (and below 0) the column j of the result is the distance
    i - j. What stands to the right of the moved row is the start of the next row and means nothing. With square x, so
    with distances from 0 up, that is all above the diagonal, which a look-ahead mask hides.
    """
    query, columns = x.shape[-2:]
    padded = F.pad(x, (1, 0)).flatten(-2)  # [*batch query columns] -> [*batch query*(columns+1)]
    return padded[..., query:].unflatten(-1, (query, columns))  # -> [*batch query columns]


class RelativePositions(InnerPositions):
    """The last three terms, for every head of one attention layer. It knows no longest text."""

    def __init__(self, d_model: int, heads: int, d_head: int | None = None):
        """W_R as Glorot and Bengio (2010) say; u and v begin at 0. d_head: left out, d_model / heads. ValueError."""
        super().__init__()
        if d_head is None and d_model % heads:
            raise ValueError(f"d_model must be a multiple of heads: {d_model} is none of {heads}. Or name d_head.")
        d_head = d_model // heads if d_head is None else d_head
        self.W_R = nn.Parameter(torch.empty(heads, d_head, d_model))
        self.u = nn.Parameter(torch.zeros(heads, d_head))
        self.v = nn.Parameter(torch.zeros(heads, d_head))
        limit = math.sqrt(6 / (d_model + heads * d_head))
        nn.init.uniform_(self.W_R, -limit, limit)
        frequencies(d_model)  # an odd d_model shows now, not in the first forward pass

    def bias(
        self,
        query: Float[Tensor, "batch head query d_head"],
        key: Float[Tensor, "batch head key d_head"],
        first: int = 0,
    ) -> Float[Tensor, "#batch head query key"]:
        """The three terms that positions add to the scaled scores. Keys begin at position 0, queries at `first`."""
        queries, keys = query.shape[-2], key.shape[-2]
        # [query+key-1], the distance i - j from large to small
        distances = torch.arange(first + queries - 1, first - keys, -1)
        r = sinusoids(distances, self.W_R.shape[-1], dtype=torch.float64).to(query)  # [query+key-1 d_model]
        r = r @ self.W_R.transpose(-2, -1)  # -> [head query+key-1 d_head]
        by_distance = (query + self.v[:, None]) @ r.transpose(-2, -1)  # [batch head query query+key-1]
        wanted = self.u[:, None] @ key.transpose(-2, -1)  # [batch head 1 key]
        return (relative_shift(by_distance)[..., :keys] + wanted) / math.sqrt(query.shape[-1])
