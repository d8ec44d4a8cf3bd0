"""The character models in the box, for lesson 02's panel: by title, and which of their units have a meaning."""

from collections.abc import Callable, Mapping
from functools import partial

from lessons import zoo
from lessons.recurrent.architectures import TITLES
from lessons.recurrent.character_model import CharacterModel

FOLLOWS = 0.5
"""The correlation from which a unit may be said to follow something."""

Models = Mapping[str, Callable[[], CharacterModel]]
Known = Mapping[str, Mapping[str, int]]


def trained_models() -> Models:
    """Return the models in the box by title, each as a function that loads it."""
    return {title: partial(zoo.load, f"tales-{name}") for name, title in reversed(TITLES.items())}


def known_cells() -> Known:
    """Return the units that were found to follow the text, by the model's title and their meaning.

    None where no unit comes near, as in the RNN, and none where the zoo cannot be read: to choose the model says why.
    """
    try:
        there = zoo.names()
        names = {title: f"tales-{name}" for name, title in TITLES.items() if f"tales-{name}" in there}
        scores = {title: zoo.entry(name).score for title, name in names.items()}
    except zoo.ZooError:
        return {}
    return {
        title: {
            f"{what} cell": int(score[f"{what}_unit"])
            for what in ("quote", "line")
            if f"{what}_unit" in score and abs(score[f"{what}_r"]) >= FOLLOWS
        }
        for title, score in scores.items()
    }
