"""The merges of byte-pair encoding, learned from a text: join what stands side by side most often, again and again.

    merges = train("low lower lowest newest", 40)
    merges[0]                       # Merge(first="l", second="o", count=3): from now on "lo" is one piece
    merges[0].piece                 # "lo"
    pieces_of(" slower", merges)    # lessons.text.bpe: ["Ġ", "s", "lo", "wer"]

Sennrich et al. (2016) brought this from the compression of files (Gage 1994) to words that are written in characters;
Radford et al. (2019) write them in bytes. Words are those of `bpe.words`, and nothing is ever joined across their ends.
It finds the merges of the `tokenizers` library, in their order.
"""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import NamedTuple

from lessons.text.bpe import BYTES, Pair, in_bytes, words


class Merge(NamedTuple):
    """One step of the training: two pieces that were joined wherever they stood side by side."""

    first: str
    second: str
    count: int  # how often they stood side by side

    @property
    def piece(self) -> str:
        """What they became."""
        return self.first + self.second


def joined(written: list[str], merge: Merge) -> list[str]:
    """A word after the merge, from left to right: of three equal pieces the first two are joined."""
    out = []
    for piece in written:
        if out and out[-1] == merge.first and piece == merge.second:
            out[-1] = merge.piece
        else:
            out.append(piece)
    return out


def train(text: str, merges: int, least: int = 1) -> tuple[Merge, ...]:
    """The merges of a text in the order in which they were made, which is that in which a new word is joined.

    merges: how many. A short text gives fewer: it ends when no pair stands side by side at least `least` times. Of
    pairs that are equally frequent comes first the one whose first piece is older, then whose second is; of bytes, the
    one whose letter has the smaller code. ValueError for a negative number of merges.
    """
    if merges < 0:
        raise ValueError(f"There are 0 merges or more, not {merges}.")
    times = Counter(map(in_bytes, words(text)))
    age = {letter: i for i, letter in enumerate(BYTES)}
    written = {word: list(word) for word in times}
    pairs: Counter[Pair] = Counter()  # how often they stand side by side
    places: defaultdict[Pair, set[str]] = defaultdict(set)  # the words in which they do, or did

    def count(word: str, change: int) -> None:
        for pair in pairwise(written[word]):
            pairs[pair] += change
            places[pair].add(word)

    for word, n in times.items():
        count(word, n)
    made = []
    while len(made) < merges and pairs:
        most = max(pairs.values())
        if most < max(least, 1):
            break
        equal = [pair for pair, n in pairs.items() if n == most]
        merge = Merge(*min(equal, key=lambda pair: (age[pair[0]], age[pair[1]])), most)
        made.append(merge)
        age.setdefault(merge.piece, len(age))
        for word in places.pop((merge.first, merge.second)):
            count(word, -times[word])
            written[word] = joined(written[word], merge)
            count(word, times[word])
    return tuple(made)
