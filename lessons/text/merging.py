"""What byte-pair encoding and WordPiece learn in the same way: join the pair that stands side by side most often.

Sennrich et al. (2016), from the compression of files by Gage (1994). What a word is written in at first, and what two
pieces become, is for `bpe_training` and `wordpiece_training` to say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

Pair = tuple[str, str]


class Merge(NamedTuple):
    """One step of the training: two pieces that were joined wherever they stood side by side."""

    first: str
    second: str
    count: int  # how often they stood side by side

    @property
    def piece(self) -> str:
        """What they became."""
        return self.first + self.second


AnyMerge = TypeVar("AnyMerge", bound=Merge)


def joined(written: list[str], merge: Merge) -> list[str]:
    """A word after the merge, from left to right: of three equal pieces the first two are joined."""
    out = []
    for piece in written:
        if out and out[-1] == merge.first and piece == merge.second:
            out[-1] = merge.piece
        else:
            out.append(piece)
    return out


def learned(
    times: Mapping[str, int],
    written: dict[str, list[str]],
    age: dict[str, int],
    least: int = 1,
    kind: type[AnyMerge] = Merge,
) -> Iterator[AnyMerge]:
    """One merge after the other, until no pair stands side by side at least `least` times.

    times: how often each word occurs. written: each word in pieces; it is changed with every merge. age: a number for
    each piece; a new one gets the next. Of pairs that are equally frequent comes first the one whose first piece is
    older, then whose second is.
    """
    pairs: Counter[Pair] = Counter()  # how often they stand side by side
    places: defaultdict[Pair, set[str]] = defaultdict(set)  # the words in which they do, or did

    def count(word: str, change: int) -> None:
        for pair in pairwise(written[word]):
            pairs[pair] += change
            places[pair].add(word)

    for word, n in times.items():
        count(word, n)
    while pairs and (most := max(pairs.values())) >= max(least, 1):
        equal = [pair for pair, n in pairs.items() if n == most]
        merge = kind(*min(equal, key=lambda pair: (age[pair[0]], age[pair[1]])), most)
        age.setdefault(merge.piece, len(age))
        for word in places.pop((merge.first, merge.second)):
            count(word, -times[word])
            written[word] = joined(written[word], merge)
            count(word, times[word])
        yield merge
