"""Token sequences in which something comes again."""

import pytest
import torch

from lessons.text.pieces import byte_pairs
from lessons.text.repeats import again, mirrored, twice
from lessons.text.tale import TALE

TOKENIZER = byte_pairs(TALE, 400)


def test_twice():
    ids = twice(TOKENIZER, 30, seed=3)
    assert len(ids) == 61 and ids[0] == 0 and 0 not in ids[1:]
    assert torch.equal(ids[1:31], ids[31:]) and len(ids[1:31].unique()) == 30
    assert set(ids[1:].tolist()) <= set(TOKENIZER.encode(TALE).ids)


def test_a_seed_gives_an_order():
    assert torch.equal(twice(TOKENIZER, 30, 3), twice(TOKENIZER, 30, 3))
    assert not torch.equal(twice(TOKENIZER, 30, 3), twice(TOKENIZER, 30, 4))


@pytest.mark.parametrize("count", [1, 10_000])
def test_a_count_out_of_range(count):
    with pytest.raises(ValueError, match=f"can come twice, not {count}"):
        twice(TOKENIZER, count)


def numbers():
    """Gives ever new numbers, so that a number that comes again is a copy."""
    counter = iter(range(10_000))
    return lambda size: torch.tensor([next(counter) for _ in range(size)])


@pytest.mark.parametrize("length", [12, 64, 101])
def test_again_and_again(length):
    sizes = set()
    for seed in range(200):
        ids, foretold = again(numbers(), length, torch.Generator().manual_seed(seed))
        assert len(ids) == len(foretold) == length
        size = int(ids.max()) + 1
        assert torch.equal(ids, torch.arange(length) % size)
        # The first token of the first copy comes as a surprise: nobody knows how long the stretch is.
        assert torch.equal(foretold, torch.arange(length) > size)
        sizes.add(size)
    assert (min(sizes), max(sizes)) == (4, length // 3)


def test_most_stretches_are_short():
    sizes = [int(again(numbers(), 256, torch.Generator().manual_seed(seed))[0].max()) + 1 for seed in range(200)]
    assert sum(size <= 24 for size in sizes) > 100 and max(sizes) > 70


def test_mirrored():
    sizes = set()
    for seed in range(50):
        ids, foretold = mirrored(numbers(), 65, torch.Generator().manual_seed(seed))
        assert len(ids) == len(foretold) == 65
        for place in range(1, 65):
            seen, turns = ids[place] in ids[:place], ids[place] == ids[place - 1]
            assert foretold[place].item() == (bool(seen) and not turns), (seed, place)
            if foretold[place]:  # what came before the present token last time
                last = int((ids[: place - 1] == ids[place - 1]).nonzero()[-1])
                assert ids[place] == ids[last - 1]
        sizes.add(int(foretold.nonzero()[0]) - 1)
    assert (min(sizes), max(sizes)) == (4, 12)
