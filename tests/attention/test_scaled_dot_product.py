"""The pattern's properties, in numbers that can be computed by hand. Equality with torch stands in tests/reference."""

import math

import pytest
import torch

from lessons.attention.scaled_dot_product import attend, attend_fast, scaled_scores, softmax_where


def test_scores_are_dot_products_over_the_root_of_their_terms():
    query, key = torch.tensor([[1.0, 2.0, 3.0, 0.0]]), torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, -2.0, 0.0, 5.0]])
    assert scaled_scores(query, key).tolist() == [[3.0, -2.0]]


def test_softmax_by_hand():
    scores = torch.tensor([[0.0, math.log(3.0), 50.0]])
    assert softmax_where(scores, torch.tensor([[True, True, False]])).tolist()[0] == pytest.approx([0.25, 0.75, 0.0])


def test_a_hidden_key_has_no_weight_and_no_influence_at_all():
    query, key, value = (torch.randn(2, time, 4) for time in (3, 5, 5))
    mask = torch.tensor([True, False, True, True, False]).expand(3, 5)
    out, pattern = attend(query, key, value, mask)
    key[:, [1, 4]], value[:, [1, 4]] = 1e6, -1e6
    other, _ = attend(query, key, value, mask)
    assert torch.equal(out, other)
    assert (pattern[:, :, [1, 4]] == 0).all()
    assert torch.allclose(pattern.sum(dim=-1), torch.ones(2, 3))


@pytest.mark.parametrize("attention", [lambda *a: attend(*a)[0], attend_fast], ids=["readable", "fast"])
def test_a_row_that_may_look_nowhere_is_0_and_so_are_its_gradients(attention):
    inputs = [torch.randn(1, 3, 4, requires_grad=True) for _ in range(3)]
    mask = torch.tensor([[True, True, False], [False, False, False], [True, True, True]])
    out = attention(*inputs, mask)
    assert torch.equal(out[0, 1], torch.zeros(4)) and out[0, 0].abs().min() > 0
    grads = torch.autograd.grad(out.sum(), inputs)
    assert all(grad.isfinite().all() for grad in grads)
    assert torch.equal(grads[0][0, 1], torch.zeros(4))


def test_the_scores_are_left_as_they_are():
    scores = torch.randn(3, 3)
    before = scores.clone()
    softmax_where(scores, torch.ones(3, 3, dtype=torch.bool).tril())
    assert torch.equal(scores, before)
