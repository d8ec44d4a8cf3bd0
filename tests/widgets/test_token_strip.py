"""The token strip with notes, categories and marks, without a browser."""

import pytest
import torch

from widgets.instruments.token_strip import MOST_CATEGORIES, TokenStrip

TOKENS = ["a", "b", "c"]


def test_without_them_it_is_as_it_was() -> None:
    strip = TokenStrip().show(TOKENS, [0.0, 0.5, 1.0])
    assert (strip.notes, strip.categories, strip.marks, strip.mark_name) == ([], [], [], "")


def test_notes_categories_and_marks_travel_with_the_tokens() -> None:
    strip = TokenStrip(mark_name="hidden")
    strip.show(
        TOKENS, torch.tensor([0, 2, 1]), notes=["", "was\u202ex", "y"], categories=["none", "one", "two"], marks=[2, 1]
    )
    assert strip.notes == ["", "wasU+202Ex", "y"], "an empty note stays empty, and no character hides"
    assert strip.categories == ["none", "one", "two"] and strip.marks == [1, 2]
    strip.show(TOKENS, [0.0, 0.0, 0.0])
    assert (strip.notes, strip.categories, strip.marks) == ([], [], []), "another picture has its own"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"notes": ["x"]}, "A token strip with 3 values and with notes got 1 labels. Give exactly 3"),
        ({"marks": [3]}, "There is no token 3 to mark: there are 3, counted from 0."),
        ({"marks": [-1]}, "There is no token -1 to mark"),
        ({"categories": ["x", "y"]}, "There are 2 categories, counted from 0, and none is 2."),
        ({"categories": list("abcdefgh")}, f"tells {MOST_CATEGORIES} categories apart, and got 8."),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_the_picture_stays(more: dict, sentence: str) -> None:
    strip = TokenStrip(mark_name="hidden").show(TOKENS, [0.0, 1.0, 1.0], notes=["n", "", ""], marks=[0])
    with pytest.raises(ValueError) as error:
        strip.show(["d", "e", "f"], [0.0, 2.0, 1.0], **more)
    assert sentence in str(error.value)
    assert strip.tokens == TOKENS and strip.notes == ["n", "", ""] and strip.marks == [0]


def test_a_category_is_a_whole_number() -> None:
    for value in (0.5, -1.0, float("nan")):
        with pytest.raises(ValueError, match="2 categories"):
            TokenStrip().show(["a"], [value], categories=["x", "y"])
