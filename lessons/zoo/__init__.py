"""Trained weights by name: small ones that lie in the repository, and real ones that are fetched once.

    model = zoo.load("tales-lstm")              # on the CPU, in eval mode; always there
    model.vocabulary                            # its characters
    model = zoo.load("minilm-l6")               # after `python -m lessons.zoo fetch`, see `is_here`
    model.tokenizer                             # its tokenizer
    model = zoo.from_hub("bert-base-uncased")   # from the hub, when the network allows
    zoo.measured("few-shot-smollm2")            # what a real model was found to do, also where it is not here

`manifest` is the list of what there is, `weights` the files, `recipes` how the small ones were made, `fetch` and
`packaged` bring and read the real ones, `hub` asks the hub, `measure` keeps figures; `python -m lessons.zoo` lists,
fetches, verifies, trains, measures.
"""

from typing import Any

from torch import nn

from lessons.zoo import manifest, measure, packaged, weights
from lessons.zoo.hub import from_hub
from lessons.zoo.manifest import AnyEntry, Entry, Measured, NotFetched, Packaged, ZooError

__all__ = [
    "AnyEntry",
    "Entry",
    "Measured",
    "NotFetched",
    "Packaged",
    "ZooError",
    "entry",
    "from_hub",
    "is_here",
    "load",
    "measured",
    "names",
]


def names() -> list[str]:
    """The names of all trained weights, fetched or not."""
    return [name for name, found in manifest.read().items() if not isinstance(found, Measured)]


def entry(name: str) -> AnyEntry:
    """What the manifest says of `name`, weights or figures. ZooError, with the names there are, for an unknown one."""
    entries = manifest.read()
    if name not in entries:
        there = f"choose from {', '.join(entries)}" if entries else "it is still empty, see python -m lessons.zoo list"
        raise ZooError(f"There is no model {name!r} in the zoo: {there}.")
    return entries[name]


def is_here(name: str) -> bool:
    """Whether the files of `name` and its base are on this computer. `load` still looks whether they are whole."""
    found = entry(name)
    return found.path.is_file() and (getattr(found, "base", None) is None or is_here(found.base))


def load(name: str) -> nn.Module:
    """The trained model `name`, on the CPU, in float32 and eval mode, after a look at its checksum.

    Its gradients are on, so that a lesson can train it further. ZooError, with one sentence, when it cannot be had;
    NotFetched when it only has to be fetched.
    """
    found = entry(name)
    if isinstance(found, Measured):
        raise ZooError(f"{name} is no model, but what {found.model} was found to do: see zoo.measured({name!r}).")
    if isinstance(found, Packaged):
        return packaged.read(found)
    model = weights.read(found.path, found)
    return model if found.base is None else model.merged(load(found.base))


def measured(name: str) -> Any:
    """The figures `name`, as its recipe measured them: what JSON can hold, after a look at the checksum.

    ZooError when the file is missing or was altered, or the name is that of weights.
    """
    found = entry(name)
    if not isinstance(found, Measured):
        raise ZooError(f"{name} is a model and no measurement: see zoo.load({name!r}).")
    return measure.read(found)
