"""The merges of byte-pair encoding, learned from a text: join what stands side by side most often, again and again.

    merges = train("low lower lowest newest", 40)
    merges[0]                       # Merge(first="l", second="o", count=3): from now on "lo" is one piece
    merges[0].piece                 # "lo"
    pieces_of(" slower", merges)    # lessons.text.bpe: ["Ġ", "s", "lo", "wer"]

Sennrich et al. (2016) brought this from the compression of files (Gage 1994) to words that are written in characters;
Radford et al. (2019) write them in bytes. Words are those of `bpe.words`, and nothing is ever joined across their ends.
It finds the merges of the `tokenizers` library, in their order.
"""

from collections import Counter
from itertools import islice

from lessons.text.bpe import BYTES, in_bytes, words
from lessons.text.merging import Merge, joined, learned

__all__ = ["Merge", "joined", "train"]


def train(text: str, merges: int, least: int = 1) -> tuple[Merge, ...]:
    """The merges of a text in the order in which they were made, which is that in which a new word is joined.

    merges: how many. A short text gives fewer: it ends when no pair stands side by side at least `least` times. Of
    pairs that are equally frequent comes first the one whose first piece is older, then whose second is; of bytes, the
    one whose letter has the smaller code. ValueError for a negative number of merges.
    """
    if merges < 0:
        raise ValueError(f"There are 0 merges or more, not {merges}.")
    times = Counter(map(in_bytes, words(text)))
    written = {word: list(word) for word in times}
    age = {letter: i for i, letter in enumerate(BYTES)}
    return tuple(islice(learned(times, written, age, least), merges))
