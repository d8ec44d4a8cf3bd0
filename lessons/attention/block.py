"""The blocks of the transformer (Vaswani et al. 2017, figure 1), with the three places of attention.

    encoder   x = add(x, attention(x))                                  everybody looks at everybody
              x = add(x, feed_forward(x))
    decoder   x = add(x, attention(x))                                  nobody looks ahead
              x = add(x, cross_attention(x, source))                    everybody looks at the encoder's output
              x = add(x, feed_forward(x))

add(x, part(x)) is norm(x + part(x)), as in the paper. With the norm first, as most later models have it (Xiong et al.
2020), it is x + part(norm(x)). norm is LayerNorm (Ba et al. 2016).

A decoder without an encoder to look at, as GPT is one, is made of encoder blocks with a causal mask. As in the paper,
dropout does not act in the middle of the feed-forward part; in `torch.nn.TransformerEncoderLayer` it does.
"""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import InnerPositions, MultiHeadAttention
from lessons.core.record import HookPoint

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
"""gelu is the exact one, x Phi(x) (Hendrycks and Gimpel 2016), not its approximation with tanh."""


class FeedForward(nn.Module):
    """down(activation(up(x))): each position for itself, through a wide middle (Vaswani et al. 2017, equation 2)."""

    def __init__(self, d_model: int, d_ff: int, activation: str = "relu"):
        """ValueError for an unknown activation or a middle without width."""
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"The activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}.")
        if d_ff < 1:
            raise ValueError(f"d_ff must be 1 or more, not {d_ff}.")
        self.activation = activation
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        return self.down(ACTIVATIONS[self.activation](self.up(x)))


class _Adding(nn.Module):
    """What both kinds of block share: how a part is added to what runs through. Mark: see_residual, what leaves."""

    def __init__(self, norm_first: bool, dropout: float):
        super().__init__()
        self.norm_first = norm_first
        self.drop = nn.Dropout(dropout)
        self.see_residual = HookPoint()

    def add(
        self, x: Float[Tensor, "batch time d_model"], part: Callable[[Tensor], Tensor], norm: nn.LayerNorm
    ) -> Float[Tensor, "batch time d_model"]:
        if self.norm_first:
            return x + self.drop(part(norm(x)))
        return norm(x + self.drop(part(x)))


class EncoderBlock(_Adding):
    """Self-attention, then feed-forward."""

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_ff: int,
        activation: str = "relu",
        norm_first: bool = False,
        norm_epsilon: float = 1e-5,
        dropout: float = 0.0,
        positions: InnerPositions | None = None,
    ):
        """activation: "relu" or "gelu". norm_epsilon: added to the variance. ValueError for sizes that do not fit.

        dropout: part that is zeroed of the pattern and of what is added to x, in training only.
        """
        super().__init__(norm_first, dropout)
        self.attention = MultiHeadAttention(d_model, heads, dropout=dropout, positions=positions)
        self.attention_norm = nn.LayerNorm(d_model, eps=norm_epsilon)
        self.feed_forward = FeedForward(d_model, d_ff, activation)
        self.feed_forward_norm = nn.LayerNorm(d_model, eps=norm_epsilon)

    def forward(
        self, x: Float[Tensor, "batch time d_model"], mask: Bool[Tensor, "..."] | None = None
    ) -> Float[Tensor, "batch time d_model"]:
        """mask: True where a query may look, as in `MultiHeadAttention`."""
        x = self.add(x, lambda x: self.attention(x, mask=mask), self.attention_norm)
        return self.see_residual(self.add(x, self.feed_forward, self.feed_forward_norm))


class DecoderBlock(_Adding):
    """Self-attention to the past, attention to what the encoder made of the source, then feed-forward."""

    def __init__(
        self,
        d_model: int,
        heads: int,
        d_ff: int,
        activation: str = "relu",
        norm_first: bool = False,
        norm_epsilon: float = 1e-5,
        dropout: float = 0.0,
    ):
        """The arguments are those of `EncoderBlock`."""
        super().__init__(norm_first, dropout)
        self.attention = MultiHeadAttention(d_model, heads, dropout=dropout)
        self.attention_norm = nn.LayerNorm(d_model, eps=norm_epsilon)
        self.cross_attention = MultiHeadAttention(d_model, heads, dropout=dropout)
        self.cross_attention_norm = nn.LayerNorm(d_model, eps=norm_epsilon)
        self.feed_forward = FeedForward(d_model, d_ff, activation)
        self.feed_forward_norm = nn.LayerNorm(d_model, eps=norm_epsilon)

    def forward(
        self,
        x: Float[Tensor, "batch time d_model"],
        source: Float[Tensor, "batch key d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        source_mask: Bool[Tensor, "..."] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """mask: where a query may look in x, of what came before it; source_mask: where in the source."""
        past = causal_mask(x.shape[1]).to(x.device)
        mask = past if mask is None else past & mask
        x = self.add(x, lambda x: self.attention(x, mask=mask), self.attention_norm)
        x = self.add(x, lambda x: self.cross_attention(x, source, source_mask), self.cross_attention_norm)
        return self.see_residual(self.add(x, self.feed_forward, self.feed_forward_norm))
