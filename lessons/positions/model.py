"""A small causal model of text, one character at a time, in which only the encoding of positions is chosen.

    x = E[character] (+ P[position])  ->  blocks of lesson 3 under a look-ahead mask  ->  P(next character)

The norm comes before each part of a block, and once more at the end, as in GPT-2.
"""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from lessons.attention.block import EncoderBlock
from lessons.attention.embedding import TokenEmbedding
from lessons.attention.masks import causal_mask
from lessons.positions.encodings import added_positions, check_encoding, inner_positions
from lessons.text.characters import Characters


@dataclass(frozen=True)
class PositionedConfig:
    """Everything that says how a model is built. ValueError for a value out of its range.

    The vocabulary and the sizes of the blocks are checked where they are made.
    """

    symbols: str  # the vocabulary, as in `Characters`
    encoding: str  # one of ENCODINGS
    d_model: int  # width of the vectors
    layers: int  # blocks
    heads: int  # of each block; they share d_model
    d_ff: int  # width of the middle of the feed-forward part
    context: int  # characters of a window in training: L. Learned positions end there
    dropout: float = 0.0  # part of the pattern, and of what each part adds, that is zeroed, in training only

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        for name in ("layers", "context"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}.")


class PositionedModel(nn.Module):
    """Says, after every character, how likely each character is to come next. The marks are those of its blocks."""

    def __init__(self, config: PositionedConfig):
        super().__init__()
        self.config = config
        self.vocabulary = Characters(config.symbols)
        self.embed = TokenEmbedding(len(self.vocabulary), config.d_model, None)
        self.added = added_positions(config.encoding, config.context, config.d_model)
        self.blocks = nn.ModuleList(
            EncoderBlock(
                config.d_model,
                config.heads,
                config.d_ff,
                activation="gelu",
                norm_first=True,
                dropout=config.dropout,
                positions=inner_positions(config.encoding, config.d_model, config.heads),
            )
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.d_model)
        self.unembed = nn.Linear(config.d_model, len(self.vocabulary))

    @property
    def longest(self) -> int | None:
        """How many characters the model can be asked about; None where there is no end."""
        return self.config.context if self.config.encoding == "learned" else None

    def forward(self, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        """The logits of the next character after every character.

        ValueError for an empty text, one beyond `longest`, or an id beyond the vocabulary.
        """
        time = ids.shape[1]
        x = self.embed(ids)  # [batch time d_model]
        if self.added is not None:
            x = x + self.added(time).to(x)
        mask = causal_mask(time).to(x.device)
        for block in self.blocks:
            x = block(x, mask)
        return self.unembed(self.norm(x))
