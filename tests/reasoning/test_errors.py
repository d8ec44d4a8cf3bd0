"""The first mistake of a chain."""

import pytest

from lessons.reasoning.errors import KINDS, Mistake, first_error
from lessons.reasoning.problems import Event, Problem

STORY = Problem("Maria", "pens", 7, 4, (Event("lose", (2,)), Event("gain boxes", (5, 4)), Event("double")))
RIGHT = "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 25. July: 25 * 2 = 50. The answer is 50."


def test_a_right_chain():
    assert STORY.chain in RIGHT and first_error(STORY, RIGHT) is None


@pytest.mark.parametrize(
    "old, new, kind, step",
    [
        ("7 - 2 = 5", "7 - 2 = 4", "arithmetic", 0),
        ("7 - 2 = 5", "7 - 3 = 4", "story", 0),
        ("7 - 2 = 5", "7 + 2 = 9", "story", 0),
        ("7 - 2 = 5", "8 - 2 = 6", "carried", 0),
        ("5 * 4 = 20", "5 * 3 = 15", "story", 1),
        ("5 * 4 = 20", "4 * 5 = 20", "story", 1),
        ("5 * 4 = 20", "5 * 4 = 25", "arithmetic", 1),
        ("5 + 20 = 25", "7 + 20 = 27", "carried", 1),
        ("5 + 20 = 25", "5 + 4 = 9", "carried", 1),
        ("5 + 20 = 25", "5 - 20 = 25", "story", 1),
        ("5 * 4 = 20, ", "", "story", 1),
        ("July", "August", "months", 2),
        ("June: 5 * 4 = 20, 5 + 20 = 25. ", "", "months", 1),
        ("July: 25 * 2 = 50. ", "", "months", 2),
        ("The", "August: 50 * 2 = 100. The", "months", 3),
        ("is 50", "is 51", "answer", 3),
        (" The answer is 50.", " The answer is", "answer", 3),
        (RIGHT, "", "months", 0),
    ],
)
def test_the_first_mistake(old, new, kind, step):
    assert old in RIGHT and kind in KINDS
    assert first_error(STORY, RIGHT.replace(old, new, 1)) == Mistake(kind, step)


def test_what_follows_from_a_mistake_is_none():
    wrong = "May: 7 - 2 = 4. June: 5 * 4 = 20, 4 + 20 = 24. July: 24 * 2 = 47. The answer is 47."
    assert first_error(STORY, wrong) == Mistake("arithmetic", 0)
