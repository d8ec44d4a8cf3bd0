"""Trained weights by name. They lie in the repository, so that every lesson works without a network.

    model = zoo.load("tales-lstm")      # on the CPU, in eval mode
    model.vocabulary                    # its tokenizer

`manifest` is the list of what there is, `weights` the files, `recipes` how they were made;
`python -m lessons.zoo` lists, verifies and trains them.
"""

from torch import nn

from lessons.zoo import manifest, weights
from lessons.zoo.manifest import Entry, ZooError

__all__ = ["Entry", "ZooError", "entry", "load", "names"]


def names() -> list[str]:
    """The names of all trained weights."""
    return list(manifest.read())


def entry(name: str) -> Entry:
    """What the manifest says of the weights `name`. ZooError, with the names there are, for an unknown one."""
    entries = manifest.read()
    if name not in entries:
        there = f"choose from {', '.join(entries)}" if entries else "it is still empty, see python -m lessons.zoo list"
        raise ZooError(f"There is no model {name!r} in the zoo: {there}.")
    return entries[name]


def load(name: str) -> nn.Module:
    """The trained model `name`, on the CPU, in float32 and eval mode, after a look at its checksum.

    Its gradients are on, so that a lesson can train it further. ZooError, with one sentence, when it cannot be had.
    """
    found = entry(name)
    return weights.read(found.path, found)
