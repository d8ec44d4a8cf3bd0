"""A model in use, and then as it was.

Dropout acts in training only, so a model is asked with `eval()`. But whoever looks at a model in the middle of its
training must not leave it so: the rest of the training would go on without dropout.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in `eval()` while the block runs; then each of its parts in the mode it was in before."""
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
