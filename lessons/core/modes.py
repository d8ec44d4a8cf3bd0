"""A model in use, and then as it was.

Dropout acts in training only, so a model is asked with `eval()`. But whoever looks at a model in the middle of its
training must not leave it so: the rest of the training would go on without dropout.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in `eval()` while the block runs; then each of its parts in the mode it was in before."""
    modes = [(part, part.training) for part in model.modules()]
    _set((part, False) for part, _ in modes)
    try:
        yield
    finally:
        _set(modes)


def _set(modes: Iterable[tuple[nn.Module, bool]]) -> None:
    """Change the modes that are others: to set one takes ten times as long as to look, and a decoder asks often."""
    for part, training in modes:
        if part.training != training:
            part.training = training
