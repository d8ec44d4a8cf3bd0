"""WordPiece by hand, from a raw text to the ids that BERT reads (Schuster and Nakajima 2012; Wu et al. 2016; Devlin et
al. 2019).

    vocabulary = vocabulary_of(zoo.load("minilm-l6").tokenizer)
    words("The unaffable café!")                # ["the", "unaffable", "cafe", "!"]
    pieces_of("unaffable", vocabulary)          # ["una", "##ffa", "##ble"]
    encode("Who is it?", vocabulary, second="The wolf.").tokens        # [CLS] who is it ? [SEP] the wolf . [SEP]

Read it from top to bottom: four small functions tidy a text, `words` cuts it, `pieces_of` writes a word in entries of
the vocabulary, `pieces` does so for a text, and `encode` puts the signs around one text or two.

It equals the `tokenizers` library. The code that was published with BERT differs in five places, where we do as the
library: it makes words small at once, so that an Σ at the end becomes ς (here each letter by itself: σ); it keeps
characters for private use; it sets all Chinese characters apart (the library forgets 256 rare ones, U+2B820 to
U+2B91F); it gives up words of more than 200 characters (here 100); and to it a "[MASK]" that somebody typed is [, mask
and ], and no sign. Which characters are accents and punctuation your Python knows from its Unicode tables; those of the
library are older, so that the two disagree in some 500 rare characters, most of them younger than 2015.
"""

import re
import string
from collections.abc import Collection
from dataclasses import dataclass
from unicodedata import category, normalize

from lessons.text.tokenizer import Tokenizer

SIGNS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")  # also where they are typed in a text
PAD, UNKNOWN, CLS, SEP, MASK = SIGNS
TYPED = re.compile("(" + "|".join(map(re.escape, SIGNS)) + ")")

DROPPED = ("Cc", "Cf", "Co", "Cs")  # categories of Unicode: control, format, private use, half of a character
CHINESE = re.compile(
    "([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b81f\U0002b920-\U0002ceaf"
    "\U0002f800-\U0002fa1f])"
)

PREFIX = "##"  # before a piece that goes on with a word
LONGEST = 100  # characters of a word


def cleaned(text: str) -> str:
    """The text without characters that nobody sees, and with a plain space for whitespace of any kind."""
    kept = (c for c in text if c in "\t\n\r" or (category(c) not in DROPPED and c != "\ufffd"))
    return "".join(" " if c.isspace() else c for c in kept)


def chinese_apart(text: str) -> str:
    """The text with a space on both sides of each Chinese character: they follow each other without any."""
    return CHINESE.sub(r" \1 ", text)


def lowered(text: str) -> str:
    """The text in small letters without accents.

    NFD takes an é apart, into an e and an accent; accents are of the category Mn, marks that take no room.
    """
    letters = (c for c in normalize("NFD", text) if category(c) != "Mn")
    return "".join(c.lower() for c in letters)


def punctuation_apart(text: str) -> str:
    """The text with a space on both sides of what stands for itself: punctuation, and $ + < = > ^ ` | ~ as well."""
    return "".join(f" {c} " if c in string.punctuation or category(c).startswith("P") else c for c in text)


def words(text: str) -> list[str]:
    """The words of a text, tidied; every punctuation character is one of them."""
    return punctuation_apart(lowered(chinese_apart(cleaned(text)))).split()


def pieces_of(word: str, vocabulary: Collection[str]) -> list[str]:
    """The word in entries of the vocabulary: the longest that it begins with, then the longest that goes on, …

    [UNK] alone for a word of more than `LONGEST` characters, or where no entry fits at some place: greed never goes
    back to try a shorter one.
    """
    if len(word) > LONGEST:
        return [UNKNOWN]
    pieces, start = [], 0
    while start < len(word):
        prefix = PREFIX if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in vocabulary), None)
        if end is None:
            return [UNKNOWN]
        pieces.append(prefix + word[start:end])
        start = end
    return pieces


def pieces(text: str, vocabulary: Collection[str]) -> list[str]:
    """The text in entries of the vocabulary. The name of a sign is that sign where it is typed exactly so, "[MASK]"."""
    out = []
    for part in TYPED.split(text):
        out += [part] if part in SIGNS else [piece for word in words(part) for piece in pieces_of(word, vocabulary)]
    return out


@dataclass(frozen=True)
class Written:
    """One text or two as BERT reads them. All three lists are equally long."""

    tokens: list[str]  # entries of the vocabulary
    ids: list[int]
    segments: list[int]  # 0 for the first text with its [CLS] and [SEP], 1 for the second with its [SEP]


def encode(text: str, vocabulary: dict[str, int], second: str | None = None) -> Written:
    """[CLS] text [SEP], or [CLS] text [SEP] second [SEP].

    vocabulary: the id of every entry. ValueError when it lacks [UNK], [CLS], [SEP], or a sign that is typed.
    """
    tokens = [CLS, *pieces(text, vocabulary), SEP]
    segments = [0] * len(tokens)
    if second is not None:
        tokens += [*pieces(second, vocabulary), SEP]
        segments += [1] * (len(tokens) - len(segments))
    if missing := {token for token in (UNKNOWN, *tokens) if token not in vocabulary}:
        raise ValueError(f"This is no vocabulary of BERT's kind: it lacks {', '.join(sorted(missing))}.")
    return Written(tokens, [vocabulary[token] for token in tokens], segments)


def vocabulary_of(tokenizer: Tokenizer) -> dict[str, int]:
    """The id of every entry, in the order of the ids: what `encode` takes."""
    return {entry: i for i, entry in enumerate(tokenizer.entries)}


def tokenizer_of(entries: Collection[str]) -> Tokenizer:
    """The tokenizer that writes texts as `encode` does, for a model of ours: the other way round from `vocabulary_of`.

    entries: in the order of their ids, `SIGNS` first. ValueError when they are not, or when one comes twice.
    """
    entries = list(entries)
    if tuple(entries[: len(SIGNS)]) != SIGNS:
        raise ValueError(f"A vocabulary begins with {' '.join(SIGNS)}, not with {' '.join(entries[: len(SIGNS)])}.")
    vocabulary = {entry: i for i, entry in enumerate(entries)}
    if len(vocabulary) < len(entries):
        twice = next(entry for i, entry in enumerate(entries) if vocabulary[entry] != i)
        raise ValueError(f"An entry stands in a vocabulary once, but {twice!r} comes twice.")
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    library = Library(
        models.WordPiece(
            vocabulary, unk_token=UNKNOWN, continuing_subword_prefix=PREFIX, max_input_chars_per_word=LONGEST
        )
    )
    library.normalizer = normalizers.BertNormalizer()
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    library.add_special_tokens(list(SIGNS))
    library.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
        special_tokens=[(sign, vocabulary[sign]) for sign in (CLS, SEP)],
    )
    return Tokenizer.from_json(library.to_str())
