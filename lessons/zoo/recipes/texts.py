"""The public texts that the masked models of lesson 5 read, cut into sentences and into rows of tokens.

Four files, in this order, joined by form feeds, are one text: WikiText-2 (validation and test, raw), Grimm's Fairy
Tales (edited by F. J. Olcott), and the training and test questions of GSM8K. Held out are every tenth article, the last
tenth of the tales, and the test questions. The tales and the questions are the "simple prose".

`python -m lessons.zoo train NAME --text WIKITEXT GRIMM GSM8K-TRAIN GSM8K-TEST` joins them.
"""

import json
import re
from collections.abc import Iterable

import torch
from jaxtyping import Int
from torch import Tensor

from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import CLS, PAD, SEP
from lessons.zoo.manifest import ZooError
from lessons.zoo.recipes.tales import clean, flowing, split

SOURCE = (
    "WikiText-2 raw, validation and test in one file (CC BY-SA 3.0); Grimm's Fairy Tales, edited by Frances Jenkins "
    "Olcott (public domain); GSM8K, train and test (MIT): four files, joined by form feeds"
)
TEXT_SHA256 = "768708fa77777717aa3542e506007ac6f3be9cb5dd289e23f1f32014edc52273"
ARTICLE = re.compile(r"(?m)^ = (?=[^=\n]+ = *$)")
SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z“\"‘'(])|(?<=[.!?][”\"’')]) +(?=[A-Z“\"‘'(])")

Documents = list[list[str]]
"""Texts that do not belong together, each a list of sentences."""


def documents(text: str) -> tuple[dict[str, Documents], dict[str, Documents]]:
    """The documents to train on and those held out, each under "wikitext2", "tales" and "problems".

    ZooError when the text is not the four files.
    """
    files = text.split("\f")
    if len(files) != 4:
        raise ZooError(f"The text is four files joined by form feeds, not {len(files)}: {SOURCE}.")
    wikitext, tales, *problems = files
    articles = [sentences(_plain(article)) for article in ARTICLE.split(wikitext)[1:]]
    told = [[sentences(flowing(part))] for part in split(clean(tales))]
    asked = [[sentences(json.loads(line)["question"]) for line in part.splitlines()] for part in problems]
    train = {"wikitext2": [a for i, a in enumerate(articles) if i % 10 != 9], "tales": told[0], "problems": asked[0]}
    held = {"wikitext2": articles[9::10], "tales": told[1], "problems": asked[1]}
    return train, held


def sentences(text: str) -> list[str]:
    """The sentences of a text, roughly: cut behind a mark that ends one, before a capital or an opening mark."""
    return [part.strip() for line in text.splitlines() for part in SENTENCE.split(line) if part.strip()]


def _plain(article: str) -> str:
    """An article without headings and without the marks that WikiText adds; its unknown words become [UNK]."""
    lines = [line for line in article.splitlines()[1:] if not line.lstrip().startswith("=")]
    return re.sub(r" @(.)@ ", r"\1", "\n".join(lines)).replace("<unk>", "[UNK]")


def rows(documents: Documents, tokenizer: Tokenizer, length: int) -> Int[Tensor, "batch time"]:
    """Whole sentences of one document, as many as fit, in rows of `length` with the signs around them, padded.

    Short rows teach a model what a single sentence looks like, which is what a student types.
    """
    found: list[list[int]] = []
    for document in documents:
        row: list[int] = []
        for sentence in document:
            ids = tokenizer.encode(sentence, special=False).ids
            if row and len(row) + len(ids) > length - 2:
                found.append(row)
                row = []
            row = row + ids
            while len(row) > length - 2:  # a sentence that is too long for one row
                found.append(row[: length - 2])
                row = row[length - 2 :]
        if row:
            found.append(row)
    first, last, padding = (tokenizer.special(name) for name in (CLS, SEP, PAD))
    table = torch.full((len(found), length), padding)
    for i, row in enumerate(found):
        table[i, : len(row) + 2] = torch.tensor([first, *row, last])
    return table


def joined(parts: Iterable[Documents]) -> Documents:
    """All documents of several sources."""
    return [document for part in parts for document in part]
