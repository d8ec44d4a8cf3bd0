"""The best device, and where randomness starts."""

import random

import numpy as np
import pytest
import torch

from lessons.core import device, seed


@pytest.mark.parametrize(("cuda", "mps", "expected"), [(1, 1, "cuda"), (0, 1, "mps"), (0, 0, "cpu")])
def test_cuda_then_mps_then_cpu(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(mps))
    assert device.best() == torch.device(expected)


def test_the_device_in_plain_words(monkeypatch):
    monkeypatch.setattr(device, "best", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert device.describe() == "The models run on the processor, with one thread. That is enough for every lesson."
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert "with 2 threads" in device.describe()
    monkeypatch.setattr(device, "best", lambda: torch.device("mps"))
    assert "Apple" in device.describe()


def test_seed_all_starts_python_numpy_and_torch():
    drawn = []
    for _ in range(2):
        seed.seed_all(7)
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]


def test_a_generator_is_its_own_source():
    first = torch.rand(3, generator=seed.generator(1))
    torch.rand(5)
    assert torch.equal(first, torch.rand(3, generator=seed.generator(1)))
    assert not torch.equal(first, torch.rand(3, generator=seed.generator(2)))


@pytest.mark.parametrize("wrong", [-1, 2**32, True])
def test_a_seed_out_of_range(wrong):
    for start in (seed.seed_all, seed.generator):
        with pytest.raises(ValueError, match=f"from 0 to 4294967295, not {wrong}"):
            start(wrong)
    seed.generator(2**32 - 1)


def test_global_state_comes_back():
    state = seed.global_state()
    first = torch.rand(3)
    seed.set_global_state(state)
    assert torch.equal(first, torch.rand(3))


def test_a_seeded_block_leaves_the_sources_as_they_were():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seed.seeded(1):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with pytest.raises(ZeroDivisionError), seed.seeded(1):
        assert torch.equal(torch.rand(3), first)
        raise ZeroDivisionError
    with pytest.raises(ValueError, match="A seed is a whole number"), seed.seeded(-1):
        pass
