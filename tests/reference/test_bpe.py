"""Byte-pair encoding by hand gives what the `tokenizers` library gives: 10 000 texts, and the merges of a training.

The random texts are of the stable characters that tests/reference/test_wordpiece.py draws from.
"""

import json
import random
import time
from functools import cache
from itertools import product
from unicodedata import category, normalize

import pytest
from tokenizers import Tokenizer as Library
from tokenizers import models, pre_tokenizers, trainers

from lessons import zoo
from lessons.text.bpe import END, Vocabulary, in_bytes, tokenizer_of, words
from lessons.text.bpe_training import train
from lessons.text.tale import TALE
from tests.real_weights import needs_real
from tests.reference.test_wordpiece import HIDDEN, LONG_WORDS, drawn, pools, real_texts, stable

ENDINGS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "’s", "'", "''", "'x", "'ſ", "'l", "'r"]
SPACES = ["", " ", " ", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\t", "\r\n", "\u00a0", " \u3000", "\u2028 "]


def random_text(source: random.Random) -> str:
    """Words of one script or of many, with endings, numbers, long repetitions, spaces of all kinds and the sign."""

    def word() -> str:
        sort = source.random()
        if sort < 0.30:
            return source.choice(LONG_WORDS) + source.choice(["", *ENDINGS])
        if sort < 0.36:
            return str(source.randint(0, 10 ** source.randint(1, 9))) + source.choice(["", ".", "½", "²", "Ⅷ", "th"])
        if sort < 0.40:
            return source.choice([END, END[:-1], "<|endoftext|", "|>", END.upper()])
        if sort < 0.44:
            return source.choice(["a", "the", "é", "中", "!", "abc", "🙂", "1"]) * source.randint(2, 40)
        lists = [source.choice(pools())] if sort < 0.8 else source.choices(pools(), k=4)
        return "".join(source.choice(source.choice(lists)) for _ in range(source.randint(1, 8)))

    text = "".join(source.choice(SPACES) + word() for _ in range(source.randint(0, 8))) + source.choice(SPACES)
    if source.random() < 0.3:
        place = source.randint(0, len(text))
        text = text[:place] + source.choice(HIDDEN) + text[place:]
    form = source.choice(["as it is", "as it is", "upper", "title", "NFD", "NFC"])
    if form in ("NFD", "NFC"):
        return normalize(form, text)
    return {"upper": text.upper(), "title": text.title()}.get(form, text)


@cache
def texts() -> list[str]:
    found = ["", " ", "\n", "\u200b", *real_texts()]
    return found + [random_text(random.Random(i)) for i in range(10_000 - len(found))]


def ours() -> list[tuple]:
    """Many merges, also of other scripts: those of our texts and of some that are drawn."""
    return list(train("\n".join([*real_texts(), *texts()[::40]]), 2000))


def of_smollm2() -> list[tuple]:
    return [tuple(pair) for pair in json.loads(zoo.load("smollm2-135m").tokenizer.to_json())["model"]["merges"]]


@pytest.mark.parametrize(("load", "count"), [
    pytest.param(ours, 10_000, id="ours"),
    pytest.param(of_smollm2, 2_000, marks=needs_real("smollm2-135m"), id="smollm2"),
])  # fmt: skip
def test_ten_thousand_texts_have_the_ids_of_the_library(load, count):
    merges, read = load(), texts()[-count:]
    vocabulary, tokenizer = Vocabulary(merges), tokenizer_of(merges)
    library = Library.from_str(tokenizer.to_json())
    assert len(read) == count
    whole = [text.replace("\ud83d", "\ufffd") for text in read]  # the library reads no half of a pair
    seen = set()
    for text, theirs in zip(read, library.encode_batch(whole), strict=True):
        ids = vocabulary.encode(text)
        tokens = [vocabulary.entries[i] for i in ids]
        assert (ids, tokens) == (theirs.ids, theirs.tokens), ascii(text)
        seen.update(tokens)
    assert END in seen and len(seen) > 1500
    for text in whole[::37]:
        ids = vocabulary.encode(text)
        assert vocabulary.decode(ids) == tokenizer.decode(ids) == text
        assert vocabulary.decode(ids[1::2]) == tokenizer.decode(ids[1::2]), "also where characters are cut in two"


def library_words(text: str) -> list[str]:
    """The words of a text in the letters of bytes, as the library cuts it."""
    return [word for word, _ in pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)]


def test_every_stable_character_is_cut_as_the_library_does():
    characters = [c for c in stable(0, 0x110000) if category(c) != "Co"]  # all for private use are alike
    assert len(characters) > 90_000
    for start in range(0, len(characters), 1000):  # what the library does with a long text takes long
        text = "".join(f"a{c}1 {c}." for c in characters[start : start + 1000])
        assert list(map(in_bytes, words(text))) == library_words(text), hex(ord(characters[start]))


def test_every_short_text_of_all_kinds_of_characters_is_cut_as_the_library_does():
    for length in range(1, 5):
        for text in map("".join, product("'slre1. \né", repeat=length)):
            assert list(map(in_bytes, words(text))) == library_words(text), ascii(text)


def test_merges_in_any_order_are_done_as_the_library_does():
    """Also those that no training would find: of pieces that are made in two ways, and of old pairs of young pieces."""
    for seed in range(300):
        source = random.Random(seed)
        pieces, merges = list("abc"), []
        for _ in range(source.randint(1, 25)):
            pair = (source.choice(pieces), source.choice(pieces))
            if pair not in merges and len("".join(pair)) < 9:
                merges.append(pair)
                pieces.append("".join(pair))
        vocabulary, tokenizer = Vocabulary(merges), tokenizer_of(merges)
        for text in ("".join(source.choices("abc", k=source.randint(1, 60))) for _ in range(10)):
            assert vocabulary.encode(text) == tokenizer.encode(text).ids, (merges, text)


def library_merges(text: str, merges: int, least: int) -> list[tuple[str, str]]:
    """What the library's own trainer finds."""
    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=256 + merges, min_frequency=least, initial_alphabet=alphabet, show_progress=False
    )
    library.train_from_iterator([text], trainer)
    return [tuple(pair) for pair in json.loads(library.to_str())["model"]["merges"]][:merges]


@pytest.mark.parametrize(("text", "merges", "least"), [
    (TALE, 200, 0), (TALE, 5000, 2), (TALE, 5000, 5), (TALE, 5000, 1), ("\n".join(real_texts()), 1500, 1),
    ("The cafés of 東京, Москва und ΑΘΗΝΑ! 🙂🙂 It's 42.\n\n" * 3 + TALE, 400, 1), ("", 5, 1), ("x", 9, 1),
])  # fmt: skip
def test_training_finds_the_merges_of_the_library(text, merges, least):
    assert [merge[:2] for merge in train(text, merges, least)] == library_merges(text, merges, least)


def test_training_decides_between_equal_pairs_as_the_library_does():
    equal = 0
    for seed in range(300):
        text, least = drawn(seed), seed % 3
        merges = train(text, seed % 70, least)
        assert [merge[:2] for merge in merges] == library_merges(text, seed % 70, least), (seed, text)
        equal += len(merges) - len({merge.count for merge in merges})
    assert equal > 1000


def test_five_hundred_merges_of_130_kilobytes():
    """English takes some 0.2 s of one core, this mixture of scripts 1 s. The ceiling is for slow machines."""
    text = "\n".join([*real_texts(), *texts()[-3_000:]])[:130_000]
    assert len(text) == 130_000
    before = time.process_time()
    assert len(train(text, 500)) == 500
    spent = time.process_time() - before
    print(f"500 merges of {len(text):,} characters: {spent:.2f} s")
    assert spent < 15
