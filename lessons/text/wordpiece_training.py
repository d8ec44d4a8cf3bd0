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

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from lessons.text.wordpiece import PREFIX, SIGNS, words

Pair = tuple[str, str]


@dataclass(frozen=True)
class Merge:
    """One step of the training: two entries that were joined wherever they stood side by side."""

    first: str
    second: str  # begins with ##
    count: int  # how often they stood side by side

    @property
    def entry(self) -> str:
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


def joined(written: list[str], merge: Merge) -> list[str]:
    """A word after the merge, from left to right: of three equal pieces the first two are joined."""
    out = []
    for piece in written:
        if out and out[-1] == merge.first and piece == merge.second:
            out[-1] = merge.entry
        else:
            out.append(piece)
    return out


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
    written = {word: split(word) for word in times}
    pairs: Counter[Pair] = Counter()  # how often they stand side by side
    places: defaultdict[Pair, set[str]] = defaultdict(set)  # the words in which they do, or did

    def count(word: str, change: int) -> None:
        for pair in pairwise(written[word]):
            pairs[pair] += change
            places[pair].add(word)

    for word, n in times.items():
        count(word, n)
    merges = []
    while len(ids) < size and pairs:
        most = max(pairs.values())
        if most < max(least, 1):
            break
        equal = [pair for pair, n in pairs.items() if n == most]
        merge = Merge(*min(equal, key=lambda pair: (ids[pair[0]], ids[pair[1]])), most)
        merges.append(merge)
        ids.setdefault(merge.entry, len(ids))
        for word in places.pop((merge.first, merge.second)):
            count(word, -times[word])
            written[word] = joined(written[word], merge)
            count(word, times[word])
    return Trained(tuple(ids), tuple(merges))
