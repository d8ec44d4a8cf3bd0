"""Lesson 05: the check of a word in pieces.

WordPiece as BERT applies it (Wu et al. 2016; Devlin et al. 2019): the longest piece first. The reference is
`pieces_of` of `lessons.text.wordpiece`. What differs: the vocabulary is a list, in an order that means nothing.
`bert_masking` shows this check to the notebook.
"""

from torch import Generator

from lessons.checks.check import Check, Misconception
from lessons.text.wordpiece import PREFIX, UNKNOWN, pieces_of


def _longest_match(word: str, vocabulary: list[str]) -> list[str]:
    """The word in entries of the vocabulary, the longest first; [UNK] alone where no entry fits."""
    return pieces_of(word, vocabulary)


VOCABULARY = [
    "[UNK]", "walk", "w", "walking", "un", "u", "unf", "una", "ne", "n", "new", "a", "b", "ble",
    "##alk", "##a", "##ble", "##b", "##ed", "##e", "##ff", "##f", "##fa", "##ffa", "##fit",
    "##ing", "##i", "##na", "##ng", "##n", "##d", "##g", "##k", "##l", "##s", "##ws", "##w", "##walk",
]  # fmt: skip


def _pieces_cases(generator: Generator) -> list[tuple]:
    """Words in several pieces, one that is an entry, and four that are unknown.

    The four: a letter that is in no entry, in the middle and at the beginning; a longest piece after which nothing
    fits, where a shorter one would do; a rest that is an entry without ## only.
    """
    words = ["unaffable", "walking", "newse", "walkqed", "qwalk", "unfit", "walkuna"]
    return [(word, VOCABULARY) for word in words]


def _pieces_mistake(
    name: str,
    says: str,
    ends=lambda start, word: range(len(word), start, -1),
    look_up=lambda start: PREFIX if start else "",
    write=lambda start: PREFIX if start else "",
    unknown=lambda pieces, word, start: [UNKNOWN],
) -> Misconception:
    """Longest match with one of its parts replaced; the defaults are right.

    look_up, write: what stands before a piece that begins at `start`, in the vocabulary and in the answer. unknown:
    the answer where no piece fits.
    """

    def wrong(word, vocabulary):
        pieces, start = [], 0
        while start < len(word):
            found = [end for end in ends(start, word) if look_up(start) + word[start:end] in vocabulary]
            if not found:
                return unknown(pieces, word, start)
            pieces.append(write(start) + word[start : found[0]])
            start = found[0]
        return pieces

    return Misconception(name, says, wrong)


def _fits(word: str, start: int, entry: str) -> bool:
    """Whether an entry of the vocabulary can stand in the word at `start`."""
    return entry.startswith(PREFIX) == bool(start) and word.startswith(entry.removeprefix(PREFIX), start)


def _first_entry(word: str, vocabulary: list[str]) -> list[str]:
    """The first entry that fits, in the order of the vocabulary."""
    pieces, start = [], 0
    while start < len(word):
        entry = next((entry for entry in vocabulary if _fits(word, start, entry)), None)
        if entry is None:
            return [UNKNOWN]
        pieces.append(entry)
        start += len(entry.removeprefix(PREFIX))
    return pieces


def _backtracking(word: str, vocabulary: list[str], start: int = 0) -> list[str]:
    """The longest pieces that lead to the end of the word, shorter ones where a longer one leads nowhere."""
    for end in range(len(word), start, -1):
        piece = (PREFIX if start else "") + word[start:end]
        if piece in vocabulary:
            rest = _backtracking(word, vocabulary, end) if end < len(word) else []
            if rest != [UNKNOWN]:
                return [piece, *rest]
    return [UNKNOWN]


def _going_on(word: str, vocabulary: list[str]) -> list[str]:
    """[UNK] for each character at which nothing fits, and on with the next one."""
    pieces, start = [], 0
    while start < len(word):
        mark = PREFIX if start else ""
        ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary)
        end = next(ends, None)
        pieces.append(UNKNOWN if end is None else mark + word[start:end])
        start = end or start + 1
    return pieces


def _from_the_end(word: str, vocabulary: list[str]) -> list[str]:
    """The longest ending first, then what comes before it."""
    pieces, end = [], len(word)
    while end:
        starts = (at for at in range(end) if (PREFIX if at else "") + word[at:end] in vocabulary)
        start = next(starts, None)
        if start is None:
            return [UNKNOWN]
        pieces.insert(0, (PREFIX if start else "") + word[start:end])
        end = start
    return pieces


longest_match = Check(
    title="A word in pieces",
    reference=_longest_match,
    cases=_pieces_cases,
    misconceptions=[
        _pieces_mistake(
            "the shortest piece first",
            "Your pieces are as short as they can be. From which end do you try the lengths?",
            ends=lambda start, word: range(start + 1, len(word) + 1),
        ),
        Misconception(
            "the first entry of the vocabulary that fits",
            "You take the first entry that fits, in the order of the list, which means nothing. Which of those that fit"
            " should win?",
            _first_entry,
        ),
        Misconception(
            "cut from the end",
            "You take the longest ending first. At which end of the word does the search begin?",
            _from_the_end,
        ),
        Misconception(
            "searched for pieces that work out",
            "Where the longest piece leads nowhere, you go back and try a shorter one. That finds more words, but greed"
            " never goes back: what does BERT answer then?",
            _backtracking,
        ),
        Misconception(
            "split into characters",
            "Each of your pieces is one character, in the vocabulary or not. What is the vocabulary for?",
            lambda word, vocabulary: [(PREFIX if at else "") + c for at, c in enumerate(word)],
        ),
        Misconception(
            "whole words or nothing",
            "A word that is no entry is [UNK] at once. What can be done with a word of which parts are entries?",
            lambda word, vocabulary: [word] if word in vocabulary else [UNKNOWN],
        ),
        _pieces_mistake(
            "never tries the whole word",
            "A word that is an entry itself is still cut into pieces. Where does your range of lengths begin?",
            ends=lambda start, word: range(len(word) - (start == 0), start, -1),
        ),
        _pieces_mistake(
            "never tries a single character",
            "You give up where only a single character would fit. Where does your range of lengths end?",
            ends=lambda start, word: range(len(word), start + 1, -1),
        ),
        _pieces_mistake(
            "no ## at all",
            "All of your pieces look like beginnings of a word. What marks a piece that goes on with a word, in the"
            " vocabulary and in your answer?",
            look_up=lambda start: "",
            write=lambda start: "",
        ),
        _pieces_mistake(
            "looked up without ##, and wrote it all the same",
            "Your pieces have their ##, but you look for them in the vocabulary without. “ble” and “##ble” are two"
            " entries: which one goes on with a word?",
            look_up=lambda start: "",
        ),
        _pieces_mistake(
            "looked up with ##, and left it out of the answer",
            "You find the right pieces and write them down without ##. What is the name of the entry?",
            write=lambda start: "",
        ),
        _pieces_mistake(
            "wrote ## on the first piece as well",
            "Your first piece begins with ##, too. What does the mark say about a piece?",
            write=lambda start: PREFIX,
        ),
        _pieces_mistake(
            "wrote [UNK] for the rest of the word only",
            "Where nothing fits any more you keep the pieces before it. What becomes of the whole word then?",
            unknown=lambda pieces, word, start: [*pieces, UNKNOWN],
        ),
        Misconception(
            "wrote [UNK] for one character, and went on",
            "Where nothing fits you leave out one character and look on behind it. What becomes of the whole word when"
            " a part of it is unknown?",
            _going_on,
        ),
        _pieces_mistake(
            "left out the rest that fits nowhere",
            "Where nothing fits any more your answer just ends. How is the model to know that something is missing?",
            unknown=lambda pieces, word, start: pieces,
        ),
        _pieces_mistake(
            "an empty list for an unknown word",
            "An unknown word leaves no trace in your answer. Which entry stands for it?",
            unknown=lambda pieces, word, start: [],
        ),
        _pieces_mistake(
            "the word itself where it is unknown",
            "You return a word that is no entry, and the model has no number for it. Which entry stands for it?",
            unknown=lambda pieces, word, start: [word],
        ),
        _pieces_mistake(
            "gave [UNK] as a text, not in a list",
            "Your answer for an unknown word is a text. It is a list as always: with how many pieces?",
            unknown=lambda pieces, word, start: UNKNOWN,
        ),
        Misconception(
            "one text in place of a list",
            "You joined the pieces to one text. The model needs a number for each of them: what does the task return?",
            lambda word, vocabulary: " ".join(pieces_of(word, vocabulary)),
        ),
    ],
)
