"""Weights that transformers knows, taken over by a model of ours.

A wheel, a GGUF file and the hub all come here: a configuration and a state dict in transformers' words go in, one of
our models comes out. What the words mean stands beside the model: `config_from` and `from_transformers`.
"""

import importlib
from typing import Any

import torch
from torch import Tensor, nn

from lessons.text.tokenizer import Tokenizer
from lessons.zoo import weights

FAMILIES = {
    "bert": ("BERT encoders", "bert-encoder", "lessons.bert.encoder_weights"),
    "llama": ("the Llama family", "llama", "lessons.gpt.llama_weights"),
}
"""transformers' model_type -> its name for people, a key of `weights.KINDS`, and the module that knows both sides."""


def kind_of(model_type: str) -> str:
    """Which of our kinds takes over a `model_type` of transformers. ValueError, with what there is, when none does."""
    if model_type not in FAMILIES:
        ours = " and ".join(title for title, _, _ in FAMILIES.values())
        raise ValueError(f"it is of the sort {model_type!r}, but the course has {ours} only")
    return FAMILIES[model_type][1]


def take_over(config: Any, tensors: dict[str, Tensor], tokenizer: str) -> nn.Module:
    """Our model with these weights, in float32 and eval mode. ValueError when they do not fit.

    config: transformers' configuration, as an object. tensors: its state dict, in float32. tokenizer: its JSON. Where
    they can be, numbers are shared, not copied.
    """
    kind = kind_of(config.model_type)
    theirs = importlib.import_module(FAMILIES[config.model_type][2])
    ours = theirs.config_from(config)
    model = weights.hollow(kind, ours)
    named = theirs.from_transformers(tensors, ours)
    weights.require_same(model, named, torch.float32)
    model.load_state_dict(named, assign=True)
    model.tokenizer = Tokenizer.from_json(tokenizer)
    return model.eval()
