"""The encoder of BERT (Devlin et al. 2019): blocks in which every token looks at every other, in both directions.

    x = norm(E[ids] + S[segments] + P[0, 1, 2, ...])        token, segment and learned position
    x = block(x)                                            as often as there are layers

The blocks are those of Vaswani et al. (2017), norm last, with the exact GELU. What differs from the libraries: the
pooler, one more layer on the first token, is left out. The heads that lesson 5 trains stand on top of this.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.block import EncoderBlock
from lessons.attention.embedding import TokenEmbedding
from lessons.attention.masks import padding_mask
from lessons.core.record import HookPoint


@dataclass(frozen=True)
class BertConfig:
    """Everything that says how an encoder is built. ValueError for a value out of its range."""

    vocab: int  # tokens
    d_model: int  # width of the vectors that run through, a multiple of heads
    layers: int  # blocks
    heads: int  # of each block; they share d_model
    d_ff: int  # width of the middle of the feed-forward part
    context: int = 512  # tokens of the longest text: as many positions have a vector
    segments: int = 2  # kinds of segment: the first and the second sentence
    norm_epsilon: float = 1e-12  # added to the variance, so that 0 is not divided by 0
    dropout: float = 0.0  # part that is zeroed of vectors and patterns, in training only

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and value < 1:
                raise ValueError(f"{field.name} must be 1 or more, not {value}.")
        if self.d_model % self.heads:
            raise ValueError(f"d_model must be a multiple of heads: {self.d_model} is none of {self.heads}.")
        if not 0 < self.norm_epsilon < 1:
            raise ValueError(f"norm_epsilon must be above 0 and below 1, not {self.norm_epsilon}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 up to and without 1, not {self.dropout}.")


class BertEncoder(nn.Module):
    """Tokens in, a vector for every token out. Marks: see_residual, the embedded tokens, and those of every block."""

    tokenizer = None
    """Turns text into ids and back; weights of the zoo bring theirs."""

    def __init__(self, config: BertConfig):
        """Weights drawn from a normal distribution of deviation 0.02, biases 0."""
        super().__init__()
        self.config = config
        self.embed = TokenEmbedding(config.vocab, config.d_model, config.context)
        self.segment = nn.Embedding(config.segments, config.d_model)
        self.position = nn.Embedding(config.context, config.d_model)
        self.norm = nn.LayerNorm(config.d_model, eps=config.norm_epsilon)
        self.drop = nn.Dropout(config.dropout)
        self.see_residual = HookPoint()
        self.blocks = nn.ModuleList(
            EncoderBlock(
                config.d_model,
                config.heads,
                config.d_ff,
                activation="gelu",
                norm_epsilon=config.norm_epsilon,
                dropout=config.dropout,
            )
            for _ in range(config.layers)
        )
        draw_as_bert(self)

    def forward(
        self,
        ids: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """What every token has become, seen together with all the others.

        segments: which sentence a token belongs to, from 0; left out, all to the first. mask: True where a query may
        look, as in `MultiHeadAttention`; `padding_mask(lengths, time)` for texts of different lengths. ValueError for
        an empty text, one longer than the context, or an id or a segment out of its range.
        """
        x = self.embed(ids)
        where = torch.arange(ids.shape[1], device=ids.device)
        if segments is None:
            segments = torch.zeros_like(ids)
        elif segments.numel():
            low, high = int(segments.min()), int(segments.max())
            if low < 0 or high >= self.config.segments:
                wrong = low if low < 0 else high
                raise ValueError(f"A segment must be from 0 to {self.config.segments - 1}, not {wrong}.")
        x = self.norm(x + self.segment(segments) + self.position(where))
        x = self.see_residual(self.drop(x))
        for block in self.blocks:
            x = block(x, mask)
        return x


def draw_as_bert(module: nn.Module) -> None:
    """Matrices from a normal distribution of deviation 0.02, biases 0, as BERT begins; gains of norms stay 1."""
    for name, weight in module.named_parameters():
        if is_bias(name):
            nn.init.zeros_(weight)
        elif weight.dim() > 1:
            nn.init.normal_(weight, std=0.02)


def is_bias(name: str) -> bool:
    """Whether the weight of this name is added. The biases of attention, b_Q and its like, may have two axes."""
    last = name.rpartition(".")[2]
    return last == "bias" or last.startswith("b_")


def sentence_vector(
    model: BertEncoder, ids: Int[Tensor, "batch time"], lengths: Sequence[int] | None = None
) -> Float[Tensor, "batch d_model"]:
    """One vector of length 1 for each text, as all-MiniLM makes it: the mean over its tokens, [CLS] and [SEP] included.

    The dot product of two is their similarity, the cosine, from -1 to 1 (Reimers and Gurevych 2019, "Sentence-BERT").
    lengths: the tokens of each text without the padding behind it, 1 or more; left out, there is no padding.
    """
    lengths = [ids.shape[1]] * len(ids) if lengths is None else lengths
    if min(lengths, default=1) < 1:
        raise ValueError(f"A text needs 1 token or more for a vector, not {min(lengths)}.")
    mask = padding_mask(lengths, ids.shape[1]).to(ids.device)
    real = mask[:, 0, 0, :, None]  # [batch head=1 query=1 key] -> [batch time d_model=1]
    x = model(ids, mask=mask)
    return F.normalize((x * real).sum(dim=1) / real.sum(dim=1), dim=-1)
