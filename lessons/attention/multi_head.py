"""Multi-head attention (Vaswani et al. 2017, section 3.2.2), with the head as an axis you can point at.

    q_h = W_Q[h] x + b_Q[h]      k_h = W_K[h] s + b_K[h]      v_h = W_V[h] s + b_V[h]
    out = sum over h of  W_O[:, h] (softmax(q_h k_h^T / sqrt(d_head)) v_h)  + b_O

x are the vectors that ask and s those that are asked: the same in self-attention. The paper joins the heads and
multiplies with one large matrix; that is the same sum, with W_O cut into one block for each head. The axes lie in
memory as in the large matrix, so that the fast product needs no copy.

Two things that later models changed can be chosen. *Grouped queries* (Ainslie et al. 2023): several heads share one
head of keys and values. *Positions inside attention*: an `InnerPositions` turns queries and keys, or adds to scores.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from lessons.attention.cache import LayerCache
from lessons.attention.scaled_dot_product import attend_fast, scaled_scores, softmax_where
from lessons.core.linear import linear
from lessons.core.record import HookPoint, is_watched


class InnerPositions(nn.Module):
    """How positions enter inside an attention layer. This one lets nothing in; lesson 4 has those that do."""

    def turn(
        self, x: Float[Tensor, "batch head time d_head"], first: int = 0
    ) -> Float[Tensor, "batch head time d_head"]:
        """Queries or keys, changed according to where they stand: the first one at the position `first`."""
        return x

    def bias(
        self,
        query: Float[Tensor, "batch head query d_head"],
        key: Float[Tensor, "batch head key d_head"],
        first: int = 0,
    ) -> Float[Tensor, "#batch head query key"] | None:
        """What is added to the scaled scores; None for nothing. The first query stands at the position `first`."""
        return None

    @property
    def adds(self) -> bool:
        """Whether it has a bias of its own."""
        return type(self).bias is not InnerPositions.bias


class MultiHeadAttention(nn.Module):
    """Attention of several heads. Marks: see_query, see_key, see_value, see_scores, see_pattern, see_head.

    see_head is what each head found, before W_O: to put 0 there deletes the head.
    """

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_head: int | None = None,
        key_value_heads: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        positions: InnerPositions | None = None,
    ):
        """Weights drawn as Glorot and Bengio (2010) say, biases 0. ValueError for sizes that do not fit.

        d_head: left out, d_model / heads. key_value_heads: left out, as many as heads.
        dropout: part of the pattern's weights that is zeroed, in training only.
        """
        super().__init__()
        if (least := min(d_model, heads, 1 if d_head is None else d_head)) < 1:
            raise ValueError(f"d_model, heads and d_head must be 1 or more, not {least}.")
        if d_head is None and d_model % heads:
            raise ValueError(f"d_model must be a multiple of heads: {d_model} is none of {heads}. Or name d_head.")
        groups = heads if key_value_heads is None else key_value_heads
        if groups < 1 or heads % groups:
            raise ValueError(f"{heads} heads cannot share {groups} heads of keys and values: it must divide {heads}.")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 up to and without 1, not {dropout}.")
        d_head = d_model // heads if d_head is None else d_head
        self.heads, self.d_head, self.groups = heads, d_head, groups
        self.W_Q = nn.Parameter(torch.empty(heads, d_head, d_model))
        self.W_K = nn.Parameter(torch.empty(groups, d_head, d_model))
        self.W_V = nn.Parameter(torch.empty(groups, d_head, d_model))
        self.W_O = nn.Parameter(torch.empty(d_model, heads, d_head))
        for name, shape in {"b_Q": (heads, d_head), "b_K": (groups, d_head), "b_V": (groups, d_head)}.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)) if bias else None)
        self.register_parameter("b_O", nn.Parameter(torch.zeros(d_model)) if bias else None)
        for weight, count in ((self.W_Q, heads), (self.W_K, groups), (self.W_V, groups), (self.W_O, heads)):
            limit = math.sqrt(6 / (d_model + count * d_head))
            nn.init.uniform_(weight, -limit, limit)
        self.positions = InnerPositions() if positions is None else positions
        self.drop = nn.Dropout(dropout)
        self.see_query, self.see_key, self.see_value = HookPoint(), HookPoint(), HookPoint()
        self.see_scores, self.see_pattern, self.see_head = HookPoint(), HookPoint(), HookPoint()

    def forward(
        self,
        x: Float[Tensor, "batch query d_model"],
        source: Float[Tensor, "batch key d_model"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "batch query d_model"]:
        """What every position of x takes from the source; from x itself when there is none.

        mask: True where a query may look: [query key], or [batch head query key] with sizes of 1 where the same holds
        for all. ValueError for any other number of axes. The [batch key] of other libraries, which says where a text
        has ended, would be taken for [query key]: `padding_mask` makes the mask for that.
        cache: the keys and values of what came before x in the same text. It is asked, too, and those of x are put into
        it; the keys of a mask are then all of them. ValueError together with a source.
        """
        if mask is not None and mask.dim() not in (2, 4):
            raise ValueError(
                f"A mask has the axes [query key] or [batch head query key], not {mask.dim()} axes: "
                "padding_mask makes one for texts of different lengths."
            )
        if cache is not None and source is not None:
            raise ValueError("A cache holds what a text says of itself: with a source, leave it out.")
        source = x if source is None else source
        first = 0 if cache is None else cache.length
        query = self.see_query(self.positions.turn(_project(x, self.W_Q, self.b_Q), first))
        key = self.positions.turn(_project(source, self.W_K, self.b_K), first)
        value = _project(source, self.W_V, self.b_V)
        if cache is not None:
            key, value = cache.extend(key, value)
        readable, adds = is_watched(self) or (self.training and self.drop.p > 0), self.positions.adds
        if readable or adds:  # the fast kernel alone does without copies of shared keys
            key, value = self.see_key(self._shared(key)), self.see_value(self._shared(value))
        bias = self.positions.bias(query, key, first) if adds else None
        if readable:
            found = self._readable(query, key, value, bias, mask)
        else:
            found = attend_fast(query, key, value, _joined(bias, mask))
        found = self.see_head(found)
        joined = found.transpose(1, 2).flatten(2)  # [batch head query d_head] -> [batch query head*d_head]
        return linear(joined, self.W_O.flatten(1), self.b_O)

    def _readable(
        self,
        query: Float[Tensor, "batch head query d_head"],
        key: Float[Tensor, "batch head key d_head"],
        value: Float[Tensor, "batch head key d_head"],
        bias: Float[Tensor, "#batch head query key"] | None,
        mask: Bool[Tensor, "..."] | None,
    ) -> Float[Tensor, "batch head query d_head"]:
        scores = scaled_scores(query, key)
        scores = self.see_scores(scores if bias is None else scores + bias)
        pattern = self.see_pattern(softmax_where(scores, mask))
        return self.drop(pattern) @ value

    def _shared(self, x: Float[Tensor, "batch group time d_head"]) -> Float[Tensor, "batch head time d_head"]:
        """Each head of keys and values, once for every head of queries that shares it."""
        if self.groups == self.heads:
            return x
        return x.repeat_interleave(self.heads // self.groups, dim=1)  # [batch group time d_head] -> head


def _project(
    x: Float[Tensor, "batch time d_model"],
    weight: Float[Tensor, "head d_head d_model"],
    bias: Float[Tensor, "head d_head"] | None,
) -> Float[Tensor, "batch head time d_head"]:
    out = linear(x, weight.flatten(0, 1), None if bias is None else bias.flatten())  # [batch time head*d_head]
    return out.unflatten(-1, weight.shape[:2]).transpose(1, 2)  # [batch time head*d_head] -> [batch head time d_head]


def _joined(
    bias: Float[Tensor, "..."] | None, mask: Bool[Tensor, "..."] | None
) -> Float[Tensor, "..."] | Bool[Tensor, "..."] | None:
    """The bias with minus infinity where the mask says no, as the fused kernel takes it."""
    if bias is None or mask is None:
        return mask if bias is None else bias
    return bias.masked_fill(~mask, -math.inf)
