"""WordPiece by hand, one rule after the other. That it equals the library is proved in tests/reference."""

import string

import pytest

from lessons.text.wordpiece import (
    LONGEST,
    SIGNS,
    Written,
    chinese_apart,
    cleaned,
    encode,
    lowered,
    pieces,
    pieces_of,
    punctuation_apart,
    tokenizer_of,
    vocabulary_of,
    words,
)

ENTRIES = [*SIGNS, "the", "un", "##aff", "##able", "fox", "a", "##a", "[", "]", "mask", ".", "##x", "##fo", "o"]
VOCABULARY = {entry: i for i, entry in enumerate(ENTRIES)}


def test_what_nobody_sees_is_left_out_and_whitespace_is_one_space():
    assert cleaned("a\0b\x07\u200b\u00ad\ufeff\ufffdc\ue000\ud800d") == "abcd", "control, format, private, half a pair"
    assert cleaned("a\tb\nc\rd\u00a0e\u2003f\u3000g\u2028h") == "a b c d e f g h"
    assert cleaned("é ß 中 😀") == "é ß 中 😀" and cleaned("") == ""
    assert cleaned("\ufdd0") == "\ufdd0", "a code that is no character of Unicode stays, in the library too"


def test_chinese_characters_stand_alone_and_other_scripts_do_not():
    assert chinese_apart("我是fox") == " 我  是 fox"
    assert chinese_apart("㐀\uf900\U00020000\U0002f800").split() == ["㐀", "\uf900", "\U00020000", "\U0002f800"]
    for alone in ("한국어", "ひらがな", "カタカナ", "fox", "\u33ff", "\ua000", "\U0002b820"):
        assert chinese_apart(alone) == alone


@pytest.mark.parametrize(("text", "small"), [
    ("Café", "cafe"), ("CAFE\u0301", "cafe"), ("Ünïcödé", "unicode"), ("ŁØ", "łø"), ("İ", "i"), ("ẞß", "ßß"),
    ("ΟΔΟΣ", "οδοσ"), ("Й", "и"), ("한", "\u1112\u1161\u11ab"), ("שָׁלוֹם", "שלום"), ("हिंदी", "ह\u093fद\u0940"),
])  # fmt: skip
def test_small_letters_without_accents(text, small):
    """Σ is σ wherever it stands; ł has no accent but a stroke; marks that take room, as in Hindi, stay."""
    assert lowered(text) == small


def test_punctuation_stands_alone():
    for mark in string.punctuation + "“”¿…—、。「」":
        assert words(f"a{mark}b") == ["a", mark, "b"]
    for sign in "€°©😀½²":
        assert words(f"a{sign}b") == [f"a{sign}b"], "a symbol beyond the keyboard is part of its word"
    assert punctuation_apart("don't") == "don ' t"


def test_words():
    assert words("  The un-AFFABLE\tcafé…\n我是 ") == ["the", "un", "-", "affable", "cafe", "…", "我", "是"]
    assert words("") == words(" \n\u200b") == []


def test_the_longest_entry_comes_first():
    assert pieces_of("unaffable", VOCABULARY) == ["un", "##aff", "##able"]
    assert pieces_of("the", VOCABULARY) == ["the"]
    assert pieces_of("aa", VOCABULARY) == ["a", "##a"] and pieces_of("", VOCABULARY) == []


def test_a_word_that_cannot_be_written_is_unknown_as_a_whole():
    assert pieces_of("unaffabley", VOCABULARY) == ["[UNK]"], "not un ##aff ##able [UNK]"
    assert pieces_of("yfox", VOCABULARY) == ["[UNK]"]
    assert pieces_of("affable", VOCABULARY) == ["[UNK]"], "##aff begins no word"
    assert pieces_of("unthe", VOCABULARY) == ["[UNK]"], "the goes on with no word"


def test_greed_never_goes_back():
    """With fo and ##xo there is a way to write foxo, but fox is longer than fo, and leaves an o that nothing fits."""
    assert pieces_of("ofox", VOCABULARY) == ["o", "##fo", "##x"]
    vocabulary = {*VOCABULARY, "fo", "##xo"}
    assert pieces_of("foxo", vocabulary) == ["[UNK]"], "and fo ##xo is not tried"


def test_a_word_of_more_than_100_characters_is_unknown():
    assert LONGEST == 100
    assert pieces_of("a" * 100, VOCABULARY) == ["a"] + ["##a"] * 99
    assert pieces_of("a" * 101, VOCABULARY) == ["[UNK]"]
    assert pieces("á" * 100 + "\u0301", VOCABULARY) == ["a"] + ["##a"] * 99, "accents are gone by then"


def test_a_sign_that_was_typed_is_the_sign():
    assert pieces("the[MASK]fox [SEP]", VOCABULARY) == ["the", "[MASK]", "fox", "[SEP]"]
    assert pieces("[mask] [ MASK]", VOCABULARY) == ["[", "mask", "]"] * 2


def test_one_text_and_two():
    assert encode("the fox", VOCABULARY) == Written(["[CLS]", "the", "fox", "[SEP]"], [2, 5, 9, 3], [0] * 4)
    both = encode("the fox", VOCABULARY, second="Aa.")
    assert both.tokens == ["[CLS]", "the", "fox", "[SEP]", "a", "##a", ".", "[SEP]"]
    assert both.ids == [2, 5, 9, 3, 10, 11, 15, 3] and both.segments == [0, 0, 0, 0, 1, 1, 1, 1]
    assert encode("", VOCABULARY).ids == [2, 3]
    assert encode("", VOCABULARY, second="") == Written(["[CLS]", "[SEP]", "[SEP]"], [2, 3, 3], [0, 0, 1])


def test_a_vocabulary_without_the_signs():
    with pytest.raises(ValueError, match=r"no vocabulary of BERT's kind: it lacks \[CLS\], \[SEP\], \[UNK\]\."):
        encode("the", {"the": 0})
    with pytest.raises(ValueError, match=r"it lacks \[MASK\]\."):
        encode("[MASK]", {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2})


def test_a_tokenizer_for_a_model_of_ours():
    tokenizer = tokenizer_of(ENTRIES)
    assert tokenizer.entries == tuple(ENTRIES) and vocabulary_of(tokenizer) == VOCABULARY
    encoded = tokenizer.encode("The UNAFFABLE [MASK].")
    assert encoded.tokens == ["[CLS]", "The", "UN", "##AFF", "##ABLE", "[MASK]", ".", "[SEP]"]
    assert encoded.special == [True, False, False, False, False, True, False, True]
    assert [tokenizer.special(sign) for sign in SIGNS] == [0, 1, 2, 3, 4]
    assert tokenizer.decode(encoded.ids) == "[CLS] the unaffable [MASK]. [SEP]"
    assert tokenizer_of(ENTRIES) == tokenizer, "the same entries, the same tokenizer"
    pair = tokenizer.encode_pair("the", "A FOX")
    assert pair.tokens == ["[CLS]", "the", "[SEP]", "A", "FOX", "[SEP]"] and pair.segments == [0, 0, 0, 1, 1, 1]
    assert pair.spans == [(0, 0), (0, 3), (0, 0), (0, 1), (2, 5), (0, 0)], "each in its own text"


def test_entries_that_make_no_vocabulary():
    with pytest.raises(ValueError, match=r"begins with \[PAD\] \[UNK\] \[CLS\] \[SEP\] \[MASK\], not with \[UNK\] the"):
        tokenizer_of(["[UNK]", "the"])
    with pytest.raises(ValueError, match="but 'the' comes twice"):
        tokenizer_of([*SIGNS, "the", "fox", "the"])
