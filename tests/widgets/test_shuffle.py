"""The panel that shuffles words, without a browser."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.positions.encodings import ENCODINGS
from lessons.positions.shuffle import change_by_shuffling, read
from widgets.explorers.shuffle import MOST, ORDERS, ROUNDING, Shuffle, order_of

SENTENCE = "the dog bites the man and runs"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_strip_shows_the_change_of_each_word_where_it_now_stands(encoding: str) -> None:
    panel = Shuffle(text=SENTENCE, encoding=encoding, order=3)
    words, places = SENTENCE.split(), order_of(7, 3)
    assert panel.strip.tokens == [words[place] for place in places] != words
    expected = change_by_shuffling(words, places, encoding)
    np.testing.assert_allclose(panel.strip.values[0], expected, atol=ROUNDING)
    assert (panel.strip.values.max() < ROUNDING) == (encoding == "none")


def test_the_rows_of_both_pictures_belong_to_the_same_words() -> None:
    panel = Shuffle(text=SENTENCE, encoding="rotary", order=5)
    words, places = SENTENCE.split(), order_of(7, 5)
    typed, shuffled = panel.heat.values[0]
    np.testing.assert_allclose(typed, read(words, "rotary"), atol=ROUNDING)
    apart = read([words[place] for place in places], "rotary")
    np.testing.assert_allclose(shuffled[places], apart, atol=ROUNDING)
    assert panel.heat.row_labels == words and panel.heat.panel_titles == ["as typed", "in the new order"]
    panel.encoding = "none"
    typed, shuffled = panel.heat.values[0]
    np.testing.assert_allclose(typed, shuffled, atol=ROUNDING)


def test_it_is_told_in_words() -> None:
    panel = Shuffle(text=SENTENCE)
    assert panel.status.message == ("Without positions every word gets the very same vector: the largest change is 0.")
    assert panel.strip.title == "The words in their new order: the largest change is 0"
    panel.encoding = "alibi"
    assert panel.status.message.startswith("With ALiBi, vectors change by 0.0")
    panel.order = 0
    assert "as typed" in panel.status.message and panel.strip.tokens == SENTENCE.split()
    assert panel.status.kind == "note" and not panel.strip.values.any()


def test_alibi_does_not_notice_a_sentence_that_is_turned_around() -> None:
    panel = Shuffle(text="dog bites man", encoding="alibi", order=5)
    assert panel.strip.tokens == ["man", "bites", "dog"] and panel.strip.values.max() < ROUNDING
    assert panel.status.message == (
        "This is the sentence turned around, and ALiBi knows how far away a word is, not on which side."
        " So nothing has changed."
    )
    panel.encoding = "rotary"
    assert (
        panel.status.message.startswith("With rotary positions, vectors change by")
        and panel.strip.values.min() > ROUNDING
    )
    panel.text = "ha ha ha"
    assert panel.status.message == "The new order reads the same as the old one, so nothing has changed."


def test_the_scale_follows_the_largest_change_and_nothing_stays_pale() -> None:
    panel = Shuffle(text=SENTENCE, encoding="relative", order=3)
    assert panel.strip.high == pytest.approx(panel.strip.values.max()) and 0 < panel.strip.high < 1
    panel.encoding = "none"
    assert panel.strip.high == 1.0


@pytest.mark.parametrize("words", [2, 3, 9])
def test_every_order_is_another_one_than_as_typed(words: int) -> None:
    assert order_of(words, 0) == list(range(words))
    for order in range(1, ORDERS + 1):
        assert sorted(order_of(words, order)) == list(range(words)) != order_of(words, order)
        assert order_of(words, order) == order_of(words, order), "the same every time"


def test_nothing_one_word_and_a_pasted_book() -> None:
    panel = Shuffle(text=SENTENCE)
    panel.text = "  "
    assert panel.status.message == "There is nothing to read: type at least one word."
    assert panel.status.kind == "error" and len(panel.strip.tokens) == 7, "the last picture stays"
    panel.text = "alone"
    assert panel.status.message == "One word has no order: type another one." and panel.strip.tokens == ["alone"]
    panel.text = "word " * 2000
    assert panel.status.message.startswith(f"Your sentence has 2,000 words. This panel reads the first {MOST}.")
    assert len(panel.strip.tokens) == MOST
    panel.text = "<b>👩‍👩‍👧</b> e\u0301te\u0301 \u202eturned"
    assert sorted(panel.strip.tokens) == ["<b>👩‍👩‍👧</b>", "U+202Eturned", "été"]


def test_a_chosen_word_moves_the_cursor_to_its_row() -> None:
    panel = Shuffle(text=SENTENCE, order=2)
    panel.strip.selected = 4
    assert panel.heat.cursor[1] == order_of(7, 2)[4] != 4
    panel.order = 3
    assert panel.strip.selected == 4 and panel.heat.cursor[1] == order_of(7, 3)[4] != order_of(7, 2)[4]
    panel.text = "three small words"
    assert panel.strip.selected == 2 and panel.heat.cursor[1] == order_of(3, 3)[2]
    panel.text = ""
    panel.order = 2
    assert panel.status.kind == "error" and "nothing to read" in panel.status.message


def test_what_does_not_exist_is_refused() -> None:
    panel = Shuffle()
    with pytest.raises(t.TraitError):
        panel.encoding = "circular"
    with pytest.raises(t.TraitError):
        panel.order = ORDERS + 1
    assert torch.isfinite(torch.from_numpy(panel.heat.values.copy())).all()
