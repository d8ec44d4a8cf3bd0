"""A tiny model that writes, the panel around it, and what the model says without any cache: for the next token."""

from functools import cache

import torch
from torch import nn

from lessons.core.seed import seeded
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.pieces import byte_pairs
from tests.widgets import toy_readers
from widgets.explorers.next_token import LIKELIEST, NextToken

TEXT = "the cat sat on the mat"
SIGN = 0


@cache
def toy() -> nn.Module:
    """Pieces and a start sign; the context is short. The sign is what the model says most seldom."""
    tokenizer = byte_pairs(TEXT * 9, 270)
    with seeded(3):
        model = Llama(LlamaConfig(len(tokenizer), 12, 2, 3, 1, 4, 10, context=40))
        for weight in model.parameters():
            nn.init.normal_(weight, std=0.6)
    model.tokenizer = tokenizer
    return model.eval()


MODELS = {"Toy": toy, "Bytes": toy_readers.decoder}
SETTINGS = [{}, {"way": LIKELIEST}, {"temperature": 0.4, "top_k": 7}, {"temperature": 1.6, "top_p": 0.6, "seed": 5}]


def panel(**state: object) -> NextToken:
    return NextToken(MODELS, **{"text": TEXT, "model": "Toy", **state})


def ids_of(p: NextToken) -> list[int]:
    return list(p.reading().ids)


def said(model: nn.Module, ids: list[int]) -> torch.Tensor:
    """What the model says after every token, without any cache: [time vocab]."""
    with torch.no_grad():
        return model(torch.tensor([ids]))[0].softmax(dim=-1)


def unsigned(monkeypatch) -> None:
    """No sign ends a text in this test."""
    monkeypatch.setattr(toy().tokenizer, "signs", frozenset())


def at(p: NextToken, count: int, act) -> None:
    """Do something as soon as so many tokens are written."""
    p.observe(lambda change: len(change["new"]) == count and act(), "written")
