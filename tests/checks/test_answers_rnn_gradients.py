"""The answers of lesson 01, computed with autograd and with the functions that the checks prove."""

import math

import pytest
import torch

from lessons.checks import all_questions
from lessons.checks.rnn_gradients import clip_by_norm, truncated_gradient

QUESTIONS = all_questions()


def gradient_after(a_h: float, steps: int, saturate: bool = False, start: float = 0.5) -> float:
    """dh_t/dh_0 of h_t = a_h h_{t-1}, with a tanh around it if `saturate`; by autograd."""
    h0 = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    h = h0
    for _ in range(steps):
        h = torch.tanh(a_h * h) if saturate else a_h * h
    return torch.autograd.grad(h, h0)[0].item()


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def test_decay_and_growth():
    decayed, grown = gradient_after(0.9, 100), gradient_after(1.1, 100)
    assert f"{decayed:.7f}" == "0.0000266" and QUESTIONS["01.decay"].answer == 0.0000266
    assert round(grown) == 13781 == QUESTIONS["01.growth"].answer
    assert grown / decayed == pytest.approx(5e8, rel=0.05)  # "500 million times apart"


def test_lag():
    steps = next(k for k in range(1000) if gradient_after(0.9, k) < 0.01)
    assert steps == 44 == QUESTIONS["01.lag"].answer
    assert f"{gradient_after(0.9, 43):.4f} {gradient_after(0.9, 44):.4f}" == "0.0108 0.0097"


def test_saturation():
    assert gradient_after(1.1, 100, saturate=True) < 1e-6
    assert chosen("01.saturation") == "It vanishes."
    h = 0.5
    for _ in range(100):
        h = math.tanh(1.1 * h)
    slope = 1 - h**2
    assert abs(h - 0.5) < 0.02 and f"{slope:.2f} {1.1 * slope:.2f}" == "0.75 0.82"


def test_radius():
    generator = torch.Generator().manual_seed(0)
    square = torch.randn(5, 5, generator=generator, dtype=torch.float64)
    symmetric = square + square.T
    unit = symmetric / torch.linalg.eigvalsh(symmetric).abs().max()

    def largest_gradient(radius: float) -> float:
        return torch.linalg.matrix_norm(torch.linalg.matrix_power(radius * unit, 50), 2).item()

    ratio = largest_gradient(0.5) / largest_gradient(1.0)
    assert ratio < 1e-6 and round(math.log10(ratio)) == -15
    assert chosen("01.radius") == "The first is more than a million times smaller."


def test_clipping():
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(7, generator=generator, dtype=torch.float64)
    gradient = gradient * 50 / gradient.norm()
    (clipped,) = clip_by_norm.reference([gradient], 5.0)
    assert clipped.norm().item() == pytest.approx(5.0)
    assert torch.cosine_similarity(gradient, clipped, dim=0).item() == pytest.approx(1.0, abs=1e-12)
    assert (clipped / gradient).tolist() == pytest.approx([0.1] * 7)  # "by the same number, 0.1"
    by_value = gradient.clamp(-5.0, 5.0)
    assert torch.cosine_similarity(gradient, by_value, dim=0).item() < 0.999
    assert chosen("01.clipping") == "Its length only."


def test_truncation():
    def gradient_of_input_5(window: int) -> float:
        """d loss / d x_5 where the loss is the state at step 25, steps counted from 0."""
        xs = torch.full((26,), 0.1, dtype=torch.float64, requires_grad=True)
        h = torch.zeros((), dtype=torch.float64)
        for t, x in enumerate(xs):
            h = h.detach() if t % window == 0 else h
            h = torch.tanh(0.9 * h + x)
        return torch.autograd.grad(h, xs)[0][5].item()

    assert gradient_of_input_5(10) == 0.0 < gradient_of_input_5(26)
    assert chosen("01.truncation") == "None at all: exactly zero."


def test_the_forward_pass_does_not_know_the_window():
    arguments = truncated_gradient.case(1)
    loss, gradient = truncated_gradient.reference(*arguments)
    full_loss, full_gradient = truncated_gradient.reference(*arguments[:-1], 100)
    assert loss.item() == pytest.approx(full_loss.item(), rel=1e-12)
    assert not torch.allclose(gradient, full_gradient)
