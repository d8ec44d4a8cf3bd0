"""Lesson 05: the check of a pair of texts as BERT reads it.

Figure 2 of Devlin et al., "BERT" (2019). What differs from `lessons.text.wordpiece`: the texts are ids already.
`bert_masking` shows this check to the notebook.
"""

import torch
from torch import Generator

from lessons.checks.check import Check, Misconception


def _encode_pair(first: list[int], second: list[int], cls: int, sep: int) -> tuple[list[int], list[int]]:
    """[CLS] first [SEP] second [SEP] in ids, and the segment of each: 0 up to the first [SEP], 1 behind it."""
    return [cls, *first, sep, *second, sep], [0] * (len(first) + 2) + [1] * (len(second) + 1)


def _pair_cases(generator: Generator) -> list[tuple]:
    """Texts of different lengths, the longer one first and last. Ids from 5: the smaller ones are signs."""

    def text(length: int) -> list[int]:
        return torch.randint(5, 90, (length,), generator=generator).tolist()

    return [(text(3), text(2), 2, 3), (text(1), text(4), 2, 3), (text(4), text(4), 0, 1)]


def _pair_mistake(
    name: str,
    says: str,
    ids=lambda first, second, cls, sep: [cls, *first, sep, *second, sep],
    segments=lambda n, m: [0] * (n + 2) + [1] * (m + 1),
    out=lambda ids, segments: (ids, segments),
) -> Misconception:
    """A pair with one of its parts replaced; the defaults are right. n and m are the lengths of the texts."""

    def wrong(first, second, cls, sep):
        return out(ids(first, second, cls, sep), segments(len(first), len(second)))

    return Misconception(name, says, wrong)


encode_pair = Check(
    title="Two texts in one input",
    reference=_encode_pair,
    cases=_pair_cases,
    misconceptions=[
        _pair_mistake(
            "forgot the last [SEP]",
            "Your second text has no end. How many [SEP] are there in the picture?",
            ids=lambda first, second, cls, sep: [cls, *first, sep, *second],
            segments=lambda n, m: [0] * (n + 2) + [1] * m,
        ),
        _pair_mistake(
            "no segment for the last [SEP]",
            "The ids are right, and there is one segment too few. To which text belongs the last [SEP]?",
            segments=lambda n, m: [0] * (n + 2) + [1] * m,
        ),
        _pair_mistake(
            "no segments for the signs",
            "The ids are right, and only the words of the texts have a segment. A sign needs one as well: which?",
            segments=lambda n, m: [0] * n + [1] * m,
        ),
        _pair_mistake(
            "forgot the [SEP] between the texts",
            "Your texts follow each other without a border. What stands between them?",
            ids=lambda first, second, cls, sep: [cls, *first, *second, sep],
            segments=lambda n, m: [0] * (n + 1) + [1] * (m + 1),
        ),
        _pair_mistake(
            "forgot [CLS]",
            "Your input begins with the first text. Where does the model collect what it is to say about both texts?",
            ids=lambda first, second, cls, sep: [*first, sep, *second, sep],
            segments=lambda n, m: [0] * (n + 1) + [1] * (m + 1),
        ),
        _pair_mistake(
            "no signs at all",
            "You joined the two texts as they are. Which signs stand around them?",
            ids=lambda first, second, cls, sep: [*first, *second],
            segments=lambda n, m: [0] * n + [1] * m,
        ),
        _pair_mistake(
            "a second [CLS]",
            "You begin the second text with a [CLS], too. How many does an input have?",
            ids=lambda first, second, cls, sep: [cls, *first, sep, cls, *second, sep],
            segments=lambda n, m: [0] * (n + 2) + [1] * (m + 2),
        ),
        _pair_mistake(
            "two [SEP] between the texts",
            "Two [SEP] stand between your texts. RoBERTa does it that way; how many does BERT take?",
            ids=lambda first, second, cls, sep: [cls, *first, sep, sep, *second, sep],
            segments=lambda n, m: [0] * (n + 2) + [1] * (m + 2),
        ),
        _pair_mistake(
            "put [CLS] at the end",
            "Your input ends with [CLS]. XLNet does it that way; where does BERT look for it?",
            ids=lambda first, second, cls, sep: [*first, sep, *second, sep, cls],
            segments=lambda n, m: [0] * (n + 1) + [1] * (m + 2),
        ),
        _pair_mistake(
            "swapped [CLS] and [SEP]",
            "The order of the two ids in the arguments is cls, sep. Which one begins the input?",
            ids=lambda first, second, cls, sep: [sep, *first, cls, *second, cls],
        ),
        _pair_mistake(
            "swapped the texts",
            "Your input begins with the second text. Which one comes first?",
            ids=lambda first, second, cls, sep: [cls, *second, sep, *first, sep],
            segments=lambda n, m: [0] * (m + 2) + [1] * (n + 1),
        ),
        _pair_mistake(
            "the first [SEP] in segment 1",
            "The segments change one place too early. To which text belongs the [SEP] that ends the first one?",
            segments=lambda n, m: [0] * (n + 1) + [1] * (m + 2),
        ),
        _pair_mistake(
            "forgot [CLS] and the first [SEP] when counting",
            "Your segments change two places too early: after as many tokens as the first text has words. Which signs"
            " stand in segment 0, too?",
            segments=lambda n, m: [0] * n + [1] * (m + 3),
        ),
        _pair_mistake(
            "the last [SEP] in segment 0",
            "Your last [SEP] is back in segment 0. To which text does it belong?",
            segments=lambda n, m: [0] * (n + 2) + [1] * m + [0],
        ),
        _pair_mistake(
            "counted each [SEP] where it stands",
            "Your [SEP] already has the number of what comes after it, so the last one is alone in segment 2. Which"
            " text does a [SEP] end?",
            segments=lambda n, m: [0] * (n + 1) + [1] * (m + 1) + [2],
        ),
        _pair_mistake(
            "segments counted from 1",
            "Your segments are 1 and 2. The table of segments has two rows: which numbers do they have?",
            segments=lambda n, m: [1] * (n + 2) + [2] * (m + 1),
        ),
        _pair_mistake(
            "all in one segment",
            "Every segment is 0. How is the model to know where the second text begins?",
            segments=lambda n, m: [0] * (n + m + 3),
        ),
        _pair_mistake(
            "swapped the segments",
            "The first text has segment 1 in your answer, and the second has 0. Which one comes first?",
            segments=lambda n, m: [1] * (n + 2) + [0] * (m + 1),
        ),
        _pair_mistake(
            "segments first, and ids last",
            "Both lists are right and change places. In which order does the task want them?",
            out=lambda ids, segments: (segments, ids),
        ),
        _pair_mistake(
            "only the ids",
            "The ids are right. Where are the segments?",
            out=lambda ids, segments: ids,
        ),
    ],
)
