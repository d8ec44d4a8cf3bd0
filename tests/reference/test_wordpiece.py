"""WordPiece by hand gives what the `tokenizers` library gives: the ids of 10 000 texts, and the entries it trains.

The random texts are of characters that Unicode knew in 2002 and has not sorted anew since, for the library's tables are
older than Python's, and of emoji and Chinese characters of later years.
"""

import inspect
import pkgutil
import random
from functools import cache
from importlib import import_module
from itertools import chain
from unicodedata import category, normalize, ucd_3_2_0

import pytest
from tokenizers import Tokenizer as Library
from tokenizers import models, normalizers, pre_tokenizers, trainers

import lessons.text
from lessons import zoo
from lessons.text.tale import TALE
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import SIGNS, encode, tokenizer_of, vocabulary_of, words
from lessons.text.wordpiece_training import alphabet, train
from tests.real_weights import needs_real

BLOCKS = [
    (0x20, 0x7F), (0x00, 0xA0), (0xA0, 0x250), (0x1E00, 0x1F00), (0x300, 0x370), (0x370, 0x400), (0x1F00, 0x2000),
    (0x400, 0x530), (0x590, 0x600), (0x600, 0x700), (0x900, 0x980), (0xE00, 0xE80), (0x1100, 0x1200), (0xAC00, 0xD7A4),
    (0x3000, 0x3100), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x2000, 0x2070), (0x2070, 0x2800), (0xE000, 0xF8FF),
    (0xFE00, 0x10000), (0x1D000, 0x1D800), (0x20000, 0x2A6D7), (0x2F800, 0x2FA20),
]  # fmt: skip
LATER = [*range(0x1F300, 0x1F650), *range(0x2A700, 0x2B735), *range(0x2B740, 0x2CEA2)]
HIDDEN = ["\0", "\u200b", "\u200d", "\ufe0f", "\ufeff", "\xad", "\ufffd", "\ud83d", "\x85", "\u2028", "\u3000"]
LONG_WORDS = [word for word in TALE.split() if len(word) > 2]


def stable(start: int, end: int) -> list[str]:
    """The characters of these codes that Unicode knew in 2002 and has not sorted anew since."""
    return [c for c in map(chr, range(start, end)) if category(c) == ucd_3_2_0.category(c) not in ("Cn", "Cs")]


@cache
def pools() -> list[list[str]]:
    """Characters to draw from, one list for every script or sort."""
    return [stable(*block) for block in BLOCKS] + [list(map(chr, LATER))]


@cache
def ours() -> Tokenizer:
    """A tokenizer that needs no file: trained on our tale, with every other character of `pools` besides."""
    found = {c for pool in pools() for word in words("".join(pool)) for c in word}
    entries = [*train(TALE, 450).entries, *sorted(found)[::2], *("##" + c for c in sorted(found)[::3])]
    return tokenizer_of(dict.fromkeys(entries))


def real_texts() -> list[str]:
    """Our tale, and the source code of the modules beside it in lines."""
    modules = [import_module(f"lessons.text.{module.name}") for module in pkgutil.iter_modules(lessons.text.__path__)]
    lines = chain.from_iterable(inspect.getsource(module).splitlines() for module in modules)
    return [TALE, *TALE.split("\n\n"), *lines]


def random_text(source: random.Random) -> str:
    """A few words of one script or of many, of what is hidden, of signs, and of overlong words."""

    def word() -> str:
        kind = source.random()
        if kind < 0.30:
            return source.choice(LONG_WORDS)
        if kind < 0.36:
            return source.choice([*SIGNS, "[mask]", "[MASK", "[[MASK]]", "[UNUSED]"])
        if kind < 0.38:
            return source.choice(["a", "ä", "e\u0301", "中", "."]) * source.choice([99, 100, 101, 51])
        drawn = [source.choice(pools())] if kind < 0.8 else source.choices(pools(), k=4)
        return "".join(source.choice(source.choice(drawn)) for _ in range(source.randint(1, 8)))

    text = source.choice(["", " ", "\n", "-"]).join(word() for _ in range(source.randint(0, 8)))
    if source.random() < 0.3:
        place = source.randint(0, len(text))
        text = text[:place] + source.choice(HIDDEN) + text[place:]
    form = source.choice(["as it is", "upper", "title", "NFD", "NFC"])
    if form in ("NFD", "NFC"):
        return normalize(form, text)
    return {"upper": text.upper(), "title": text.title()}.get(form, text)


@cache
def texts() -> list[str]:
    found = ["", " ", "\n", "\u200b", *real_texts()]
    return found + [random_text(random.Random(i)) for i in range(10_000 - len(found))]


def test_the_texts_are_of_all_kinds():
    together = "".join(texts())
    assert len(texts()) == 10_000 and "" in texts()
    assert all(any(c in together for c in pool) for pool in pools()) and all(c in together for c in HIDDEN)
    for length in (99, 100, 101):
        assert any("a" * length in text and "a" * (length + 1) not in text for text in texts())
    assert any(normalize("NFC", text) != normalize("NFD", text) == text for text in texts())


@pytest.mark.parametrize("load", [ours, pytest.param(
    lambda: zoo.load("minilm-l6").tokenizer, marks=needs_real("minilm-l6"), id="minilm-l6")
])  # fmt: skip
def test_ten_thousand_texts_have_the_ids_of_the_library(load):
    tokenizer = load()
    vocabulary = vocabulary_of(tokenizer)
    library = Library.from_str(tokenizer.to_json())
    library.no_padding()
    library.no_truncation()
    seen = set()
    whole = [text.replace("\ud83d", "\ufffd") for text in texts()]  # the library reads no half of a pair
    for text, theirs in zip(texts(), library.encode_batch(whole), strict=True):
        written = encode(text, vocabulary)
        assert (written.ids, written.tokens, written.segments) == (theirs.ids, theirs.tokens, theirs.type_ids), ascii(
            text
        )
        seen.update(written.tokens)
    assert set(SIGNS) < seen and sum(token.startswith("##") for token in seen) > 300 and len(seen) > 1000

    pairs = list(zip(texts()[::31], texts()[7::31], strict=False))
    for first, second in pairs:
        written, theirs = encode(first, vocabulary, second), tokenizer.encode_pair(first, second)
        assert (written.ids, written.segments) == (theirs.ids, theirs.segments), ascii((first, second))


def test_every_stable_character_is_tidied_and_cut_as_the_library_does():
    characters = stable(0, 0x110000)
    assert len(characters) > 90_000
    text = " ".join(f"a{c}b" for c in characters)
    tidy = normalizers.BertNormalizer().normalize_str(text)
    theirs = [word for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(tidy)]
    found = words(text)
    assert next((pair for pair in zip(found, theirs, strict=False) if pair[0] != pair[1]), None) is None
    assert len(found) == len(theirs)


def library_entries(text: str, size: int, least: int, first: list[str]) -> list[str]:
    """What the library's own trainer finds, in the order of the ids; `first` are numbered before it starts."""
    library = Library(models.WordPiece(unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer()
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=size, min_frequency=least, special_tokens=first, show_progress=False)
    library.train_from_iterator([text], trainer)
    vocabulary = library.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def drawn(seed: int) -> str:
    """Words of a few letters, so that many pairs are equally frequent and letters repeat."""
    source = random.Random(seed)
    letters = source.choice(["a", "ab", "abcde", "abcdefgh", "aéß中문и"])
    lengths = range(1, source.choice([4, 7, 30]))
    return " ".join("".join(source.choices(letters, k=source.choice(lengths))) for _ in range(source.randint(1, 60)))


@pytest.mark.parametrize(("text", "size", "least"), [
    (TALE, 200, 0), (TALE, 500, 1), (TALE, 3000, 2), (TALE, 3000, 5), (TALE, 3000, 1),
    ("\n".join(real_texts()), 1500, 1), ("The cafés of 東京, Москва und ΑΘΗΝΑ! [MASK] " * 3 + TALE, 400, 1),
    ("", 5, 1), ("x", 9, 1),
])  # fmt: skip
def test_training_finds_the_entries_of_the_library(text, size, least):
    entries = list(train(text, size, least).entries)
    assert entries == library_entries(text, size, least, [*SIGNS, *alphabet(words(text))])


def test_training_decides_between_equal_pairs_as_the_library_does():
    equal = 0
    for seed in range(300):
        text, least = drawn(seed), seed % 3
        first = [*SIGNS, *alphabet(words(text))]
        size = len(first) + seed % 70
        trained = train(text, size, least)
        assert list(trained.entries) == library_entries(text, size, least, first), (seed, text)
        equal += len(trained.merges) - len({merge.count for merge in trained.merges})
    assert equal > 1000


def test_where_no_pairs_are_equal_the_library_finds_the_same_as_it_stands():
    """Its numbers then decide nothing, but the ids of the ## characters still come as they come."""
    text = " ".join(word[:end] for word in ("lantern", "physic", "worm") for end in range(1, len(word) + 1))
    text = " ".join([text, *["phy"] * 7, *["wo"] * 20])
    trained = train(text, 5 + len(alphabet(words(text))) + 5)
    assert len({merge.count for merge in trained.merges}) == len(trained.merges) == 5
    theirs = library_entries(text, len(trained.entries), 1, list(SIGNS))
    assert theirs[-5:] == list(trained.entries[-5:]) and sorted(theirs) == sorted(trained.entries)
