"""Weights that transformers knows, taken over by a model of ours.

A wheel, a GGUF file and the hub all come here: a configuration and a state dict in transformers' words go in, one of
our models comes out. What the words mean stands beside the model: `config_from` and `from_transformers`.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lessons.text.tokenizer import Tokenizer
from lessons.zoo import weights

WORDS, NEXT, POOLER = "cls.predictions.", "cls.seq_relationship.", "bert.pooler."
"""How the names of the weights of BERT's heads begin: masked language, next sentence, and the layer before that."""


@dataclass(frozen=True)
class Way:
    """How weights become a model of ours."""

    kind: str  # a key of `weights.KINDS`
    weights: str  # "module:function": a state dict and our configuration in, our state dict out
    heads: tuple[str, ...] = ()  # it is open to weights that have all of these


@dataclass(frozen=True)
class Family:
    """What transformers calls one model_type."""

    title: str  # for people
    config: str  # "module:function": transformers' configuration in, ours out
    ways: tuple[Way, ...]  # the first that is open is taken


FAMILIES = {
    "bert": Family(
        "BERT",
        "lessons.bert.encoder_weights:config_from",
        (
            Way("bert-for-pre-training", "lessons.bert.model_weights:pre_training", (WORDS, NEXT, POOLER)),
            Way("masked-language-model", "lessons.bert.model_weights:masked_language_model", (WORDS,)),
            Way("bert-encoder", "lessons.bert.encoder_weights:from_transformers"),
        ),
    ),
    "llama": Family(
        "the Llama family",
        "lessons.gpt.llama_weights:config_from",
        (Way("llama", "lessons.gpt.llama_weights:from_transformers"),),
    ),
    "gpt2": Family(
        "GPT-2",
        "lessons.gpt.gpt2_weights:config_from",
        (Way("gpt2", "lessons.gpt.gpt2_weights:from_transformers"),),
    ),
}
"""What the course takes over, by transformers' model_type."""


def family(model_type: str) -> Family:
    """The family of a `model_type` of transformers. ValueError, with what there is, when the course has none."""
    if model_type not in FAMILIES:
        *others, last = (one.title for one in FAMILIES.values())
        raise ValueError(f"it is of the sort {model_type!r}, but the course has {', '.join(others)} and {last} only")
    return FAMILIES[model_type]


def take_over(config: Any, tensors: dict[str, Tensor], tokenizer: str) -> nn.Module:
    """Our model with these weights and the heads that are among them, in float32 and eval mode.

    config: transformers' configuration, as an object. tensors: its state dict, in float32. tokenizer: its JSON. Where
    they can be, numbers are shared, not copied. ValueError when they do not fit.
    """
    found = family(config.model_type)
    way = next(way for way in found.ways if all(has(tensors, head) for head in way.heads))
    ours = _function(found.config)(config)
    model = weights.hollow(way.kind, ours)
    named = _function(way.weights)(tensors, ours)
    weights.require_same(model, named, torch.float32)
    model.load_state_dict(named, assign=True)
    model.tokenizer = Tokenizer.from_json(tokenizer)
    return model.eval()


def has(names: Iterable[str], head: str) -> bool:
    """Whether a weight of this head is among them."""
    return any(name.startswith(head) for name in names)


def _function(path: str) -> Any:
    """The function at "module:function", imported when it is asked for."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)
