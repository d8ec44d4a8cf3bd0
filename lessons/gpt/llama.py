"""The Llama family of decoders (Touvron et al. 2023), to which SmolLM2 belongs.

    x   = E[ids]
    x   = x + attention(norm(x))        in every block, and masked, so that nobody looks ahead
    x   = x + swiglu(norm(x))           in every block
    out = W_U norm(x)                   a score for every token to come next

norm is RMSNorm (Zhang and Sennrich 2019); SwiGLU is by Shazeer (2020). Positions enter as rotations of queries and
keys, and several heads share keys and values. There are no biases. Where `tied`, W_U is E itself.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.cache import Cache, LayerCache, past_mask
from lessons.attention.embedding import TokenEmbedding
from lessons.attention.multi_head import MultiHeadAttention
from lessons.core.linear import Linear, linear
from lessons.core.record import HookPoint, is_watched
from lessons.gpt.llama_step import through_blocks
from lessons.positions.rotary import Rotary


@dataclass(frozen=True)
class LlamaConfig:
    """Everything that says how a Llama is built. ValueError for a value out of its range."""

    vocab: int  # tokens
    d_model: int  # width of the vectors that run through
    layers: int  # blocks
    heads: int  # heads of queries in a layer
    key_value_heads: int  # heads of keys and values; it divides heads
    d_head: int  # width of a head, even: rotations take numbers in pairs
    d_ff: int  # width of the middle of the feed-forward part
    context: int  # tokens of the longest text
    rotary_base: float = 100_000.0  # the slowest pair turns once in about 2 pi base tokens
    norm_epsilon: float = 1e-5  # added to the mean square, so that 0 is not divided by 0
    tied: bool = True  # read and write tokens with the same table

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and value < 1:
                raise ValueError(f"{field.name} must be 1 or more, not {value}.")
        if self.heads % self.key_value_heads:
            raise ValueError(f"key_value_heads must divide the {self.heads} heads: {self.key_value_heads} does not.")
        if self.d_head % 2:
            raise ValueError(f"d_head must be even, for rotations take numbers in pairs, not {self.d_head}.")
        if not self.rotary_base > 1:
            raise ValueError(f"rotary_base must be above 1, not {self.rotary_base}.")
        if not 0 < self.norm_epsilon < 1:
            raise ValueError(f"norm_epsilon must be above 0 and below 1, not {self.norm_epsilon}.")


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + epsilon), times a learned gain for every number of the vector."""

    def __init__(self, d_model: int, epsilon: float):
        super().__init__()
        self.epsilon = epsilon
        self.gain = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        return self.gain * (x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.epsilon))


class SwiGLU(nn.Module):
    """W_down (silu(W_gate x) * W_up x): the gate says how much of each middle number passes. silu(z) = z sigma(z)."""

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        self.gate = Linear(d_model, d_ff, bias=False)
        self.up = Linear(d_model, d_ff, bias=False)
        self.down = Linear(d_ff, d_model, bias=False)

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class LlamaBlock(nn.Module):
    """Attention, then the feed-forward part, each added to what runs through. Mark: see_residual, the sum."""

    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.attention_norm = RMSNorm(config.d_model, config.norm_epsilon)
        self.attention = MultiHeadAttention(
            config.d_model,
            config.heads,
            config.d_head,
            config.key_value_heads,
            bias=False,
            positions=Rotary(config.d_head, config.rotary_base),
        )
        self.feed_forward_norm = RMSNorm(config.d_model, config.norm_epsilon)
        self.feed_forward = SwiGLU(config.d_model, config.d_ff)
        self.see_residual = HookPoint()

    def forward(
        self,
        x: Float[Tensor, "batch time d_model"],
        mask: Bool[Tensor, "..."] | None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        x = x + self.attention(self.attention_norm(x), mask=mask, cache=cache)
        return self.see_residual(x + self.feed_forward(self.feed_forward_norm(x)))


class Llama(nn.Module):
    """Tokens in, and after every token a score for each that could come next.

    Marks: see_residual, the embedded tokens, and those of every block and its attention.
    """

    tokenizer = None
    """Turns text into ids and back; weights of the zoo bring theirs."""

    def __init__(self, config: LlamaConfig):
        """Weights drawn from a normal distribution of deviation 0.02, gains 1."""
        super().__init__()
        self.config = config
        self.embed = TokenEmbedding(config.vocab, config.d_model, config.context)
        self.see_residual = HookPoint()
        self.blocks = nn.ModuleList(LlamaBlock(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.d_model, config.norm_epsilon)
        # A tied table is kept once, also in a file.
        self.register_parameter("W_U", None if config.tied else nn.Parameter(torch.empty(config.vocab, config.d_model)))
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.02)

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
        each text, in the cache or in `ids`, that are none: nobody looks at them. The angles of a rotation only matter
        by their differences, so positions need not be counted anew behind them.
        ValueError for an empty text, one longer than the context, or an id beyond the vocabulary.
        """
        x = self.see_residual(self.embed(ids))
        mask = past_mask(ids, self.config.context, mask, cache, padding)
        if cache is not None and not torch.is_grad_enabled() and not is_watched(self):
            return through_blocks(self, x, mask, cache)
        layers = [None] * len(self.blocks) if cache is None else cache.layers
        for block, layer in zip(self.blocks, layers, strict=True):
            x = block(x, mask, layer)
        return self.norm(x)

    def unembed(self, x: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        """A score for every token: how well the vector fits the token's row of W_U."""
        return linear(x, self.embed.weight if self.W_U is None else self.W_U)
