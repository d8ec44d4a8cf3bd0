"""Rotary positions: the angles, and what does not change. `tests/reference` compares with transformers."""

import math

import pytest
import torch

from lessons.positions.rotary import PAIRINGS, Rotary, angles, halves_order, rotate

BOTH = pytest.mark.parametrize("pairing", PAIRINGS)
D_HEAD = 6


def test_the_angles_by_hand():
    found = angles(torch.tensor([0, 3, -2]), 4, base=100.0)
    assert found.dtype == torch.float64
    assert torch.allclose(found, torch.tensor([[0, 0], [3, 0.3], [-2, -0.2]], dtype=torch.float64))


def test_which_numbers_make_an_arrow():
    """At position 1 the first arrow (1, 0) turns by 1 radian, and the second stays nearly where it is."""
    cos, sin = math.cos(1), math.sin(1)
    x = torch.tensor([[1.0, 0, 0, 0]])
    place = torch.tensor([1])
    assert torch.allclose(rotate(x, place, 1e12, "halves"), torch.tensor([[cos, 0, sin, 0]]), atol=1e-5)
    assert torch.allclose(rotate(x, place, 1e12, "neighbours"), torch.tensor([[cos, sin, 0, 0]]), atol=1e-5)
    assert halves_order(6).tolist() == [0, 2, 4, 1, 3, 5]


@BOTH
def test_the_score_depends_on_the_distance_alone(pairing):
    q, k = torch.randn(2, D_HEAD, dtype=torch.float64)

    def score(i, j):
        return (
            rotate(q[None], torch.tensor([i]), pairing=pairing) @ rotate(k[None], torch.tensor([j]), pairing=pairing).T
        ).item()

    assert score(5, 3) == pytest.approx(score(105, 103), abs=1e-10)
    assert score(5, 3) != pytest.approx(score(3, 5), abs=1e-3)
    assert score(5, 3) != pytest.approx(score(6, 3), abs=1e-3)


@BOTH
def test_lengths_stay_and_position_0_stays(pairing):
    x = torch.randn(2, 3, 5, D_HEAD, dtype=torch.float64)
    turned = Rotary(D_HEAD, pairing=pairing).turn(x)
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(turned[..., 0, :], x[..., 0, :]) and not torch.allclose(turned[..., 1, :], x[..., 1, :])
    assert torch.equal(turned, rotate(x, torch.arange(5), pairing=pairing))


def test_it_learns_nothing_and_keeps_the_dtype():
    layer = Rotary(D_HEAD)
    assert not list(layer.parameters()) and not layer.state_dict()
    assert layer.turn(torch.randn(1, 1, 3, D_HEAD)).dtype == torch.float32
    assert layer.bias(torch.randn(1, 1, 3, D_HEAD), torch.randn(1, 1, 3, D_HEAD)) is None


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: Rotary(5), "even and 2 or more, not 5"),
    (lambda: Rotary(0), "even and 2 or more, not 0"),
    (lambda: Rotary(4, base=-1.0), "above 0 and finite, not -1.0"),
    (lambda: angles(torch.arange(2), 4, base=math.nan), "above 0 and finite, not nan"),
    (lambda: Rotary(4, pairing="thirds"), "one of halves, neighbours, not 'thirds'"),
    (lambda: rotate(torch.ones(1, 4), torch.arange(1), pairing="half"), "one of halves, neighbours, not 'half'"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
