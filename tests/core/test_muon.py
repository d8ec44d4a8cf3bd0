"""Muon: what it makes of a gradient, that Adam is torch's, that it learns, and that a training goes on bit for bit."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lessons.core.muon import Muon, as_matrix, orthogonal
from lessons.core.training import Training


@pytest.mark.parametrize("shape", [(3, 6, 11), (2, 11, 6), (1, 7, 7)])
def test_all_singular_values_become_about_one(shape):
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    left, values, right = torch.linalg.svd(x, full_matrices=False)
    assert values.max() / values.min() > 1.5
    found = orthogonal(x)
    inner = left.mT @ found @ right.mT  # the same singular vectors: nothing beside the diagonal
    assert (inner - torch.diag_embed(inner.diagonal(dim1=-2, dim2=-1))).abs().max() < 1e-6
    assert inner.diagonal(dim1=-2, dim2=-1).min() > 0.6 and inner.diagonal(dim1=-2, dim2=-1).max() < 1.3


def test_a_singular_value_that_is_too_small_stays_small():
    """0.003 of the norm are enough, 0.0003 are not."""
    q, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7)))
    values = torch.tensor([1.0, 0.003, 0.0003], dtype=torch.float64)
    found = torch.linalg.svdvals(orthogonal((q * values)[None]))[0]
    assert 0.6 < found[1] <= found[0] < 1.3 and 0.1 < found[2] < 0.2  # at most 3.4445^5 = 485 times the part it was


def test_the_length_of_the_gradient_does_not_matter():
    x = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(orthogonal(1000 * x), orthogonal(x), atol=1e-4)
    assert orthogonal(torch.zeros(1, 4, 5)).isfinite().all()


def test_the_weights_of_heads_are_the_matrix_that_they_multiply_as():
    W_Q, W_O = torch.arange(4 * 3 * 10.0).view(4, 3, 10), torch.arange(10 * 4 * 3.0).view(10, 4, 3)
    assert torch.equal(as_matrix(W_Q), W_Q.view(12, 10)) and torch.equal(as_matrix(W_O), W_O.view(10, 12))
    assert as_matrix(torch.zeros(2, 9)).shape == (2, 9)


def test_the_first_step_is_orthogonal_and_larger_for_a_tall_matrix():
    tall, wide = nn.Parameter(torch.zeros(12, 3)), nn.Parameter(torch.zeros(3, 12))
    gradient = torch.randn(12, 3, generator=torch.Generator().manual_seed(2))
    tall.grad, wide.grad = gradient.clone(), gradient.T.clone()
    Muon([tall, wide], [], lr=0.1).step()
    expected = -0.1 * orthogonal(gradient[None])[0]
    assert torch.allclose(wide, expected.T, atol=1e-6)
    assert torch.allclose(tall, 2 * expected, atol=1e-6)  # sqrt(12 / 3)


def test_the_momentum_remembers():
    weight, momentum = nn.Parameter(torch.zeros(3, 5)), 0.9
    gradients = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(3))
    optimizer, mean, expected = Muon([weight], [], lr=0.1, momentum=momentum), torch.zeros(3, 5), torch.zeros(3, 5)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
        mean = momentum * mean + (1 - momentum) * gradient
        expected = expected - 0.1 * orthogonal((momentum * mean + (1 - momentum) * gradient)[None])[0]
    assert torch.allclose(weight, expected, atol=1e-5)


def test_the_others_take_the_steps_of_adam():
    ours, theirs = nn.Parameter(torch.ones(5)), nn.Parameter(torch.ones(5))
    optimizers = Muon([], [ours], others_lr=0.01), torch.optim.Adam([theirs], lr=0.01, betas=(0.9, 0.95))
    for gradient in torch.randn(4, 5, generator=torch.Generator().manual_seed(4)):
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_a_weight_without_a_gradient_stays():
    used, unused = nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(2, 3))
    used.grad = torch.randn(2, 3, generator=torch.Generator().manual_seed(5))
    Muon([used, unused], [nn.Parameter(torch.ones(3))]).step()
    assert (unused == 1).all() and (used != 1).any()


def training(path) -> Training:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 4))
    matrices = [weight for weight in model.parameters() if weight.dim() > 1]
    optimizer = Muon(matrices, [weight for weight in model.parameters() if weight.dim() == 1])
    target = torch.randn(6, 4, generator=torch.Generator().manual_seed(6))

    def batches(generator):
        x = torch.randn(16, 6, generator=generator)
        return x, x @ target

    loss = lambda model, batch: F.mse_loss(model(batch[0]), batch[1])  # noqa: E731
    return Training(model, optimizer, loss, batches, 60, checkpoint=(path, 20), schedule=lambda step: 1 - step / 61)


def test_it_learns_and_goes_on_bit_for_bit(tmp_path):
    whole = training(tmp_path / "a.safetensors").run(progress=False)
    assert whole[-1].loss < 0.5 * whole[0].loss
    training(tmp_path / "b.safetensors").run(20, progress=False)
    again = training(tmp_path / "c.safetensors")
    again.load(tmp_path / "b.safetensors")
    again.run(progress=False)
    assert [record.loss for record in again.history] == [record.loss for record in whole]


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"lr": 0.0}, "learning rate must be above 0, not 0.0"),
        ({"others_lr": -1.0}, "learning rate must be above 0, not -1.0"),
        ({"momentum": 1.0}, "momentum must be from 0 up to and without 1, not 1.0"),
    ],
)
def test_settings_out_of_range(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Muon([nn.Parameter(torch.ones(2, 2))], [], **settings)


def test_a_vector_is_no_matrix():
    with pytest.raises(ValueError, match=r"one weight has the shape \[3\]: give it to Adam"):
        Muon([nn.Parameter(torch.ones(3))], [])
