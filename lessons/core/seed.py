"""The one place where randomness starts.

There are two kinds. A `generator` is a source of random numbers that we hand around: data comes from one,
always on the CPU, so that the same seed gives the same data on every device. And torch has *global* sources,
one per device, from which the first weights and dropout are drawn.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

LARGEST_SEED = 2**32 - 1  # numpy's limit


def seed_all(seed: int) -> None:
    """Start the global sources of Python, numpy and torch (on every device) at `seed`, 0 to 2**32 - 1."""
    _check(seed)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def generator(seed: int) -> torch.Generator:
    """A new source of random numbers on the CPU that starts at `seed`, from 0 to 2**32 - 1."""
    _check(seed)
    return torch.Generator().manual_seed(seed)


def global_state() -> list[Tensor]:
    """Where torch's global sources stand: the CPU's, then that of each CUDA device in use. Bytes (uint8)."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return [torch.get_rng_state(), *cuda]


def set_global_state(state: list[Tensor]) -> None:
    """Put torch's global sources back. States of CUDA devices that are not in use here are passed over."""
    cpu, *cuda = state
    torch.set_rng_state(cpu)
    if torch.cuda.is_initialized():
        for device, device_state in zip(range(torch.cuda.device_count()), cuda, strict=False):
            torch.cuda.set_rng_state(device_state, device)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Start torch's global sources at `seed` while the block runs; afterwards they go on from where they were."""
    _check(seed)
    outside = global_state()
    torch.manual_seed(seed)
    try:
        yield
    finally:
        set_global_state(outside)


def _check(seed: int) -> None:
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"A seed is a whole number from 0 to {LARGEST_SEED}, not {seed!r}.")
