"""The models whose heads lesson 03 shows, by title: the real ones that were fetched, and the small one in the box.

`HeadModels` loads each when it is first chosen, and keeps what it has read, so that a panel asks a model once for
each text.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from math import isqrt

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from lessons import zoo
from lessons.attention.heads import HeadReading, read
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

Models = Mapping[str, Callable[[], nn.Module]]


class HeadModels:
    """Models by title. Each is given as a function that loads it; left out, they are those of the lesson."""

    def __init__(self, models: Models | None = None) -> None:
        self._models = models_here() if models is None else models
        self.missing = missing_models() if models is None else ""
        """Which real models are not here and how to get them, in one sentence; empty when nothing is missing."""
        self.titles = list(self._models)
        if not self.titles:
            raise ValueError("A panel of heads needs at least one model, and got none.")
        self._loaded = lru_cache(maxsize=None)(lambda title: self._models[title]())
        self._read = lru_cache(maxsize=1)(lambda title, text: read(model := self.model(title), text, longest(model)))
        self._small = lru_cache(maxsize=1)(lambda reading: as_bytes(reduced(reading.patterns.numpy())))

    def first(self, wanted: str = "") -> str:
        """Return the first title with `wanted` in it whose model can be read; what is said of others is in `missing`.

        The last one where none can be read.
        """
        titles = sorted(self.titles, key=lambda title: wanted not in title)
        for title in titles:
            try:
                self.model(title)
                return title
            except ValueError as error:
                self.missing = f"{self.missing} {error}".strip()
        return titles[-1]

    def model(self, title: str) -> nn.Module:
        """Return a model. ValueError, in a sentence, when it cannot be loaded."""
        try:
            return self._loaded(title)
        except (RuntimeError, OSError) as error:
            raise ValueError(str(error)) from error

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


def models_here() -> Models:
    """Return the models that are on this computer; the small one always is."""
    return {title: partial(load_once, name) for name, title in TITLES.items() if zoo.is_here(name)}


@cache
def load_once(name: str) -> nn.Module:
    """Return a model of the zoo that all panels share: SmolLM2 has half a gigabyte, and nobody here changes it."""
    return zoo.load(name)


def missing_models() -> str:
    """Return in one sentence which real models are not on this computer; an empty text when all are."""
    away = [title.split(":")[0] for name, title in TITLES.items() if not zoo.is_here(name)]
    if not away:
        return ""
    return (
        f"{' and '.join(away)} {'is' if len(away) == 1 else 'are'} not on this computer: "
        "`python -m lessons.zoo fetch` gets the real weights once."
    )
