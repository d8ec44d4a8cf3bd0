"""A vocabulary for WordPiece, made from a text: begin with its characters and join what stands side by side most often.

    trained = train("low lower lowest newest", 40)
    trained.merges[0]       # Merge(first="l", second="##o", count=3): from now on "lo" is an entry
    trained.entries[-1]     # "newest", the last that was made
    tokenizer_of(trained.entries)

This is what the `tokenizers` library computes under the name of WordPiece: the merges of byte-pair encoding (Sennrich
et al. 2016), with ## before a piece that goes on with a word. Schuster and Nakajima (2012) chose otherwise, by how much
more likely a pair makes the text, and Google never published how it made BERT's vocabulary; courses often give the
shortest form of that, count(ab) / (count(a) · count(b)), which prefers pairs that are seldom seen apart.

The library numbers the ## characters as a hash table has them, another way in every run, and those numbers decide
between pairs that are equally frequent: its vocabularies of one text differ a little. Ours are numbered in the order of
their code points; where the library is made to start from that order, it finds the same entries.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from lessons.text import merging
from lessons.text.merging import joined, learned
from lessons.text.wordpiece import PREFIX, SIGNS, words

__all__ = ["Merge", "Trained", "alphabet", "joined", "split", "train"]


class Merge(merging.Merge):
    """One step of the training; the second piece begins with ##."""

    @property
    def piece(self) -> str:
        """What they became."""
        return self.first + self.second.removeprefix(PREFIX)


@dataclass(frozen=True)
class Trained:
    """A vocabulary, and how it came about."""

    entries: tuple[str, ...]  # in the order of their ids: the signs, the characters, and then one for every merge
    merges: tuple[Merge, ...]

    @property
    def vocabulary(self) -> dict[str, int]:
        """The id of every entry: what `wordpiece.encode` takes."""
        return {entry: i for i, entry in enumerate(self.entries)}


def alphabet(found: Collection[str]) -> list[str]:
    """The characters of these words in the order of their code points, then those that go on with a word, with ##."""
    return [
        *sorted({character for word in found for character in word}),
        *sorted({PREFIX + character for word in found for character in word[1:]}),
    ]


def split(word: str) -> list[str]:
    """A word in characters: "the" in t ##h ##e."""
    return [word[0], *(PREFIX + character for character in word[1:])]


def train(text: str, size: int, least: int = 1) -> Trained:
    """The vocabulary of `size` entries for a text, the signs included.

    A short text gives fewer: it ends when no pair stands side by side at least `least` times. Of pairs that are equally
    frequent comes first the one whose first entry is older, then whose second is. ValueError when the signs and the
    characters alone are more than `size`.
    """
    times = Counter(words(text))
    entries = [*SIGNS, *alphabet(times)]
    if len(entries) > size:
        raise ValueError(f"The signs and the characters alone are {len(entries)} entries, so there cannot be {size}.")
    ids = {entry: i for i, entry in enumerate(entries)}
    steps = learned(times, {word: split(word) for word in times}, ids, least, Merge)
    merges = []
    while len(ids) < size and (merge := next(steps, None)):  # two merges may make the same entry
        merges.append(merge)
    return Trained(tuple(ids), tuple(merges))
