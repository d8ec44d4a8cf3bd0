"""The models whose heads lesson 03 shows, by title: the real ones that were fetched, and the small one in the box.

`HeadModels` keeps what a model has read, so that a panel asks it once for each text.
"""

from functools import lru_cache
from math import isqrt

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from lessons import zoo
from lessons.attention.heads import HeadReading, read
from widgets.explorers.model_choice import ModelChoice, Models
from widgets.instruments.thumbnails import reduced

TITLES = {
    "minilm-l6": "MiniLM: 6 layers × 12 heads, reads both ways",
    "smollm2-135m": "SmolLM2: 30 layers × 9 heads, reads left to right",
    "tales-llama": "Our small model: reads left to right",
}
"""The zoo's name -> what the list of a panel calls it."""
LONGEST = 512
"""Tokens that are read at most; more would not fit the page."""
MOST_WEIGHTS = 25_000_000
"""Weights that all heads together may have, 100 MB: SmolLM2 with its 270 heads reads 304 tokens."""


class HeadModels(ModelChoice):
    """Models by title. Each is given as a function that loads it; left out, they are those of the lesson."""

    def __init__(self, models: Models | None = None) -> None:
        super().__init__(models, TITLES)
        self._read = lru_cache(maxsize=1)(lambda title, text: read(model := self.model(title), text, longest(model)))
        self._small = lru_cache(maxsize=1)(lambda reading: as_bytes(reduced(reading.patterns.numpy())))

    def reading(self, title: str, text: str) -> HeadReading:
        """Return what every head of a model looks at in a text. ValueError, in a sentence, for a text that is none."""
        return self._read(title, text)

    def small(self, reading: HeadReading) -> UInt8[Tensor, "layer head query key"]:
        """Return all patterns of a reading as the small pictures that `Thumbnails` would make of them."""
        return self._small(reading)


def opening(title: str) -> tuple[int, int]:
    """Return layer and head of a head to begin with: in the lesson's models one with a job that can be seen."""
    name = next((name for name, known in TITLES.items() if known == title), None)
    if name == "tales-llama":  # the recipe has found it
        score = zoo.entry(name).score
        return int(score["induction_layer"]), int(score["induction_head"])
    return {"minilm-l6": (2, 9), "smollm2-135m": (18, 6)}.get(name, (0, 0))  # the same word; induction


def longest(model: nn.Module) -> int:
    """Return how many tokens a model reads at most."""
    return min(LONGEST, isqrt(MOST_WEIGHTS // (model.config.layers * model.config.heads)))


def as_bytes(patterns: object) -> UInt8[Tensor, "*batch query key"]:
    """Return weights from 0 to 1 as whole numbers from 0 to 255."""
    weights: Float[Tensor, "*batch query key"] = torch.as_tensor(patterns)
    return (weights * 255).round().to(torch.uint8)
