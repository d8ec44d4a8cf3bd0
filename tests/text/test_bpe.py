"""Byte-level byte-pair encoding step by step. That the library writes the same is proved in tests/reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.text.bpe import END, Vocabulary, in_bytes, kind, pieces_of, tokenizer_of, words
from lessons.text.bpe_training import train
from lessons.text.tale import TALE
from lessons.text.tokenizer import BYTES

PAIRS = [("l", "o"), ("e", "r"), ("Ġ", "lo"), ("lo", "w"), ("Ġlo", "w"), ("Ã", "©")]


@pytest.mark.parametrize(("text", "cut"), [
    ("She's 42, a café", ["She", "'s", " 42", ",", " a", " café"]),
    ("don't we're I've I'm", ["don", "'t", " we", "'re", " I", "'ve", " I", "'m"]),
    ("he'll you'd", ["he", "'ll", " you", "'d"]),
    ("SHE'S it’s 'tis 'rest", ["SHE", "'", "S", " it", "’", "s", " '", "tis", " '", "rest"]),
    ("'tis", ["'t", "is"]), ("a  b   c", ["a", " ", " b", "  ", " c"]), ("a\n\nb", ["a", "\n", "\n", "b"]),
    ("end  ", ["end", "  "]), (" ", [" "]), ("", []), ("a1b22", ["a", "1", "b", "22"]), ("½ Ⅷ²", ["½", " Ⅷ²"]),
    ("_x_ $5.", ["_", "x", "_", " $", "5", "."]), ("e\u0301t", ["e", "\u0301", "t"]), ("中文 字", ["中文", " 字"]),
    ("a\u00a0b\u3000\u2028c", ["a", "\u00a0", "b", "\u3000", "\u2028", "c"]), ("\x1ca", ["\x1c", "a"]),
    ("hi🙂🙂 🙂", ["hi", "🙂🙂", " 🙂"]),
])  # fmt: skip
def test_words(text, cut):
    assert words(text) == cut


@given(st.text())
def test_nothing_is_lost_in_cutting(text):
    assert "".join(words(text)) == text and "" not in words(text)


def test_kinds():
    assert "".join(map(kind, "a Zé中½Ⅷ\u0301🙂\u3000\n'")) == "a Zaa00..\n\n'"


def test_bytes():
    assert in_bytes(" café\n") == "ĠcafÃ©Ċ" and in_bytes("🙂") == "ðŁĻĤ" and in_bytes("") == ""
    assert in_bytes("\ud83d") == in_bytes("\ufffd")
    assert len({in_bytes(chr(code)) for code in range(128)}) == 128


def test_pieces():
    assert pieces_of(" lower", PAIRS) == ["Ġlow", "er"]
    assert pieces_of("lower", PAIRS) == ["low", "er"]
    assert pieces_of("é", PAIRS) == ["Ã©"] and pieces_of("è", PAIRS) == ["Ã", "¨"]
    assert pieces_of("", PAIRS) == [] and pieces_of("abc", []) == ["a", "b", "c"]
    assert pieces_of("aaaaa", [("a", "a")]) == ["aa", "aa", "a"], "from the left"


def test_the_oldest_merge_comes_first_and_not_the_longest_piece():
    assert pieces_of("abc", [("b", "c"), ("a", "b"), ("ab", "c")]) == ["a", "bc"]
    assert pieces_of("abc", [("a", "b"), ("b", "c"), ("ab", "c")]) == ["abc"]


def test_after_every_step_it_looks_again():
    """Two merges make abc. The second lets abc and a stand side by side, and these were joined earlier."""
    merges = [("b", "c"), ("a", "b"), ("ab", "c"), ("abc", "a"), ("a", "bc")]
    assert pieces_of("abcabc", merges) == ["abca", "bc"]
    encoded = tokenizer_of(merges).encode("abcabc")
    assert encoded.tokens == ["abca", "bc"] and encoded.ids == Vocabulary(merges).encode("abcabc")


def test_merges_with_their_counts_serve_as_pairs_do():
    merges = train(TALE, 300)
    pairs = [(first, second) for first, second, _ in merges]
    assert pieces_of(" maiden", merges) == pieces_of(" maiden", pairs) == ["Ġmaiden"]
    assert Vocabulary(merges).ids == Vocabulary(pairs).ids


def test_a_vocabulary_is_numbered_as_that_of_gpt2():
    vocabulary = Vocabulary(PAIRS)
    assert vocabulary.entries == (*BYTES, "lo", "er", "Ġlo", "low", "Ġlow", "Ã©", END)
    assert len(vocabulary) == 256 + 6 + 1 and vocabulary.ids["!"] == 0 and vocabulary.ids["Ġ"] == 220
    assert len(Vocabulary([])) == 257, "and with 50 000 merges 50 257"
    twice = Vocabulary([("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc")])
    assert len(twice) == 260 and twice.entries.count("abc") == 1


def test_every_text_comes_back():
    vocabulary = Vocabulary(train(TALE, 300))
    for text in ("", " ", TALE, "naïve 🙂\t中文\0", "a  b\n\n", "\x80\xff", "e\u0301", END, f"one{END}{END} two"):
        assert vocabulary.decode(vocabulary.encode(text)) == text
        assert [vocabulary.entries[i] for i in vocabulary.encode(text)] == vocabulary.tokens(text)
    assert vocabulary.tokens(f"a{END} b") == ["a", END, "Ġb"] and vocabulary.tokens("<|endoftext>")[0] == "<"
    assert vocabulary.decode(vocabulary.encode("a\ud83db")) == "a\ufffdb"
    assert vocabulary.tokens(TALE) == [p for word in words(TALE) for p in pieces_of(word, vocabulary.merges)]
    assert len(vocabulary.encode(TALE)) < len(TALE) / 2


@given(st.text())
def test_whatever_you_type_comes_back(text):
    vocabulary = Vocabulary(PAIRS)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_half_a_character():
    vocabulary = Vocabulary([])
    ids = vocabulary.encode("🙂")
    assert len(ids) == 4 and vocabulary.decode(ids[:3]) == "\ufffd" == tokenizer_of([]).decode(ids[:3])


@pytest.mark.parametrize("wrong", [-1, 263])
def test_an_id_that_there_is_not(wrong):
    with pytest.raises(ValueError, match=f"no token {wrong}: they are numbered from 0 to 262."):
        Vocabulary(PAIRS).decode([0, wrong])


@pytest.mark.parametrize(("merges", "missing"), [([("lo", "w"), ("l", "o")], "lo"), ([("a", "é€")], "é€")])
def test_merges_in_a_wrong_order(merges, missing):
    for take in (Vocabulary, tokenizer_of):
        with pytest.raises(ValueError, match=f"No merge has made '{missing}' yet"):
            take(merges)


def test_its_tokenizer_for_a_model():
    merges = train(TALE, 300)
    tokenizer, vocabulary = tokenizer_of(merges), Vocabulary(merges)
    assert tokenizer.entries == vocabulary.entries and len(tokenizer) == len(vocabulary)
    text = f"The naïve maiden{END} 🙂's"
    encoded = tokenizer.encode(text)
    assert encoded.ids == vocabulary.encode(text) and tokenizer.decode(encoded.ids) == text
    assert [token for token, sign in zip(encoded.tokens, encoded.special, strict=True) if sign] == [END]
    assert tokenizer.special(END) == len(vocabulary) - 1 and " maiden" in encoded.tokens
