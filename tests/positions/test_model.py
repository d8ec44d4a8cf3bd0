"""The small model: alike for every encoding but in that encoding, and blind to what comes later."""

from dataclasses import replace

import pytest
import torch

from lessons.attention.multi_head import InnerPositions
from lessons.core.record import record
from lessons.positions.alibi import Alibi
from lessons.positions.encodings import ENCODINGS, added_positions, inner_positions
from lessons.positions.learned import LearnedPositions
from lessons.positions.model import PositionedConfig, PositionedModel
from lessons.positions.relative import RelativePositions
from lessons.positions.rotary import Rotary
from lessons.positions.sinusoidal import SinusoidalPositions

CONFIG = PositionedConfig("□abcdefghij", "none", d_model=12, layers=2, heads=3, d_ff=20, context=7)
EVERY = pytest.mark.parametrize("encoding", ENCODINGS)


def model(encoding: str) -> PositionedModel:
    torch.manual_seed(0)
    return PositionedModel(replace(CONFIG, encoding=encoding)).eval()


def ids(time: int = 7) -> torch.Tensor:
    return torch.randint(11, (2, time), generator=torch.Generator().manual_seed(1))


@EVERY
def test_each_encoding_enters_in_its_one_place(encoding):
    added = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions}.get(encoding)
    inner = {"relative": RelativePositions, "rotary": Rotary, "alibi": Alibi}.get(encoding)
    built = model(encoding)
    assert built.added is None if added is None else isinstance(built.added, added)
    for block in built.blocks:
        assert type(block.attention.positions) is (inner or InnerPositions)


@EVERY
def test_it_does_not_look_ahead(encoding):
    built, before = model(encoding), ids()
    after = before.clone()
    after[:, 4:] = (after[:, 4:] + 1) % 11
    first, second = built(before), built(after)
    assert first.shape == (2, 7, 11)
    assert torch.allclose(first[:, :4], second[:, :4], atol=1e-6)
    assert not torch.allclose(first[:, 4:], second[:, 4:], atol=1e-3)


@EVERY
def test_the_positions_reach_the_logits(encoding):
    """The same character everywhere: only positions can tell the places apart, and without them nothing does."""
    logits = model(encoding)(torch.full((1, 7), 3))
    spread = (logits - logits[:, :1]).abs().max()
    # ALiBi and relative positions weigh the values, and a weighted mean of equal values is that value.
    if encoding in ("sinusoidal", "learned"):
        assert spread > 1e-3
    else:
        assert spread < 1e-5


@EVERY
def test_the_order_of_what_came_before_matters(encoding):
    """The last character sees all others. Without positions one layer sees a bag; two layers with a mask do not."""
    text = torch.tensor([[1, 2, 3, 4, 5]])
    other = torch.tensor([[3, 1, 2, 4, 5]])
    config = replace(CONFIG, encoding=encoding, layers=1)
    torch.manual_seed(0)
    one_layer = PositionedModel(config).eval()
    gap = (one_layer(text) - one_layer(other))[0, -1].abs().max()
    assert gap < 1e-6 if encoding == "none" else gap > 1e-4
    two = model(encoding)
    assert (two(text) - two(other))[0, -1].abs().max() > 1e-4


@EVERY
def test_fast_and_readable_agree(encoding):
    built = model(encoding).double()
    with record(built) as seen:
        readable = built(ids())
    assert torch.allclose(readable, built(ids()), atol=1e-12)
    pattern = seen["blocks.1.attention.see_pattern"]
    assert torch.allclose(pattern.sum(dim=-1), torch.ones(()).double()) and not pattern.triu(1).any()


@EVERY
def test_only_learned_positions_end(encoding):
    built = model(encoding)
    if encoding == "learned":
        assert built.longest == 7
        with pytest.raises(ValueError, match="texts of 1 to 7 tokens, not 8: take"):
            built(ids(8))
    else:
        assert built.longest is None and built(ids(28)).isfinite().all()


@EVERY
def test_every_weight_learns(encoding):
    built = model(encoding).train()
    built(ids()).square().sum().backward()
    # A bias of the keys changes all scores of a query alike, and the softmax takes that out again.
    learning = {name: p for name, p in built.named_parameters() if not name.endswith("b_K")}
    assert all(p.grad is not None and p.grad.any() for p in learning.values())


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"encoding": "absolute"}, "one of none, sinusoidal, learned, relative, rotary, alibi, not 'absolute'"),
    ({"layers": 0}, "layers must be 1 or more, not 0"),
    ({"context": 0}, "context must be 1 or more, not 0"),
])  # fmt: skip
def test_a_configuration_that_cannot_be_is_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(CONFIG, **changes)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: PositionedModel(replace(CONFIG, heads=5)), "12 is none of 5"),
    (lambda: PositionedModel(replace(CONFIG, heads=0)), "12 is none of 0"),
    (lambda: inner_positions("bert", 12, 3), "not 'bert'"),
    (lambda: added_positions("bert", 7, 12), "not 'bert'"),
])  # fmt: skip
def test_sizes_that_do_not_fit_are_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@EVERY
@pytest.mark.parametrize(("wrong", "sentence"), [
    ([[3, 11]], "knows the tokens 0 to 10, but the text has 11"),
    ([[3, -1]], "knows the tokens 0 to 10, but the text has -1"),
    ([[]], "This model reads 1 or more tokens, not 0"),
])  # fmt: skip
def test_ids_that_it_does_not_know(encoding, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        model(encoding)(torch.tensor(wrong, dtype=torch.long))
