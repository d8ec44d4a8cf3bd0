"""Clipping by norm, against torch's."""

import math

import pytest
import torch
from torch import nn

from lessons.core.clipping import clip_by_norm, gradient_norm


def with_gradients(*gradients: torch.Tensor) -> list[nn.Parameter]:
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    return parameters


def random_gradients() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*shape, dtype=torch.float64, generator=generator) for shape in ((3, 5), (7,), (2, 4, 6))]


@pytest.mark.parametrize("tau", [0.1, 1.0, 5.0, 100.0])
def test_equals_torch_up_to_its_1e_6(tau):
    ours, theirs = with_gradients(*random_gradients()), with_gradients(*random_gradients())
    norm = clip_by_norm(ours, tau)
    torchs_norm = float(nn.utils.clip_grad_norm_(theirs, tau))
    assert norm == pytest.approx(torchs_norm, rel=1e-14)
    factor = (norm + 1e-6) / norm if norm > tau else 1.0  # torch divides by norm + 1e-6
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.grad - factor * other.grad).abs().max() <= 1e-10 * mine.grad.abs().max()


def test_a_long_gradient_gets_the_length_tau_and_keeps_its_direction():
    (parameter,) = with_gradients(torch.tensor([3.0, 4.0]))
    assert clip_by_norm([parameter], 1.0) == pytest.approx(5.0)
    assert parameter.grad.tolist() == pytest.approx([0.6, 0.8])


def test_a_short_gradient_stays_to_the_bit():
    (parameter,) = with_gradients(torch.tensor([0.3, 0.4]))
    assert clip_by_norm([parameter], 1.0) == pytest.approx(0.5)
    assert torch.equal(parameter.grad, torch.tensor([0.3, 0.4]))


def test_one_norm_over_all_parameters():
    parameters = with_gradients(torch.tensor([3.0]), torch.tensor([4.0]))
    clip_by_norm(iter(parameters), 2.5)
    assert [parameter.grad.item() for parameter in parameters] == pytest.approx([1.5, 2.0])


@pytest.mark.parametrize("size", [1e25, 1e-30])
def test_squares_that_leave_float32(size):
    (parameter,) = with_gradients(torch.tensor([3.0, 4.0]) * size)
    assert gradient_norm([parameter]) == pytest.approx(5 * size)
    clip_by_norm([parameter], size)
    assert parameter.grad.tolist() == pytest.approx([0.6 * size, 0.8 * size])


def test_no_gradients_and_zero_gradients():
    assert gradient_norm([nn.Parameter(torch.zeros(2))]) == 0.0
    parameters = with_gradients(torch.zeros(2)) + [nn.Parameter(torch.zeros(3))]
    assert clip_by_norm(parameters, 1.0) == 0.0 and torch.equal(parameters[0].grad, torch.zeros(2))


@pytest.mark.parametrize("entry", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_leaves_the_gradients(entry):
    (parameter,) = with_gradients(torch.tensor([entry, 1.0]))
    assert not math.isfinite(clip_by_norm([parameter], 1.0))
    assert parameter.grad[1] == 1.0


@pytest.mark.parametrize("tau", [0.0, -1.0, math.nan])
def test_tau_must_be_positive(tau):
    with pytest.raises(ValueError, match="tau must be above 0"):
        clip_by_norm([], tau)
