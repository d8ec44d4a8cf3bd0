"""Characters as tokens: what is read, what is replaced, and that places never move."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lessons.text.characters import UNKNOWN, Characters, curly
from lessons.text.tale import TALE

VOCABULARY = Characters.of("Once upon a time, “she” said.\n")


def test_ids_are_places_in_the_vocabulary():
    ids = VOCABULARY.encode("no")
    assert ids.dtype == torch.long and [VOCABULARY.symbols[i] for i in ids] == ["n", "o"]
    assert VOCABULARY.decode(ids) == "no" and len(VOCABULARY) == len(VOCABULARY.symbols)


def test_rare_characters_are_left_out():
    assert Characters.of("aaabbc", least=2).symbols == UNKNOWN + "ab"
    assert Characters.of("aaabbc").symbols == UNKNOWN + "abc"


@pytest.mark.parametrize(("typed", "read"), [
    ("once", "once"),
    ("é", "e"),
    ("a\tb", "a □"),
    ("\u00a0", " "),
    ("☃", "□"),
    ("12", "□□"),
    ('"no" "so', "“no” “so"),
    ('“no" "so"', "“no” “so”"),
    ("", ""),
])  # fmt: skip
def test_what_the_model_reads(typed, read):
    assert VOCABULARY.read(typed) == read


def test_an_apostrophe_typed_straight_is_read_as_a_curly_one():
    assert Characters.of("’n").read("'n'") == "’n’"


def test_the_unknown_ones_are_named_once_in_their_order():
    assert VOCABULARY.unknown("☃ a 7 ☃ é once") == ["☃", "7"]


@given(st.text())
def test_a_text_keeps_its_length(text):
    read = VOCABULARY.read(text)
    assert len(read) == len(text) == len(VOCABULARY.encode(text)) and set(read) <= set(VOCABULARY.symbols)
    assert VOCABULARY.read(read) == read  # reading twice changes nothing more


@given(st.text(alphabet='ab"“”', max_size=20), st.integers(0, 20))
def test_what_comes_later_changes_nothing_before(text, cut):
    assert curly(text).startswith(curly(text[:cut]))


@given(st.text(min_size=1))
def test_a_vocabulary_reads_its_own_text_as_it_is(text):
    assert Characters.of(text).read(text) == text


@pytest.mark.parametrize("symbols", ["abc", "", UNKNOWN + "aa"])
def test_a_broken_vocabulary(symbols):
    with pytest.raises(ValueError, match="A vocabulary starts with □ and holds no character twice"):
        Characters(symbols)


def test_our_tale_has_what_the_cells_are_looked_for_with():
    assert max(map(len, TALE.splitlines())) <= 70
    assert TALE.count("“") == TALE.count("”") >= 20
    assert 2000 < len(TALE) < 4000
