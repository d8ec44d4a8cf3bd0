"""Lesson 06: the check of byte-pair merges.

Byte-pair encoding of a word (Sennrich et al. 2016). What differs from `lessons.text.bpe`: the letters of one word, no
bytes and no spaces. A list of merges that was learned has every pair behind the pairs that its parts are made of, so
that going through the list once is the same as asking again and again for the pair of the lowest rank.
`gpt_few_shot` shows this check to the notebook.
"""

from collections import Counter
from itertools import pairwise

from torch import Generator

from lessons.checks.check import Check, Misconception

Pair = tuple[str, str]


def _encode_word(word: str, merges: list[Pair]) -> list[str]:
    """The letters of the word, joined by one merge after the other, in the order of the list."""
    pieces = list(word)
    for pair in merges:
        pieces = _join(pieces, pair)
    return pieces


def _join(pieces: list[str], *pairs: Pair) -> list[str]:
    """The pair, or any of several, joined wherever it stands, from left to right."""
    joined: list[str] = []
    place = 0
    while place < len(pieces):
        width = 2 if tuple(pieces[place : place + 2]) in pairs else 1
        joined.append("".join(pieces[place : place + width]))
        place += width
    return joined


MERGES = [
    ("e", "r"), ("a", "n"), ("an", "a"), ("l", "o"), ("lo", "w"), ("w", "er"), ("o", "o"), ("b", "ana"), ("n", "e"),
    ("s", "t"), ("er", "s"), ("low", "er"), ("e", "st"), ("ne", "w"), ("z", "oo"), ("ne", "wer"), ("low", "ers"),
]  # fmt: skip


def _merges_cases(generator: Generator) -> list[tuple]:
    """Words in which the order of the list decides, letters in a row, and a letter that no merge knows.

    In the last one two pieces make the text of a merge whose parts are others.
    """
    words = ["lower", "newer", "banana", "zooom", "anemone", "lowest", "foolproof", "nananew"]
    return [*((word, MERGES) for word in words), ("abc", [("a", "b"), ("b", "c"), ("a", "bc")])]


def _merges_mistake(name: str, says: str, join=_join, order=lambda merges: merges, out=lambda pieces: pieces):
    """Merging with one of its parts replaced; the defaults are right."""

    def wrong(word, merges):
        pieces = list(word)
        for pair in order(merges):
            pieces = join(pieces, pair)
        return out(pieces)

    return Misconception(name, says, wrong)


def _join_first(pieces: list[str], pair: Pair) -> list[str]:
    """The pair joined where it stands first, and nowhere else."""
    for place, found in enumerate(pairwise(pieces)):
        if found == pair:
            return [*pieces[:place], "".join(pair), *pieces[place + 2 :]]
    return pieces


def _join_from_the_right(pieces: list[str], pair: Pair) -> list[str]:
    backwards = _join([piece[::-1] for piece in pieces[::-1]], tuple(part[::-1] for part in pair[::-1]))
    return [piece[::-1] for piece in backwards[::-1]]


def _keep_second(pieces: list[str], pair: Pair) -> list[str]:
    """The joined piece takes the place of the first part, and the second stays behind it."""
    return ["".join(pair) if pair == tuple(pieces[at : at + 2]) else piece for at, piece in enumerate(pieces)]


def _by_text(pieces: list[str], pair: Pair) -> list[str]:
    """Any two neighbours whose text is that of the pair."""
    text = "".join(pair)
    return _join(pieces, *((text[:cut], text[cut:]) for cut in range(1, len(text))))


def _always_two_on(pieces: list[str], pair: Pair, rest: int) -> list[str]:
    """Looks at every second place only. Where nothing is joined there, as many of the two as `rest` says are kept."""
    twos = [pieces[place : place + 2] for place in range(0, len(pieces), 2)]
    return [piece for two in twos for piece in (["".join(two)] if tuple(two) == pair else two[:rest])]


def _without_the_last(pieces: list[str], pair: Pair) -> list[str]:
    """The loop ends before the last piece, which only a pair can save."""
    joined = _join(pieces, pair)
    return joined[:-1] if joined[-1:] == pieces[-1:] else joined


def _overlapping(pieces: list[str], pair: Pair) -> list[str]:
    """Every place where the pair stands gives a joined piece, also two that share a part."""
    found = [at for at, two in enumerate(pairwise(pieces)) if two == pair]
    parts = {place for at in found for place in (at, at + 1)}
    return [
        "".join(pair) if at in found else piece for at, piece in enumerate(pieces) if at in found or at not in parts
    ]


def _left_to_right(word: str, merges: list[Pair]) -> list[str]:
    """The leftmost pair that is in the list at all, again and again."""
    pieces = list(word)
    while found := [at for at, pair in enumerate(pairwise(pieces)) if pair in merges]:
        pieces[found[0] : found[0] + 2] = ["".join(pieces[found[0] : found[0] + 2])]
    return pieces


def _most_frequent(word: str, merges: list[Pair]) -> list[str]:
    """The pair of the list that stands in the word most often, the lower rank where two are equal."""
    pieces = list(word)
    while counts := Counter(pair for pair in pairwise(pieces) if pair in merges):
        pieces = _join(pieces, min(counts, key=lambda pair: (-counts[pair], merges.index(pair))))
    return pieces


def _longest_piece(word: str, merges: list[Pair]) -> list[str]:
    """WordPiece's way: the longest piece that any merge makes, from left to right."""
    known = {"".join(pair) for pair in merges}
    pieces, start = [], 0
    while start < len(word):
        ends = (end for end in range(len(word), start + 1, -1) if word[start:end] in known)
        end = next(ends, start + 1)
        pieces.append(word[start:end])
        start = end
    return pieces


def _until_one_is_missing(word: str, merges: list[Pair]) -> list[str]:
    pieces = list(word)
    for pair in merges:
        if pair not in pairwise(pieces):
            break
        pieces = _join(pieces, pair)
    return pieces


def _first_that_fits(word: str, merges: list[Pair]) -> list[str]:
    pieces = list(word)
    for pair in merges:
        if pair in pairwise(pieces):
            return _join(pieces, pair)
    return pieces


encode_word = Check(
    title="Byte-pair merges",
    reference=_encode_word,
    cases=_merges_cases,
    misconceptions=[
        Misconception(
            "from left to right, not in the order of the merges",
            "You join the first pair of the word that is in the list at all. Which pair comes first when two of them"
            " share a letter: the one on the left, or the one that was learned earlier?",
            _left_to_right,
        ),
        Misconception(
            "the pair that is most frequent in the word",
            "You count pairs in the word at hand. That is how merges are learned, from a long text. What decides"
            " when they are used?",
            _most_frequent,
        ),
        Misconception(
            "the longest piece first",
            "You take the longest piece that a merge can make, as WordPiece does. Which pieces can still be made"
            " when an earlier merge has taken a letter away?",
            _longest_piece,
        ),
        _merges_mistake(
            "the merges from the last to the first",
            "You go through the list from its end. Which merge was learned first, and which of them needs the others?",
            order=lambda merges: merges[::-1],
        ),
        _merges_mistake(
            "the merges in the order of the alphabet",
            "Your merges are sorted before they are used. What does their place in the list say?",
            order=sorted,
        ),
        _merges_mistake(
            "each merge only once in a word",
            "You join a pair where it stands first, and leave it where it stands again. What of the second place?",
            join=_join_first,
        ),
        Misconception(
            "one merge, and then no more",
            "You return after the first merge that fits. What becomes of the merges behind it?",
            _first_that_fits,
        ),
        Misconception(
            "stopped at the first merge that is not in the word",
            "A merge that does not fit ends your loop. What about the merges behind it?",
            _until_one_is_missing,
        ),
        _merges_mistake(
            "joined from the right",
            "Where three equal letters stand in a row, you join the last two. From which end do we read?",
            join=_join_from_the_right,
        ),
        _merges_mistake(
            "joined pairs that overlap",
            "Where three equal letters stand in a row, two of your pieces share the one in the middle. To how many"
            " pieces can a letter belong?",
            join=_overlapping,
        ),
        _merges_mistake(
            "either order of the two parts",
            "You join the second part with the first as well. “e r” and “r e” are two pairs: which one is in the list?",
            join=lambda pieces, pair: _join(pieces, pair, pair[::-1]),
        ),
        _merges_mistake(
            "compared the two parts joined together",
            "You compare the two parts joined together. ab + c and a + bc make the same text: are they the same merge?",
            join=_by_text,
        ),
        _merges_mistake(
            "two places on after every place",
            "Your loop steps over the second of two neighbours: after a place without a match, where should it go on?",
            join=lambda pieces, pair: _always_two_on(pieces, pair, rest=2),
        ),
        _merges_mistake(
            "two places on after every place, and the second piece is lost",
            "Your loop steps over the second of two neighbours: after a place without a match, where should it go on?",
            join=lambda pieces, pair: _always_two_on(pieces, pair, rest=1),
        ),
        _merges_mistake(
            "the last piece is lost",
            "The last piece of a word is missing, unless a pair took it. How far does your loop go, and what of the"
            " piece behind its end?",
            join=_without_the_last,
        ),
        _merges_mistake(
            "the last piece is never looked at",
            "The last piece of a word is never joined with the one before it. How far does your loop go?",
            join=lambda pieces, pair: _join(pieces[:-1], pair) + pieces[-1:],
        ),
        _merges_mistake(
            "the second part stays behind the joined piece",
            "Your pieces hold some letters twice. What has to go when two neighbours become one piece?",
            join=_keep_second,
        ),
        Misconception(
            "only pairs of single letters",
            "You look at the letters of the word each time, not at the pieces made so far. How does a piece of three"
            " letters come about?",
            lambda word, merges: _encode_word(word, [pair for pair in merges if len("".join(pair)) == 2]),
        ),
        _merges_mistake(
            "left out the letters that were not joined",
            "Only joined pieces are left in your answer. The pieces together must be the whole word: what of a letter"
            " that no merge wants?",
            out=lambda pieces: [piece for piece in pieces if len(piece) > 1],
        ),
        Misconception(
            "split into letters",
            "Your pieces are single letters. What are the merges for?",
            lambda word, merges: list(word),
        ),
        _merges_mistake(
            "one text in place of a list",
            "You joined the pieces to one text. The model needs a number for each of them: what does the task return?",
            out=" ".join,
        ),
    ],
)
