"""The product of factors against autograd, for a number and for a vector; the two figures of the lecture."""

import math

import pytest
import torch

from lessons.recurrent.gradients import (
    hidden_gradients,
    jacobian,
    jacobian_product_norms,
    log10_abs_scalar_gradient,
    scalar_gradient,
    scalar_states,
    scale_to_spectral_radius,
    spectral_radius,
)
from lessons.recurrent.rnn import RNN, RNNConfig


def close(ours, theirs, tolerance=1e-10):
    return ours.shape == theirs.shape and (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


def test_the_figures_of_the_lecture():
    states = scalar_states(1.1, torch.zeros(100), saturate=False)
    assert round(scalar_gradient(1.1, states, saturate=False)[100].item()) == 13781
    assert f"{scalar_gradient(0.9, states, saturate=False)[100].item():.7f}" == "0.0000266"


@pytest.mark.parametrize("saturate", [True, False])
@pytest.mark.parametrize("a_h", [0.7, 1.3, -0.9])
def test_the_product_equals_autograd(a_h, saturate):
    x = torch.randn(9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    h = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    states = [h]
    for x_t in x:
        z = a_h * states[-1] + x_t
        states.append(torch.tanh(z) if saturate else z)
    theirs = torch.stack(torch.autograd.grad(states[-1], states)).flip(0)  # [time+1], k = 0 first
    ours = scalar_states(a_h, x, h0=0.4, saturate=saturate)
    assert close(ours, torch.stack(states[1:]).detach(), 1e-14)
    gradient = scalar_gradient(a_h, ours, saturate)
    assert gradient.dtype == torch.float64
    assert (gradient / theirs - 1).abs().max() < 1e-12
    logs = log10_abs_scalar_gradient(a_h, ours, saturate)
    assert (logs - theirs.abs().log10()).abs().max() < 1e-12


def test_logarithms_do_not_underflow_or_overflow():
    zeros = torch.zeros(5000)
    assert scalar_gradient(0.5, zeros)[5000] == 0
    assert log10_abs_scalar_gradient(0.5, zeros)[5000].item() == pytest.approx(5000 * math.log10(0.5))
    assert log10_abs_scalar_gradient(-3.0, zeros)[5000].item() == pytest.approx(5000 * math.log10(3))
    assert torch.equal(scalar_gradient(0.0, zeros[:2]), torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64))
    assert log10_abs_scalar_gradient(0.0, zeros[:2]).tolist() == [0, -math.inf, -math.inf]


def test_no_steps_at_all():
    none = scalar_states(0.5, torch.zeros(0))
    assert none.shape == (0,) and scalar_gradient(0.5, none).tolist() == [1.0]


def test_saturation_makes_the_gradient_smaller():
    states = scalar_states(1.5, torch.full((30,), 0.5))
    assert scalar_gradient(1.5, states)[30] < 1e-3 < 1 < scalar_gradient(1.5, states, saturate=False)[30]


@pytest.mark.parametrize("layer", [0, 1, -1])
def test_hidden_gradients_are_the_whole_gradient_of_every_step(layer):
    torch.manual_seed(0)
    model = RNN(RNNConfig(3, 5, 2, layers=2)).double()
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    ours = hidden_gradients(model, x, lambda y: (y[:, -1] ** 2).sum(), layer)

    states = [[torch.zeros(4, 5, dtype=torch.float64)] for _ in range(2)]
    for t in range(6):
        below = x[:, t]
        for level, cell in enumerate(model.cells):
            below = torch.tanh(below @ cell.A_x.T + states[level][-1] @ cell.A_h.T + cell.b)
            states[level].append(below)
    loss = ((below @ model.A_y.T) ** 2).sum()
    theirs = torch.autograd.grad(loss, states[layer][1:])
    assert close(ours, torch.stack(theirs, dim=1))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_hidden_gradients_are_zero_after_the_step_of_the_loss():
    model, x = RNN(RNNConfig(3, 5, 2)), torch.ones(1, 6, 3)
    with torch.no_grad():  # as an explorer may call it
        ours = hidden_gradients(model.requires_grad_(False), x, lambda y: y[:, 2].sum())
    assert (ours[:, 3:] == 0).all() and (ours[:, :3] != 0).all()


def test_hidden_gradients_of_a_layer_that_is_not_there():
    with pytest.raises(IndexError, match="no layer 2: the model has 2, from 0 to 1"):
        hidden_gradients(RNN(RNNConfig(3, 5, 2, layers=2)), torch.ones(1, 6, 3), torch.sum, layer=2)


def test_the_jacobian_equals_autograd():
    torch.manual_seed(0)
    A_h, before = torch.randn(5, 5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    theirs = torch.autograd.functional.jacobian(lambda h: torch.tanh(A_h @ h), before)
    assert close(jacobian(torch.tanh(A_h @ before), A_h), theirs)


def test_the_norms_of_the_jacobian_products_equal_autograd():
    torch.manual_seed(0)
    A_h, x, h = torch.randn(5, 5).double(), torch.randn(7, 5).double(), torch.zeros(5).double()

    def unroll(h, start):
        states = []
        for x_t in x[start:]:
            h = torch.tanh(A_h @ h + x_t)
            states.append(h)
        return states

    states = unroll(h, 0)
    theirs = [
        torch.linalg.matrix_norm(torch.autograd.functional.jacobian(lambda s, t=t: unroll(s, t + 1)[-1], states[t]), 2)
        for t in range(6)
    ]
    ours = jacobian_product_norms(torch.stack(states).float().double(), A_h)
    assert (ours[:-1] / torch.stack(theirs) - 1).abs().max() < 1e-5 and ours[-1] == 1
    exact = jacobian_product_norms(torch.stack(states), A_h)
    assert (exact[:-1] / torch.stack(theirs) - 1).abs().max() < 1e-10


def test_norms_far_below_float32():
    norms = jacobian_product_norms(torch.zeros(101, 4), 0.1 * torch.eye(4))
    assert norms[0].item() == pytest.approx(1e-100, rel=1e-4) and norms.dtype == torch.float64


def test_spectral_radius():
    turn = torch.tensor([[0.0, -2.0], [2.0, 0.0]])  # eigenvalues +2i and -2i
    assert spectral_radius(turn) == pytest.approx(2)
    assert torch.allclose(scale_to_spectral_radius(turn, 0.5), turn / 4)
    assert torch.equal(scale_to_spectral_radius(turn, 0.0), torch.zeros(2, 2))


def test_spectral_radius_errors():
    with pytest.raises(ValueError, match="must be 0 or more and finite, not -1"):
        scale_to_spectral_radius(torch.eye(2), -1.0)
    with pytest.raises(ValueError, match="All eigenvalues of this matrix are 0"):
        scale_to_spectral_radius(torch.zeros(2, 2), 1.0)
    with pytest.raises(ValueError, match="not finite"):
        spectral_radius(torch.full((2, 2), math.nan))
