"""The RNN itself. That it equals torch's is proved in tests/reference."""

import math

import pytest
import torch

from lessons.core.record import intervene, record
from lessons.recurrent.gradients import spectral_radius
from lessons.recurrent.rnn import RNN, RNNConfig, init_spectral_radius

BATCH, TIME = 4, 6


def model_and_input(layers: int = 2, nonlinearity: str = "tanh", dtype=torch.float64):
    torch.manual_seed(0)
    model = RNN(RNNConfig(3, 5, 2, layers, nonlinearity)).to(dtype)
    x = torch.randn(BATCH, TIME, 3, dtype=dtype, requires_grad=True)
    h0 = torch.randn(layers, BATCH, 5, dtype=dtype, requires_grad=True)
    return model, x, h0


def test_one_step_by_hand():
    model = RNN(RNNConfig(1, 2, 1))
    cell = model.cells[0]
    with torch.no_grad():
        cell.A_x.copy_(torch.tensor([[0.5], [1.0]]))
        cell.A_h.copy_(torch.tensor([[0.0, 1.0], [2.0, 0.0]]))
        cell.b.copy_(torch.tensor([0.1, 0.2]))
        model.A_y.copy_(torch.tensor([[3.0, 4.0]]))
    y, h = model(torch.tensor([[[2.0]]]), torch.tensor([[[0.3, 0.4]]]))
    expected = [math.tanh(1.0 * 0.4 + 0.5 * 2 + 0.1), math.tanh(2.0 * 0.3 + 1.0 * 2 + 0.2)]
    assert h.flatten().tolist() == pytest.approx(expected)
    assert y.item() == pytest.approx(3 * expected[0] + 4 * expected[1])


@pytest.mark.parametrize("nonlinearity", ["tanh", "linear"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_the_fast_path_equals_the_readable_one(layers, nonlinearity, dtype, tolerance):
    model, x, h0 = model_and_input(layers, nonlinearity, dtype)
    results = []
    for watched in (False, True):
        if watched:
            with record(model):
                y, h = model(x, h0)
        else:
            y, h = model(x, h0)
        weights = list(model.parameters())
        results.append([y, h, *torch.autograd.grad(y.sin().sum() + h.cos().sum(), [*weights, x, h0])])
    for fast, readable in zip(*results, strict=True):
        assert (fast - readable).abs().max() <= tolerance * readable.abs().max()


def test_the_fast_path_is_taken_unless_watched(monkeypatch):
    model, x, _ = model_and_input()
    calls, fast = [], model.fast
    monkeypatch.setattr(model, "fast", lambda *arguments: calls.append(1) or fast(*arguments))
    with record(model):
        model(x)
    with intervene(model, {"cells.0.see_hidden": lambda h: h}):
        model(x)
    assert not calls
    model(x)
    assert calls


def test_the_states_are_seen_with_batch_and_time():
    model, x, h0 = model_and_input()
    with record(model) as seen:
        y, h_last = model(x, h0)
    assert list(seen) == ["cells.0.see_hidden", "cells.1.see_hidden"]
    top = seen["cells.1.see_hidden"]
    assert top.shape == (BATCH, TIME, 5)
    assert torch.allclose(top @ model.A_y.T, y)
    assert torch.equal(top[:, -1], h_last[1]) and torch.equal(seen["cells.0.see_hidden"][:, -1], h_last[0])


def test_recorded_states_are_not_changed_by_what_follows():
    model, x, h0 = model_and_input()
    copies = []

    def copy(h):
        copies.append(h.clone())
        return h

    with intervene(model, {"cells.0.see_hidden": copy}), record(model) as seen:
        y, _ = model(x, h0)
    y.sum().backward()
    assert all(torch.equal(now, then) for now, then in zip(seen.calls("cells.0.see_hidden"), copies, strict=True))


def test_an_edited_state_reaches_the_output():
    model, x, h0 = model_and_input()
    with intervene(model, {"cells.1.see_hidden": torch.zeros_like}):
        y, _ = model(x, h0)
    assert torch.equal(y, torch.zeros_like(y))


def test_the_first_state_is_zero_by_default():
    model, x, h0 = model_and_input()
    assert torch.equal(model(x)[0], model(x, torch.zeros_like(h0))[0])


def test_a_sequence_in_two_parts():
    model, x, h0 = model_and_input()
    y, h_last = model(x, h0)
    first, h = model(x[:, :4], h0)
    second, h = model(x[:, 4:], h)
    assert torch.allclose(torch.cat([first, second], dim=1), y) and torch.allclose(h, h_last)


def test_first_weights_are_torchs():
    torch.manual_seed(0)
    model = RNN(RNNConfig(3, 64, 2))
    for weight in model.parameters():
        assert weight.abs().max() <= 1 / 8 and weight.std().item() == pytest.approx(1 / 8 / 3**0.5, rel=0.15)


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.5])
def test_init_spectral_radius_scales_every_layer(rho):
    model, _, _ = model_and_input(layers=3)
    init_spectral_radius(model, rho)
    assert [spectral_radius(cell.A_h) for cell in model.cells] == pytest.approx([rho] * 3)
    assert all(cell.A_h.requires_grad for cell in model.cells)


@pytest.mark.parametrize("name", ["input_size", "hidden_size", "output_size", "layers"])
def test_sizes_below_one(name):
    sizes = {"input_size": 3, "hidden_size": 5, "output_size": 2} | {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be 1 or more, not 0"):
        RNNConfig(**sizes)


def test_an_unknown_nonlinearity(unchecked):
    with pytest.raises(ValueError, match="must be 'tanh' or 'linear', not 'relu'"):
        RNNConfig(3, 5, 2, nonlinearity="relu")


@pytest.mark.parametrize(
    ("x", "h0", "sentence"),
    [
        (
            torch.zeros(4, 3),
            None,
            r"x must have the shape \[batch time input\] with 3 input features, not \[4, 3\]",
        ),
        (torch.zeros(4, 6, 7), None, r"with 3 input features, not \[4, 6, 7\]"),
        (torch.zeros(4, 0, 3), None, "x has no steps"),
        (torch.zeros(4, 6, 3), torch.zeros(2, 3, 5), r"h0 .* = \[2, 4, 5\], not \[2, 3, 5\]"),
        (torch.zeros(4, 6, 3), torch.zeros(4, 5), r"h0 .* = \[2, 4, 5\], not \[4, 5\]"),
        (torch.zeros(4, 6, 3).double(), None, r"x is torch.float64, but the weights are torch.float32"),
        (torch.zeros(4, 6, 3).long(), None, r"x is torch.int64.*use x.to\(torch.float32\)"),
        (torch.zeros(4, 6, 3), torch.zeros(2, 4, 5).double(), "h0 is torch.float64"),
    ],
)
def test_wrong_tensors_get_a_sentence(unchecked, x, h0, sentence):
    model = RNN(RNNConfig(3, 5, 2, layers=2))
    with pytest.raises(ValueError, match=sentence):
        model(x, h0)
