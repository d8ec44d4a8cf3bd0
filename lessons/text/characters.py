"""Characters as tokens: the smallest tokenizer there is.

    vocabulary = Characters.of(text)        # every character that is not too rare
    vocabulary.encode("Once")               # tensor of ids, one for each character
    vocabulary.read("Once “upon” a ☃")      # what the model reads: "Once “upon” a □"

A character that the vocabulary lacks is replaced, never refused: by its plain sibling where it has one (é by e, a
straight quotation mark by a curly one), and else by `UNKNOWN`, a symbol that stands for everything rare. A text keeps
its length, so that what a model sees at place t belongs to character t of what was typed.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

UNKNOWN = "□"
SIBLINGS = str.maketrans("\t\r\u00a0‘'`´„«»–—‐…", "   ’’’’““”---.")


@dataclass(frozen=True)
class Characters:
    """A vocabulary of characters. ValueError when a character stands in it twice or `UNKNOWN` is missing."""

    symbols: str  # the character with the id i is symbols[i]; the first is UNKNOWN

    def __post_init__(self) -> None:
        if not self.symbols.startswith(UNKNOWN) or len(set(self.symbols)) < len(self.symbols):
            raise ValueError(
                f"A vocabulary starts with {UNKNOWN} and holds no character twice, unlike {self.symbols!r}."
            )

    @classmethod
    def of(cls, text: str, least: int = 1) -> "Characters":
        """The characters that occur `least` times or more in `text`, in the order of their code points."""
        counts = Counter(text)
        return cls(UNKNOWN + "".join(sorted(c for c, n in counts.items() if n >= least and c != UNKNOWN)))

    def __len__(self) -> int:
        return len(self.symbols)

    def read(self, text: str) -> str:
        """The text as the model reads it: as long as `text`, and only of characters that the vocabulary holds."""
        known = set(self.symbols)
        text = text if '"' in known else curly(text)
        return "".join(c if c in known else self._sibling(c) for c in text)

    def encode(self, text: str) -> Int[Tensor, "time"]:
        """The ids of all characters, after `read`."""
        ids = {c: i for i, c in enumerate(self.symbols)}
        return torch.tensor([ids[c] for c in self.read(text)], dtype=torch.long)

    def decode(self, ids: Int[Tensor, "time"]) -> str:
        """The characters with these ids, from 0 to the size of the vocabulary - 1."""
        return "".join(self.symbols[i] for i in ids.tolist())

    def unknown(self, text: str) -> list[str]:
        """The different characters of `text` that are read as `UNKNOWN`, in the order in which they come."""
        pairs = zip(text, self.read(text), strict=True)
        return list(dict.fromkeys(typed for typed, read in pairs if read == UNKNOWN))

    def _sibling(self, character: str) -> str:
        for other in (character.translate(SIBLINGS), unicodedata.normalize("NFKD", character)[0]):
            if other in self.symbols:
                return other
        return UNKNOWN


def curly(text: str) -> str:
    """The text with each straight quotation mark turned into “ or ”: it closes what is open, and else opens."""
    inside, out = False, []
    for character in text:
        if character == '"':
            character = "”" if inside else "“"
        inside = {"“": True, "”": False}.get(character, inside)
        out.append(character)
    return "".join(out)
