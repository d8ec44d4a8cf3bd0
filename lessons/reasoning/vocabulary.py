"""The words of the small reasoner: every word of the stories, every number from 0 to 99 and every sign is one token.

    Roger | has | 5 | pens | . | In | May | he | loses | 2 | .

A model of words needs no letters, so its texts are short and all its weights go into the reasoning. What it cannot do
is read another word: that one is read as UNKNOWN.
"""

import json
from functools import cache

from lessons.reasoning.problems import LARGEST, MONTHS, PEOPLE, PHRASES, THINGS
from lessons.text.tokenizer import Tokenizer

END, UNKNOWN = "<|endoftext|>", "<|unknown|>"
MARKS = (".", ",", ":", "?", "+", "-", "*", "/", "=")
FRAME = "Q A has In he she How many now The answer is Let's think step by"
"""The words around people, things and events, in the stories and in the two ways to begin an answer."""


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer, in the library's format. Marks stand alone, also where no space separates them from a word."""
    told = " ".join(phrase.replace("{}", "") for phrases in PHRASES.values() for phrase in phrases)
    words = dict.fromkeys(f"{FRAME} {' '.join((*MONTHS, *PEOPLE, *THINGS))} {told}".split())
    entries = [END, UNKNOWN, *map(str, range(LARGEST + 1)), *MARKS, *words]
    signs = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    marks = {"type": "Split", "pattern": {"Regex": r"[.,:?+*/=-]"}, "behavior": "Isolated", "invert": False}
    before = [{"type": "Replace", "pattern": {"String": f" {mark}"}, "content": mark} for mark in ".,:?"]
    return Tokenizer.from_json(
        json.dumps(
            {
                "version": "1.0",
                "added_tokens": [{"id": i, "content": name, **signs} for i, name in enumerate((END, UNKNOWN))],
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, marks]},
                "decoder": {
                    "type": "Sequence",
                    "decoders": [{"type": "WordPiece", "prefix": "##", "cleanup": False}, *before],
                },
                "model": {
                    "type": "WordLevel",
                    "vocab": {entry: i for i, entry in enumerate(entries)},
                    "unk_token": UNKNOWN,
                },
            }
        )
    )
