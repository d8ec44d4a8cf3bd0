"""A vocabulary of our own: any text can be written in it, in few pieces, and curly marks are straight ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.text.pieces import START, byte_pairs
from lessons.text.tale import TALE

TOKENIZER = byte_pairs(TALE, 600)


def test_every_text_begins_with_the_sign():
    encoded = TOKENIZER.encode("the maiden")
    assert encoded.tokens[0] == START and encoded.ids[0] == 0
    assert encoded.special == [True] + [False] * (len(encoded) - 1)
    assert TOKENIZER.encode("").tokens == [START]
    assert TOKENIZER.encode("the maiden", special=False).ids == encoded.ids[1:]


def test_frequent_words_are_one_piece_wherever_they_stand():
    assert TOKENIZER.encode("maiden the maiden").ids[1::2] == [TOKENIZER.encode("maiden").ids[1]] * 2
    assert len(TOKENIZER) == 600 and len(TOKENIZER.encode(TALE)) < len(TALE) / 2.5


def test_curly_marks_are_straight_ones():
    curly, straight = TOKENIZER.encode("“Don’t,” said ‘he’."), TOKENIZER.encode("\"Don't,\" said 'he'.")
    assert curly.ids == straight.ids and curly.spans == straight.spans
    assert curly.tokens == straight.tokens and "".join(curly.tokens[1:]) == " \"Don't,\" said 'he'."


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_comes_back(text):
    decoded = TOKENIZER.decode(TOKENIZER.encode(text, special=False).ids)
    for curly, straight in {"“": '"', "”": '"', "‘": "'", "’": "'"}.items():
        text = text.replace(curly, straight)
    assert START in text or decoded in (text, " " + text)  # the sign itself may be typed, too


def test_the_same_text_gives_the_same_pieces():
    assert byte_pairs(TALE, 600) == TOKENIZER != byte_pairs(TALE, 500)


def test_the_bytes_alone():
    assert len(byte_pairs("", 257)) == 257
    with pytest.raises(ValueError, match="alone are 257 pieces, so there cannot be 256"):
        byte_pairs(TALE, 256)
