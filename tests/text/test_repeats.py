"""Token sequences in which something comes again."""

import pytest
import torch

from lessons.text.pieces import byte_pairs
from lessons.text.repeats import copies, twice
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


def stretches(length: int, mirrored: bool, seed: int = 0):
    """Copies of ever new numbers, so that a number that comes again is a copy."""
    counter = iter(range(10_000))
    draw = lambda size: torch.tensor([next(counter) for _ in range(size)])  # noqa: E731
    return copies(draw, length, mirrored, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_can_be_foretold_is_the_copy_but_for_its_beginning(mirrored):
    for seed in range(20):
        ids, foretold = stretches(65, mirrored, seed)
        assert len(ids) == len(foretold) == 65
        step = -1 if mirrored else 1  # in a copy the numbers go up by one, in a mirrored one down
        for place in range(1, 65):
            seen = ids[place] in ids[:place]
            begins = ids[place] == ids[place - 1] if mirrored else seen and ids[place] != ids[place - 1] + 1
            assert foretold[place].item() == (seen and not begins), (seed, place)
            if foretold[place]:
                assert ids[place] == ids[place - 1] + step


def test_stretches_are_of_many_lengths():
    firsts = {int(stretches(64, False, seed)[1].nonzero()[0]) - 1 for seed in range(200)}
    assert min(firsts) == 4 and max(firsts) == 32 and len(firsts) > 25
