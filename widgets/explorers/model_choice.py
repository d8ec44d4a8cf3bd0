"""The models that a panel lets you choose from, by title: the real ones that were fetched, and those in the box.

`ModelChoice` loads each when it is first chosen. Where a real one is not on this computer, it says how to get it.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial

import traitlets as t
from torch import nn

from lessons import zoo
from widgets.instruments.text import visible

Models = Mapping[str, Callable[[], nn.Module]]
Titles = Mapping[str, str]
"""The zoo's name -> what the list of a panel calls it: the model, a colon, what it is."""


class ModelChoice:
    """Models by title. Each is given as a function that loads it; left out, they are those of the zoo in `titles`."""

    def __init__(self, models: Models | None, titles: Titles) -> None:
        self._models = models_here(titles) if models is None else models
        self.missing = missing_models(titles) if models is None else ""
        """Which real models are not here and how to get them, in one sentence; empty when nothing is missing."""
        self.titles = list(self._models)
        if not self.titles:
            raise ValueError("A panel needs at least one model, and got none.")
        self._loaded = lru_cache(maxsize=None)(lambda title: self._models[title]())

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

    def checked(self, title: str) -> str:
        """Return a title that is there. TraitError, in a sentence, for another one."""
        if title not in self.titles:
            raise t.TraitError(f"model must be one of {', '.join(self.titles)}, not {visible(title)!r}.")
        return title


def models_here(titles: Titles) -> Models:
    """Return the models that are on this computer; the small ones always are."""
    return {title: partial(load_once, name) for name, title in titles.items() if zoo.is_here(name)}


@cache
def load_once(name: str) -> nn.Module:
    """Return a model of the zoo that all panels share: SmolLM2 has half a gigabyte, and nobody here changes it."""
    return zoo.load(name)


def missing_models(titles: Titles) -> str:
    """Return in one sentence which real models are not on this computer; an empty text when all are."""
    away = [title.split(":")[0] for name, title in titles.items() if not zoo.is_here(name)]
    if not away:
        return ""
    return (
        f"{' and '.join(away)} {'is' if len(away) == 1 else 'are'} not on this computer: "
        "`python -m lessons.zoo fetch` gets the real weights once."
    )
