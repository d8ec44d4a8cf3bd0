"""Backpropagation through time by hand and truncated, against autograd."""

import pytest
import torch

from lessons.core.record import record
from lessons.recurrent.bptt import bptt, truncated_bptt
from lessons.recurrent.rnn import RNN, RNNConfig

BATCH, TIME = 4, 9


def setting(layers: int = 1, dtype=torch.float64):
    torch.manual_seed(0)
    model = RNN(RNNConfig(3, 5, 2, layers)).to(dtype)
    return model, torch.randn(BATCH, TIME, 3, dtype=dtype), torch.randn(BATCH, TIME, 2, dtype=dtype)


def squared(y, target):
    return ((y - target) ** 2).sum() / 2


def gradients(model):
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def close(ours, theirs, tolerance=1e-10):
    return ours.shape == theirs.shape and (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_by_hand_equals_autograd(dtype, tolerance):
    model, x, target = setting(dtype=dtype)
    h0 = torch.randn(1, BATCH, 5, dtype=dtype, requires_grad=True)
    ours = bptt(model, x, h0[0].detach(), lambda y: y - target)
    assert all(parameter.grad is None for parameter in model.parameters())
    with record(model, gradients=True) as seen:
        squared(model(x, h0)[0], target).backward()
    cell = model.cells[0]
    for name, theirs in (("A_x", cell.A_x), ("A_h", cell.A_h), ("b", cell.b), ("A_y", model.A_y)):
        assert close(getattr(ours, name), theirs.grad, tolerance), name
    assert close(ours.h0, h0.grad[0], tolerance)
    assert close(ours.hidden, seen.gradient("cells.0.see_hidden"), tolerance)


def test_by_hand_is_for_one_tanh_layer():
    x, h0 = torch.zeros(1, 2, 3), torch.zeros(1, 5)
    with pytest.raises(ValueError, match="not for 2 with 'tanh'"):
        bptt(RNN(RNNConfig(3, 5, 2, layers=2)), x, h0, lambda y: y)
    with pytest.raises(ValueError, match="not for 1 with 'linear'"):
        bptt(RNN(RNNConfig(3, 5, 2, nonlinearity="linear")), x, h0, lambda y: y)


@pytest.mark.parametrize("window", [TIME, TIME + 5])
def test_a_window_of_the_whole_length_is_full_bptt(window):
    model, x, target = setting(layers=2)
    loss = squared(model(x)[0], target)
    loss.backward()
    full = gradients(model)
    model.zero_grad()
    assert truncated_bptt(model, x, target, squared, window) == loss.item()
    assert all(torch.equal(grad, full[name]) for name, grad in gradients(model).items())


@pytest.mark.parametrize("window", [1, 2, 4])
def test_the_state_goes_on_and_the_gradient_is_cut(window):
    model, x, target = setting()
    cell, h, loss = model.cells[0], torch.zeros(BATCH, 5, dtype=torch.float64), 0
    for t in range(TIME):
        h = h.detach() if t % window == 0 else h
        h = torch.tanh(x[:, t] @ cell.A_x.T + h @ cell.A_h.T + cell.b)
        loss = loss + squared(h @ model.A_y.T, target[:, t])
    loss.backward()
    expected = gradients(model)
    model.zero_grad()
    total = truncated_bptt(model, x, target, squared, window)
    assert total == pytest.approx(squared(model(x)[0], target).item(), rel=1e-12)  # no value is lost at a cut
    assert all(close(grad, expected[name]) for name, grad in gradients(model).items())


def test_gradients_are_added_up():
    model, x, target = setting()
    truncated_bptt(model, x, target, squared, 2)
    once = {name: grad.clone() for name, grad in gradients(model).items()}
    truncated_bptt(model, x, target, squared, 2)
    assert all(close(grad, 2 * once[name]) for name, grad in gradients(model).items())


def test_targets_may_be_classes():
    model, x, _ = setting()
    classes = torch.randint(2, (BATCH, TIME))

    def loss(y, target):
        return torch.nn.functional.cross_entropy(y.flatten(0, 1), target.flatten(), reduction="sum")

    assert truncated_bptt(model, x, classes, loss, 4) == pytest.approx(loss(model(x)[0], classes).item())


def test_wrong_arguments():
    model, x, target = setting()
    with pytest.raises(ValueError, match="window must be 1 step or more, not 0"):
        truncated_bptt(model, x, target, squared, 0)
    with pytest.raises(ValueError, match=r"\[batch time\] = \[4, 9\], not \[4, 8\]"):
        truncated_bptt(model, x, target[:, 1:], squared, 3)
