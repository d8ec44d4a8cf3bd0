"""What every head of a model looks at while it reads a text.

    reading = read(zoo.load("tales-llama"), "The king saw the fox, and the fox saw the king.")
    reading.patterns[2, 1]              # layer 2, head 1, both counted from 0: [query key]
    reading.scores["induction"]         # of every head: [layer head]

One forward pass, recorded: what is shown is what the model went on with. The model is any whose `blocks[i].attention`
is a `MultiHeadAttention`, with a tokenizer: our Llama, our BERT encoder.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from lessons.attention.head_scores import chance, score_table, separators_of
from lessons.core.modes import evaluating
from lessons.core.record import record
from lessons.text.tokenizer import Encoded

LONGEST = 128  # tokens; 30 layers of 9 heads then take 18 MB, at 512 tokens 283 MB
UNKNOWN = "[UNK]"
LONGEST_WORD = 40  # characters of a word in a message
NAMED = 5  # unknown words in a message; the strip shows them all


@dataclass(frozen=True, eq=False)
class HeadReading:
    """A text in tokens, and the pattern of every head over them."""

    tokens: list[str]  # for people, as `Tokenizer.encode` shows them
    spans: list[tuple[int, int]]  # first character of the token in the text, and the one after its last
    special: list[bool]  # whether it is a sign such as [CLS], and no text
    ids: Int[Tensor, "key"]
    patterns: Float[Tensor, "layer head query key"]  # float32; every row sums to 1
    note: str  # what of the text the model did not read as typed, in sentences; empty if nothing

    @property
    def separators(self) -> Bool[Tensor, "key"]:
        """The tokens that separate, see `separators_of`."""
        return separators_of(self.tokens, self.special)

    @cached_property
    def scores(self) -> dict[str, Float[Tensor, "layer head"]]:
        """What every head does, by the names in `head_scores.JOBS`; nan where this text cannot tell."""
        return score_table(self.patterns, self.ids, self.separators)

    @cached_property
    def chance(self) -> dict[str, float]:
        """What a head that looks everywhere alike would score on this text, by the same names."""
        return chance(self.patterns, self.ids, self.separators)


@torch.no_grad()
def read_heads(model: nn.Module, ids: Int[Tensor, "key"]) -> Float[Tensor, "layer head query key"]:
    """The pattern of every head while the model reads the tokens: after the softmax, in float32, without gradients.

    ValueError for no token, more than the model's context, or an id beyond its vocabulary.
    """
    names = [f"blocks.{layer}.attention.see_pattern" for layer in range(model.config.layers)]
    forward = getattr(model, "hidden", model)  # spares a decoder its logits, which nobody looks at here
    with evaluating(model), record(model, only=names) as seen:
        forward(ids[None].to(next(model.parameters()).device))
    return torch.cat([seen[name].float().cpu() for name in names])  # layer * [batch=1 head query key] -> layer


def read(model: nn.Module, text: str, longest: int = LONGEST) -> HeadReading:
    """What every head looks at in a text. ValueError for a text without two tokens, or without any text but signs.

    longest: as many tokens are read at most, signs such as [SEP] included; never more than the model's context.
    """
    encoded, note = encode(model, text, longest)
    ids = torch.tensor(encoded.ids)
    return HeadReading(encoded.tokens, encoded.spans, encoded.special, ids, read_heads(model, ids), note)


def encode(model: nn.Module, text: str, longest: int = LONGEST) -> tuple[Encoded, str]:
    """The text in the model's tokens, cut where it is too long, and what there is to say about it: see `read`."""
    longest = min(longest, model.config.context)
    if longest < 3:
        raise ValueError(f"To look at each other, tokens must be at least 3 with the signs around them, not {longest}.")
    whole = model.tokenizer.encode(text)
    encoded = _cut(whole, longest)
    words = [token.strip() for token, sign in zip(encoded.tokens, encoded.special, strict=True) if not sign]
    if not text.strip() or not any(words):
        raise ValueError("There is no text to read: type a sentence.")
    if len(whole) < 2:
        raise ValueError(f"{text.strip()!r} is a single token, with no other to look at: type a sentence.")
    notes = []
    if len(encoded) < len(whole):
        last = _short(next(word for word in reversed(words) if word))
        notes.append(f"The text has {len(whole):,} tokens; read are the {longest:,} up to “{last}”.")
    spans = zip(encoded.tokens, encoded.spans, strict=True)
    unknown = list(dict.fromkeys(_short(text[start:end]) for token, (start, end) in spans if token == UNKNOWN))
    if unknown:
        names = ", ".join(unknown[:NAMED]) + ", …" * (len(unknown) > NAMED)
        notes.append(f"The model does not know {names}, and reads {UNKNOWN} there.")
    return encoded, " ".join(notes)


def _short(word: str) -> str:
    """A word as a message has room for it."""
    return word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…"


def _cut(encoded: Encoded, longest: int) -> Encoded:
    """The first tokens, and the signs that the tokenizer puts at the end, as [SEP]. A sign that was typed is text."""
    size = len(encoded)
    if size <= longest:
        return encoded
    added = [sign and span == (0, 0) for sign, span in zip(encoded.special, encoded.spans, strict=True)]
    tail = added[::-1].index(False)
    kept = [*range(longest - tail), *range(size - tail, size)]
    return Encoded(
        *([values[i] for i in kept] for values in (encoded.ids, encoded.tokens, encoded.spans, encoded.special))
    )
