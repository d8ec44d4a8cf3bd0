"""How the trained weights were made: one recipe for each name, which `python -m lessons.zoo train` follows.

And how a model was measured where that takes minutes, which `python -m lessons.zoo measure` follows.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from lessons.core.training import Training
from lessons.zoo.manifest import ZooError

TALES = "lessons.zoo.recipes.tales:tales"
LENGTHS = "lessons.zoo.recipes.lengths:lengths"
ENCODINGS = ("none", "sinusoidal", "learned", "relative", "rotary", "alibi")
RECIPES = {
    **{f"tales-{architecture}": f"{TALES}:{architecture}" for architecture in ("rnn", "ugrnn", "gru", "lstm")},
    "tales-llama": "lessons.zoo.recipes.tales_llama:tales_llama",
    "reasoner": "lessons.zoo.recipes.reasoner:reasoner",
    **{f"lengths-{encoding}": f"{LENGTHS}:{encoding}" for encoding in ENCODINGS},
    "masked-minilm": "lessons.zoo.recipes.masked_minilm:masked_minilm",
    "reviews-bert": "lessons.zoo.recipes.reviews_bert:reviews_bert",
    "small-bert": "lessons.zoo.recipes.small_bert:small_bert",
    "in-context": "lessons.zoo.recipes.in_context:in_context",
}
"""Name -> "module:function:argument:…". The function, called with the arguments, gives the Recipe. It is imported when
it is asked for."""


MEASUREMENTS = {
    "few-shot-smollm2": "lessons.zoo.recipes.few_shot_smollm2:few_shot",
    "word-problems-smollm2": "lessons.zoo.recipes.word_problems_smollm2:word_problems",
}
"""The same for what `python -m lessons.zoo measure` measures. The function gives the Measurement."""


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


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Figures that can be measured again: the same up to rounding on another machine."""

    name: str
    title: str  # for people
    model: str  # the weights to measure: a name of the zoo
    seed: int
    measure: Callable[[nn.Module], dict[str, Any]]
    """The model as `zoo.load` gives it -> the figures, as JSON can hold them."""


def recipe(name: str) -> Recipe:
    """The recipe for the weights `name`. ZooError, with the names there are, for an unknown one."""
    return _found(name, RECIPES, "recipe for")


def measurement(name: str) -> Measurement:
    """How the figures `name` are measured. ZooError, with the names there are, for unknown ones."""
    return _found(name, MEASUREMENTS, "measurement")


def _found(name: str, known: dict[str, str], what: str) -> Any:
    if name not in known:
        raise ZooError(f"There is no {what} {name!r}: choose from {', '.join(known)}.")
    module, function, *arguments = known[name].split(":")
    return getattr(importlib.import_module(module), function)(*arguments)
