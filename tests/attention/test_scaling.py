"""Why the root: the spread of dot products, the saturation of the softmax, and what comes back through it."""

import math

import pytest
import torch

from lessons.attention.scaling import SIZES, dot_products, entropy, saturation, softmax_jacobian


@pytest.mark.parametrize("d_head", SIZES)
def test_the_variance_of_a_dot_product_is_d_head(d_head):
    scores = dot_products(d_head, samples=4000 if d_head < 64 else 500, keys=3, seed=1)
    assert abs(scores.mean().item()) < 0.1 * math.sqrt(d_head)
    assert scores.std().item() == pytest.approx(math.sqrt(d_head), rel=0.06)
    assert (scores / math.sqrt(d_head)).std().item() == pytest.approx(1.0, rel=0.06)


def test_every_sample_has_a_query_and_keys_of_its_own():
    scores = dot_products(5, samples=4, keys=3, seed=2)
    assert scores.shape == (4, 3) and len(scores.unique()) == 12
    assert torch.equal(scores, dot_products(5, samples=4, keys=3, seed=2))
    assert not torch.equal(scores, dot_products(5, samples=4, keys=3, seed=3))


def test_the_dot_products_are_those_of_the_drawn_vectors():
    source = torch.Generator().manual_seed(7)
    query = torch.randn(4, 1, 5, generator=source, dtype=torch.float64)
    key = torch.randn(4, 3, 5, generator=source, dtype=torch.float64)
    literal = [[sum(query[s, 0, i] * key[s, k, i] for i in range(5)).item() for k in range(3)] for s in range(4)]
    torch.testing.assert_close(dot_products(5, 4, 3, seed=7), torch.tensor(literal, dtype=torch.float64))


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 0, 1), (1, 1, -2)])
def test_a_size_below_1_is_refused(sizes):
    with pytest.raises(ValueError, match="must be 1 or more, not {}, {} and {}".format(*sizes)):
        dot_products(*sizes)


def test_the_jacobian_is_that_of_autograd():
    scores = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours = softmax_jacobian(scores.softmax(dim=-1))
    for row, jacobian in zip(scores, ours, strict=True):
        theirs = torch.autograd.functional.jacobian(lambda s: s.softmax(dim=-1), row)
        assert (jacobian - theirs).abs().max() <= 1e-10 * theirs.abs().max()


def test_the_jacobian_of_a_saturated_row_keeps_its_digits():
    """1 - p would be 0 in float64: the true entries are ± e^-60."""
    jacobian = softmax_jacobian(torch.tensor([0.0, -60.0], dtype=torch.float64).softmax(dim=-1))
    tiny = math.exp(-60)
    torch.testing.assert_close(jacobian, tiny * torch.tensor([[1.0, -1], [-1, 1]]).double(), rtol=1e-12, atol=0)


def test_the_entropy_counts_the_keys():
    pattern = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.25] * 4], dtype=torch.float64)
    torch.testing.assert_close(entropy(pattern).exp(), torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64))


def test_the_measures_are_means_and_a_median_over_the_samples():
    scores = dot_products(6, samples=5, keys=4, seed=3)
    found = saturation(scores)
    pattern = scores.softmax(dim=-1)
    sizes = sorted((p.diag() - torch.outer(p, p)).square().sum().sqrt().item() for p in pattern)
    assert found.deviation == pytest.approx(scores.std().item())
    assert found.largest == pytest.approx(sum(p.max().item() for p in pattern) / 5)
    assert found.entropy == pytest.approx(-(pattern * pattern.log()).sum().item() / 5)
    assert found.gradient == pytest.approx(sum(sizes) / 5)
    assert found.typical_gradient == pytest.approx(sizes[2])


def test_without_the_root_the_softmax_saturates_and_with_it_nothing_changes():
    without = [saturation(dot_products(d)) for d in SIZES]
    divided = [saturation(dot_products(d) / math.sqrt(d)) for d in SIZES]
    assert [found.largest for found in without] == sorted(found.largest for found in without)
    assert [found.entropy for found in without] == sorted((found.entropy for found in without), reverse=True)
    assert without[-1].largest > 0.9 and without[-1].entropy < 0.2
    assert without[-1].gradient < 0.3 * without[0].gradient
    assert without[-1].typical_gradient < 0.002 * without[0].typical_gradient
    for found in divided:
        assert 0.22 < found.largest < 0.32 and 2.0 < found.entropy < 2.25
        assert 0.29 < found.gradient < 0.35 and 0.29 < found.typical_gradient < 0.35
