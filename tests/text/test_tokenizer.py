"""Tokens as people read them: any text goes in, and what is shown is what was typed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, pre_tokenizers, trainers

from lessons import zoo
from lessons.text.tokenizer import BYTES, Encoded, Tokenizer
from tests.real_weights import needs_real
from tests.zoo.packages import WORDS, wordpiece


def byte_level() -> str:
    """A byte-level tokenizer that knows all bytes and a few merges."""
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    library.train_from_iterator(["the fox and the café 😀 the end the fox"] * 9, trainer)
    return library.to_str()


BERT, GPT = Tokenizer.from_json(wordpiece()), Tokenizer.from_json(byte_level())
TEXTS = st.text(st.characters(), max_size=60) | st.text("the fox. [MASK]éé😀\u0301\u200d\0\ud83d\ude00 \n", max_size=40)


def test_words_are_shown_as_they_were_typed():
    encoded = BERT.encode("The UNAFFABLE fôx.")
    assert encoded.tokens == ["[CLS]", "The", "UN", "##AFF", "##ABLE", "fôx", ".", "[SEP]"]
    assert encoded.ids == [2, 5, 6, 7, 8, 9, 12, 3]
    assert encoded.spans == [(0, 0), (0, 3), (4, 6), (6, 9), (9, 13), (14, 17), (17, 18), (0, 0)]
    assert encoded.special == [True, *[False] * 6, True] and len(encoded) == 8
    assert BERT.decode(encoded.ids) == "[CLS] the unaffable fox. [SEP]"
    assert [BERT.token(i) for i in encoded.ids] == ["[CLS]", "the", "un", "##aff", "##able", "fox", ".", "[SEP]"]


def test_without_the_signs_around_it():
    assert BERT.encode("the fox", special=False) == Encoded([5, 9], ["the", "fox"], [(0, 3), (4, 7)], [False, False])


def test_a_word_that_nobody_knows_is_text_and_a_sign_that_was_typed_is_none():
    encoded = BERT.encode("the wombat [MASK]", special=False)
    assert encoded.tokens == ["the", "[UNK]", "[MASK]"] and encoded.special == [False, False, True]
    assert encoded.spans == [(0, 3), (4, 10), (11, 17)]


def test_two_texts():
    """The file of this tokenizer has signs for one text only; what differs for two is proved in test_wordpiece."""
    pair = BERT.encode_pair("The fox", "a\ud800 FOX [MASK]")
    assert pair.tokens == ["The", "fox", "[UNK]", "FOX", "[MASK]"] and pair.segments == [0, 0, 1, 1, 1]
    assert pair.spans == [(0, 3), (4, 7), (0, 1), (3, 6), (7, 13)], "each in its own text"
    assert pair.special == [False] * 4 + [True] and len(pair) == 5
    assert BERT.encode_pair("", "").ids == [] and isinstance(pair, Encoded)
    assert GPT.encode_pair("the", " fox").tokens == ["the", " fox"]


def test_the_vocabulary_and_its_signs():
    assert BERT.entries == tuple(WORDS)
    assert [BERT.special(name) for name in WORDS[:5]] == [0, 1, 2, 3, 4]
    assert "Ġthe" in GPT.entries and len(GPT.entries) == len(GPT) and GPT.special("<|endoftext|>") == 0
    with pytest.raises(ValueError, match=r"This tokenizer has no sign \[MASK\]; it has <\|endoftext\|>\."):
        GPT.special("[MASK]")
    with pytest.raises(ValueError, match=r"has no sign the; it has \[PAD\], \[UNK\], \[CLS\], \[SEP\], \[MASK\]\."):
        BERT.special("the")  # an entry, but no sign


def test_a_space_stays_before_its_word():
    encoded = GPT.encode("the fox\n the")
    assert encoded.tokens[:2] == ["the", " fox"] and "".join(encoded.tokens) == "the fox\n the"
    assert encoded.spans[:2] == [(0, 3), (3, 7)]


def test_a_part_of_a_character_is_shown_by_its_bytes():
    encoded = GPT.encode("x𝄞")
    assert encoded.tokens == ["x", "⟨F0⟩", "⟨9D⟩", "⟨84⟩", "⟨9E⟩"]
    assert encoded.spans == [(0, 1)] + [(1, 2)] * 4
    assert [GPT.token(i) for i in encoded.ids] == encoded.tokens, "not � four times"
    merged = json.loads(byte_level())
    merged["model"]["vocab"]["Ġð"] = 300  # a space and one byte
    merged["model"]["merges"] += [["Ġ", "ð"]]
    assert Tokenizer.from_json(json.dumps(merged)).encode(" 𝄞").tokens[0] == " ⟨F0⟩"


def test_every_byte_has_a_letter():
    assert sorted(BYTES.values()) == list(range(256))
    assert set(BYTES) == set(pre_tokenizers.ByteLevel.alphabet())


@pytest.mark.parametrize("tokenizer", [BERT, GPT], ids=["wordpiece", "bytes"])
@settings(deadline=None, max_examples=150)
@given(text=TEXTS)
def test_any_text_works(tokenizer, text):
    for special in (True, False):
        encoded = tokenizer.encode(text, special)
        assert len(encoded.ids) == len(encoded.tokens) == len(encoded.spans) == len(encoded.special) == len(encoded)
        assert all(0 <= i < len(tokenizer) for i in encoded.ids) and all(encoded.tokens)
        assert all(0 <= start <= end <= len(text) for start, end in encoded.spans)
        assert isinstance(tokenizer.decode(encoded.ids), str)


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_bytes_come_back_as_they_were(text):
    """Nothing is lost, but for halves of surrogate pairs, which are no text."""
    whole = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    encoded = GPT.encode(text)
    assert GPT.decode(encoded.ids) == whole
    for token, (start, end) in zip(encoded.tokens, encoded.spans, strict=True):
        if "⟨" not in token:
            assert token == whole[start:end]


def test_a_very_long_text():
    text = "the fox. " * 11_112
    assert len(BERT.encode(text)) == 3 * 11_112 + 2
    assert GPT.decode(GPT.encode(text).ids) == text
    assert BERT.encode("t" * 100_000).tokens == ["[CLS]", "[UNK]", "[SEP]"]


def test_an_empty_text():
    assert BERT.encode("").tokens == ["[CLS]", "[SEP]"]
    assert GPT.encode("") == Encoded([], [], [], []) and GPT.decode([]) == ""


def test_neither_padded_nor_cut():
    """The file asks for a length of 9 and of at most 6."""
    assert len(BERT.encode("the")) == 3 and len(BERT.encode("the " * 30)) == 32


def test_json_goes_in_and_comes_out():
    text = wordpiece()
    tokenizer = Tokenizer.from_json(text)
    assert tokenizer.to_json() == text and tokenizer == BERT and hash(tokenizer) == hash(BERT)
    assert tokenizer != GPT and tokenizer != text and len(tokenizer) == 13


@pytest.mark.parametrize("text", ["", "{}", "[1]", "no JSON", '{"model": 3}'])
def test_what_is_no_tokenizer_gets_a_sentence(text):
    with pytest.raises(ValueError, match="This is not the JSON of a tokenizer: "):
        Tokenizer.from_json(text)


@pytest.mark.parametrize("i", [-1, 13, 10**9])
def test_an_id_that_there_is_not(i):
    with pytest.raises(ValueError, match=f"There is no token {i}: they are numbered from 0 to 12."):
        BERT.decode([5, i])


@needs_real("minilm-l6")
@needs_real("smollm2-135m")
def test_the_real_ones():
    bert, smol = (zoo.load(name).tokenizer for name in ("minilm-l6", "smollm2-135m"))
    assert bert.encode("The unaffable café").tokens == ["[CLS]", "The", "una", "##ffa", "##ble", "café", "[SEP]"]
    assert bert.encode("😀").tokens == ["[CLS]", "[UNK]", "[SEP]"]
    encoded = smol.encode("The café in 1997 😀<|im_end|>")
    assert encoded.tokens == ["The", " café", " in", " ", "1", "9", "9", "7", " ⟨F0 9F 98⟩", "⟨80⟩", "<|im_end|>"]
    assert encoded.special == [False] * 10 + [True]
    assert smol.decode(encoded.ids) == "The café in 1997 😀<|im_end|>"
