"""How the trained weights were made: one recipe for each name, which `python -m lessons.zoo train` follows."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from lessons.core.training import Training
from lessons.zoo.manifest import ZooError

TALES = "lessons.zoo.recipes.tales:tales"
LENGTHS = "lessons.zoo.recipes.lengths:lengths"
ENCODINGS = ("none", "sinusoidal", "learned", "relative", "rotary", "alibi")
RECIPES = {
    **{f"tales-{architecture}": f"{TALES}:{architecture}" for architecture in ("rnn", "ugrnn", "gru", "lstm")},
    "tales-llama": "lessons.zoo.recipes.tales_llama:tales_llama",
    **{f"lengths-{encoding}": f"{LENGTHS}:{encoding}" for encoding in ENCODINGS},
    "masked-minilm": "lessons.zoo.recipes.masked_minilm:masked_minilm",
    "reviews-bert": "lessons.zoo.recipes.reviews_bert:reviews_bert",
    "small-bert": "lessons.zoo.recipes.small_bert:small_bert",
}
"""Name -> "module:function:argument:…". The function, called with the arguments, gives the Recipe. It is imported when
it is asked for."""


def _whole(model: nn.Module) -> nn.Module:
    return model


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training that can be repeated: the same text and seed give the same weights on one machine."""

    name: str
    title: str  # for people
    kind: str  # a key of `weights.KINDS`
    architecture: str
    licence: str  # of the weights
    source: str  # the work that the text is from, so that somebody can find a copy
    text_sha256: str | None  # of the text's file; None when the recipe makes its own text, and is given an empty one
    seed: int
    base: str | None = None  # the weights that are changed by these; None for a model of its own
    tolerance: dict[str, float] = field(default_factory=dict)  # score -> how far it may lie off on another machine
    training: Callable[[str], Training]
    """The whole text -> a training ready to run. What it carries from step to step lies in the state of its model."""
    score: Callable[[nn.Module, str], dict[str, float]]
    """The model as `zoo.load` gives it, and the whole text -> figures by name, those of `tolerance` among them."""
    model: Callable[[nn.Module], nn.Module] = _whole
    """The model of the training -> the model to keep, where the first is a wrapper around the second."""


def recipe(name: str) -> Recipe:
    """The recipe for the weights `name`. ZooError, with the names there are, for an unknown one."""
    if name not in RECIPES:
        raise ZooError(f"There is no recipe for {name!r}: choose from {', '.join(RECIPES)}.")
    module, function, *arguments = RECIPES[name].split(":")
    return getattr(importlib.import_module(module), function)(*arguments)
