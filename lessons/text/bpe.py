"""Byte-level byte-pair encoding by hand, as GPT-2 reads (Sennrich et al. 2016; Radford et al. 2019, section 2.2).

    merges = train(TALE, 500)                       # lessons.text.bpe_training
    words("She's 42, a café")                       # ["She", "'s", " 42", ",", " a", " café"]
    in_bytes(" café")                               # "ĠcafÃ©", a letter for every byte
    pieces_of(" thinking", merges)                  # ["Ġth", "in", "k", "ing"]
    vocabulary = Vocabulary(merges)
    vocabulary.decode(vocabulary.encode("🙂"))      # "🙂": whatever you type, it comes back

Read it from top to bottom: `words` cuts a text, `in_bytes` writes a word in bytes, `pieces_of` joins bytes to pieces in
the order in which the training did, and `Vocabulary` gives every piece a number.

A byte that has no picture of its own, such as a space or a part of an é, is written as a letter of another alphabet:
Ġ is a space, and Ċ ends a line.

It equals the `tokenizers` library. The code that was published with GPT-2 differs in one place: it joins a pair
wherever it stands, and then looks for the next one, where we, as the library, look again after every step. That matters
only in words of odd repetitions. What is a letter or a number your Python knows from its Unicode tables; those of the
library may be older or younger, so that the two can disagree in rare characters of the last years.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from unicodedata import category

from lessons.text.merging import Pair
from lessons.text.tokenizer import BYTES, SURROGATES, Tokenizer

END = "<|endoftext|>"  # the sign between two texts, also where it is typed
LETTERS = {byte: letter for letter, byte in BYTES.items()}

WORD = re.compile(
    r"""
      '(?:s|t|re|ve|m|ll|d)      # the end of she's, don't, we're, I've, I'm, he'll, you'd
    | [ ]?[A-Za-z]+              # letters, with the space before them
    | [ ]?[0-9]+                 # digits, the same way
    | [ ]?[^\sA-Za-z0-9]+        # all the rest, the same way
    | \s+(?!\S)                  # whitespace, but for its last character where a word follows: a space belongs to it
    | \s+
    """,
    re.VERBOSE | re.ASCII,
)
"""GPT-2's pattern, for a text in which `kind` has put characters of ASCII for all others."""


def kind(character: str) -> str:
    """A character of ASCII that `WORD` treats alike: "a" for é and 中, "0" for ½, "." for an emoji and for accents."""
    if character.isascii():
        return character
    if character.isspace():
        return "\n"
    return {"L": "a", "N": "0"}.get(category(character)[0], ".")


def words(text: str) -> list[str]:
    """The text cut into words. Nothing is lost: joined they are the text, and most begin with a space."""
    return [text[found.start() : found.end()] for found in WORD.finditer("".join(map(kind, text)))]


def in_bytes(word: str) -> str:
    """The word in UTF-8, a letter for every byte. Half a surrogate pair is read as �."""
    return "".join(LETTERS[byte] for byte in SURROGATES.sub("\ufffd", word).encode("utf-8"))


def pieces_of(word: str, merges: Sequence[tuple]) -> list[str]:
    """The word in pieces: of all neighbours that may be joined, join those whose merge is the oldest, and look again.

    word: as it is typed, with the space before it. merges: as `train` gives them, or pairs of pieces, the oldest first.
    """
    return _joined(word, _ranks(merges))


def _ranks(merges: Iterable[tuple]) -> dict[Pair, int]:
    """How old each merge is: 0 for the first."""
    return {(first, second): rank for rank, (first, second, *_) in enumerate(merges)}


def _joined(word: str, ranks: Mapping[Pair, int]) -> list[str]:
    """`pieces_of`, with the ranks looked up once for many words."""
    pieces = list(in_bytes(word))
    while len(pieces) > 1:
        found = [ranks.get(pair, math.inf) for pair in pairwise(pieces)]
        oldest = min(found)
        if oldest == math.inf:
            break
        place = found.index(oldest)  # the leftmost
        pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
    return pieces


class Vocabulary:
    """All pieces, numbered as GPT-2's are: the 256 bytes, what each merge made, and `END`."""

    def __init__(self, merges: Sequence[tuple]):
        """merges: as for `pieces_of`. ValueError for one that joins a piece that is not there yet."""
        self.merges = tuple(merges)
        self._ranks = _ranks(merges)
        found = dict.fromkeys(BYTES)
        for pair in self._ranks:
            if missing := [piece for piece in pair if piece not in found]:
                raise ValueError(f"No merge has made {missing[0]!r} yet, so {pair} cannot be joined.")
            found["".join(pair)] = None  # two merges may make the same piece
        self.entries = (*found, END)
        """Every piece, in the order of the ids."""
        self.ids = {entry: i for i, entry in enumerate(self.entries)}

    def __len__(self) -> int:
        return len(self.entries)

    def tokens(self, text: str) -> list[str]:
        """The text in pieces, in the letters of bytes: "Ġthe". `END` is that sign where it is typed exactly so."""
        parts = [part for part in re.split(f"({re.escape(END)})", text) if part]
        cut = [(part,) if part == END else words(part) for part in parts]
        known = {word: _joined(word, self._ranks) for part in cut for word in part}
        known[END] = [END]
        return [piece for part in cut for word in part for piece in known[word]]

    def encode(self, text: str) -> list[int]:
        """The text in ids; no text is unknown, and no sign is added."""
        return [self.ids[token] for token in self.tokens(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of these ids; � for bytes that are no whole character. ValueError for an id that there is not."""
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"There is no token {i}: they are numbered from 0 to {len(self) - 1}.")
        written = "".join(self.entries[i] for i in ids)
        return bytes(BYTES[letter] for letter in written).decode("utf-8", "replace")


def tokenizer_of(merges: Sequence[tuple]) -> Tokenizer:
    """The tokenizer that writes texts as `Vocabulary(merges).encode` does, for a model of ours. ValueError likewise."""
    vocabulary = Vocabulary(merges)
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, pre_tokenizers

    library = Library(models.BPE(vocabulary.ids, [(first, second) for first, second, *_ in merges]))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens([END])
    return Tokenizer.from_json(library.to_str())
