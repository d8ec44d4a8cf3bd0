"""Relative positions: their own sizes. `tests/reference` compares them with a loop over every query and key."""

import pytest
import torch

from lessons.positions.relative import RelativePositions


def test_sizes_and_first_values():
    torch.manual_seed(0)
    positions = RelativePositions(d_model=12, heads=3)
    assert {name: tuple(p.shape) for name, p in positions.named_parameters()} == {
        "W_R": (3, 4, 12), "u": (3, 4), "v": (3, 4),
    }  # fmt: skip
    assert RelativePositions(10, 3, d_head=4).W_R.shape == (3, 4, 10)
    assert not positions.u.any() and not positions.v.any()
    assert 0.4 < positions.W_R.abs().max() <= (6 / 24) ** 0.5


def test_there_may_be_more_keys_than_queries():
    """The same scores as in the square of all, for both sequences begin at position 0."""
    torch.manual_seed(0)
    positions = RelativePositions(10, 3, d_head=4).double()
    q, k = torch.randn(2, 3, 6, 4, dtype=torch.float64), torch.randn(2, 3, 6, 4, dtype=torch.float64)
    whole = positions.bias(q, k)
    assert torch.allclose(positions.bias(q[..., :2, :], k), whole[..., :2, :])
    assert torch.allclose(positions.bias(q, k[..., :2, :]), whole[..., :2])


def test_a_score_of_positions_depends_on_the_distance():
    """With the same content everywhere, the diagonals are constant, and both directions differ."""
    torch.manual_seed(0)
    positions = RelativePositions(10, 3, d_head=4).double()
    q, k = (torch.randn(1, 3, 1, 4, dtype=torch.float64).expand(1, 3, 6, 4) for _ in range(2))
    bias = positions.bias(q, k)[0]
    assert torch.allclose(bias[:, 1:, 1:], bias[:, :-1, :-1])
    assert (bias[:, 0, 3] - bias[:, 3, 0]).abs().max() > 0.01


@pytest.mark.parametrize(("sizes", "sentence"), [
    ((10, 3), "10 is none of 3"),
    ((9, 3), "even and 2 or more, not 9"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        RelativePositions(*sizes)
