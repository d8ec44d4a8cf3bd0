"""Texts to read, without a browser: what is sent, what is refused, and that text stays text."""

import pytest

from tests.widgets.test_instruments import HOSTILE
from widgets.instruments.passages import LONGEST, MOST, Passage, Passages, lines


def test_parts_keep_who_wrote_them_and_their_line_breaks() -> None:
    view = Passages(columns=2)
    view.show(
        [Passage("Direct", [("Q: 2 + 2?\n\nA:", "given"), (" 4", "written")], "4: right.", "right"), Passage("b", [])],
        key={"given": "the prompt", "written": "the model"}, title="Two prompts", summary="One answer.",
    )  # fmt: skip
    assert view.text(0) == "Q: 2 + 2?\n\nA: 4" and view.text(0, "written") == " 4" and view.text(1) == ""
    assert view.passages[0]["verdict"] == "right" and view.passages[0]["note"] == "4: right."
    assert (view.title, view.summary, view.columns) == ("Two prompts", "One answer.", 2)
    view.show([])
    assert view.passages == [] and view.title == "Two prompts" and view.key["given"] == "the prompt"


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        (Passage("a", [("x", "drawn")]), "A part of a passage is one of given, written, edited, not 'drawn'."),
        (Passage("a", [], verdict="half"), "A verdict is right, wrong or empty, not 'half'."),
    ],
)
def test_what_is_unknown_is_refused_and_the_last_picture_stays(passage: Passage, sentence: str) -> None:
    view = Passages().show([Passage("before", [])])
    with pytest.raises(ValueError) as error:
        view.show([passage], title="new")
    assert str(error.value) == sentence and view.passages[0]["heading"] == "before" and view.title == ""


def test_more_texts_than_anybody_reads_are_refused() -> None:
    Passages().show([Passage("a", [])] * MOST)
    with pytest.raises(ValueError, match=f"at most {MOST} texts, and got {MOST + 1}"):
        Passages().show([Passage("a", [])] * (MOST + 1))


def test_every_character_can_be_seen() -> None:
    assert lines("a\n\n  b \n \u202ec\td") == "a\n\n  b \n U+202Ec⇥d"
    assert lines(" ") == " " and lines("") == "" and lines("\u2028") == "U+2028"
    view = Passages().show([Passage(text, [(text, "written")], text) for text in HOSTILE], title=HOSTILE[0])
    assert "\u202e" not in str(view.passages) and view.text(0) == HOSTILE[0], "markup stays the text it is"
    assert len(view.passages[4]["heading"]) == 120


def test_a_text_without_end_is_cut_with_a_sign_that_it_is() -> None:
    view = Passages().show([Passage("a", [("x" * 300, "given"), ("y" * LONGEST, "written"), ("z", "given")])])
    assert len(view.text(0)) == LONGEST and view.text(0).endswith("y…")
    exactly = Passages().show([Passage("a", [("x" * LONGEST, "given")])])
    assert exactly.text(0) == "x" * LONGEST
