"""How many threads compute.

The steps of a recurrent network are small and wait for each other. To hand a part of each to a second thread costs more
than it saves: on two idle cores a training step of an RNN over 62 steps takes 2 ms with one thread and 20 ms with two
that sleep while they wait (as `lessons` asks them to, for the sake of a busy machine).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Compute with `count` threads, 1 or more, while the block runs; None leaves torch as it is set.

    Also a decorator: `@threads(1)` above a function. Not above a generator, whose block would end before it begins.
    """
    if count is not None and count < 1:
        raise ValueError(f"There must be 1 thread or more, not {count}.")
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
