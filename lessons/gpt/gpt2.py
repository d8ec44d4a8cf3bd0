"""GPT-2 (Radford et al. 2019), the decoder that GPT-3 (Brown et al. 2020) only made larger.

    x   = E[ids] + P[0, 1, 2, ...]
    x   = x + attention(norm(x))        in every block, and masked, so that nobody looks ahead
    x   = x + feed_forward(norm(x))     in every block
    out = E norm(x)                     a score for every token to come next

norm is LayerNorm (Ba et al. 2016). It comes first; in the first GPT it came last, as in Vaswani et al. (2017).
Positions are learned, every layer has biases, and tokens are read and written with the same table.

What differs from GPT-3: in every second layer of that one, a token looks only at those nearby (Child et al. 2019).
"""

import math
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.cache import Cache, LayerCache, past_mask
from lessons.attention.embedding import TokenEmbedding
from lessons.attention.multi_head import MultiHeadAttention
from lessons.core.linear import Linear, linear
from lessons.core.record import HookPoint


@dataclass(frozen=True)
class GPT2Config:
    """Everything that says how a GPT-2 is built. ValueError for a value out of its range."""

    vocab: int  # tokens
    d_model: int  # width of the vectors that run through
    layers: int  # blocks
    heads: int  # of each block
    d_head: int  # width of a head; all together are as wide as d_model, but not in all of GPT-3
    d_ff: int  # width of the middle of the feed-forward part, 4 d_model in all that were published
    context: int = 1024  # tokens of the longest text: as many positions have a vector
    norm_epsilon: float = 1e-5  # added to the variance, so that 0 is not divided by 0
    dropout: float = 0.0  # part that is zeroed of vectors and patterns, in training only

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and value < 1:
                raise ValueError(f"{field.name} must be 1 or more, not {value}.")
        if not 0 < self.norm_epsilon < 1:
            raise ValueError(f"norm_epsilon must be above 0 and below 1, not {self.norm_epsilon}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 up to and without 1, not {self.dropout}.")


class FeedForward(nn.Module):
    """W_down gelu(W_up x + b_up) + b_down: each position for itself, through a wide middle.

    gelu(z) = z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))), close to z Phi(z) (Hendrycks and Gimpel 2016). BERT has
    the exact one; who trained with the approximation goes on with it.
    """

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        self.up = Linear(d_model, d_ff)
        self.down = Linear(d_ff, d_model)

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class GPT2Block(nn.Module):
    """Attention, then the feed-forward part, each added to what runs through. Mark: see_residual, the sum."""

    def __init__(self, config: GPT2Config):
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.attention = MultiHeadAttention(config.d_model, config.heads, config.d_head, dropout=config.dropout)
        self.feed_forward_norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.feed_forward = FeedForward(config.d_model, config.d_ff)
        self.drop = nn.Dropout(config.dropout)
        self.see_residual = HookPoint()

    def forward(
        self,
        x: Float[Tensor, "batch time d_model"],
        mask: Bool[Tensor, "..."] | None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        x = x + self.drop(self.attention(self.attention_norm(x), mask=mask, cache=cache))
        return self.see_residual(x + self.drop(self.feed_forward(self.feed_forward_norm(x))))


class GPT2(nn.Module):
    """Tokens in, and after every token a score for each that could come next.

    Marks: see_residual, the tokens with their positions, and those of every block and its attention.
    """

    tokenizer = None
    """Turns text into ids and back; weights of the zoo bring theirs."""

    def __init__(self, config: GPT2Config):
        """Weights drawn from a normal distribution of deviation 0.02, biases 0, gains 1.

        As in the paper, what is added to x in a layer is drawn smaller, by the root of the 2 layers additions.
        """
        super().__init__()
        self.config = config
        self.embed = TokenEmbedding(config.vocab, config.d_model, config.context)
        self.position = nn.Embedding(config.context, config.d_model)
        self.drop = nn.Dropout(config.dropout)
        self.see_residual = HookPoint()
        self.blocks = nn.ModuleList(GPT2Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        for name, weight in self.named_parameters():
            if name.rpartition(".")[2].startswith("b"):  # bias, b_Q, b_K, b_V, b_O
                nn.init.zeros_(weight)
            elif weight.dim() > 1:
                added = name.endswith(("attention.W_O", "feed_forward.down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * config.layers) if added else 0.02)

    def forward(
        self, ids: Int[Tensor, "batch time"], mask: Bool[Tensor, "..."] | None = None
    ) -> Float[Tensor, "batch time vocab"]:
        """The logits of the next token after every token: see `hidden` for the arguments and errors."""
        return self.unembed(self.hidden(ids, mask))

    def hidden(
        self,
        ids: Int[Tensor, "batch time"],
        mask: Bool[Tensor, "..."] | None = None,
        cache: Cache | None = None,
        padding: Int[Tensor, "batch"] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """What runs through after the last norm; the logits, far larger, are `unembed` of it.

        mask: of what came before it, True where a query may look, as in `MultiHeadAttention`. Padding behind a text
        needs none. cache: what came before `ids` in the same texts; they are put into it. padding: tokens in front of
        each text, in the cache or in `ids`, that are none: nobody looks at them, and positions are counted behind them.
        ValueError for an empty text, one longer than the context, or an id beyond the vocabulary.
        """
        tokens = self.embed(ids)
        mask = past_mask(ids, self.config.context, mask, cache, padding)
        before = 0 if cache is None else cache.length
        where = torch.arange(before, before + ids.shape[1], device=ids.device)
        if padding is not None:
            where = (where - padding.to(ids.device)[:, None]).clamp(min=0)  # [time] -> [batch time]
        x = self.see_residual(self.drop(tokens + self.position(where)))
        layers = [None] * len(self.blocks) if cache is None else cache.layers
        for block, layer in zip(self.blocks, layers, strict=True):
            x = block(x, mask, layer)
        return self.norm(x)

    def unembed(self, x: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        """A score for every token: how well the vector fits the token's row of E."""
        return linear(x, self.embed.weight)
