"""What arrives at the first of 100 steps, and that it is the whole gradient of the memory."""

import math

import pytest
import torch

from lessons.core.seed import generator, seed_all
from lessons.recurrent.architecture_flow import INPUTS, architecture_flow
from lessons.recurrent.architectures import ARCHITECTURES, build, memory_mark
from lessons.recurrent.gradients import hidden_gradients

SEEDS = (0, 1, 2)


def arrives(architecture: str, keep_bias: float = 0.0) -> float:
    """Mean log10, over three seeds, of what arrives at the first of 100 steps."""
    return sum(architecture_flow(architecture, keep_bias=keep_bias, seed=seed)[0].item() for seed in SEEDS) / 3


@pytest.mark.parametrize(
    ("architecture", "keep_bias", "low", "high"),
    [
        ("rnn", 0.0, -32, -22),
        ("ugrnn", 0.0, -16, -11),
        ("ugrnn", 1.0, -8.5, -5.5),
        ("ugrnn", 3.0, -2, -1),
        ("ugrnn", 5.0, -0.5, -0.1),
        ("gru", 0.0, -24, -18),
        ("gru", 1.0, -12, -8.5),
        ("gru", 3.0, -2.5, -1.2),
        ("gru", 5.0, -0.5, -0.1),
        ("lstm", 0.0, -24, -18),
        ("lstm", 1.0, -10, -6),
        ("lstm", 3.0, -0.7, 1.2),
        ("lstm", 5.0, 0.5, 1.8),
    ],
)
def test_what_arrives_at_the_first_step(architecture, keep_bias, low, high):
    assert low < arrives(architecture, keep_bias) < high


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_bias_gates_help_but_all_four_vanish_and_with_it_the_gated_ones_survive(seed):
    closed = {name: architecture_flow(name, seed=seed)[0].item() for name in ARCHITECTURES}
    assert min(closed, key=closed.get) == "rnn" and max(closed.values()) < -10
    opened = {name: architecture_flow(name, keep_bias=5.0, seed=seed)[0].item() for name in ARCHITECTURES}
    assert all(abs(opened[name]) < 2 for name in ("ugrnn", "gru", "lstm"))
    assert opened["rnn"] == closed["rnn"], "the RNN has no gate to open"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_is_the_whole_gradient_of_the_memory(architecture):
    """Push the memory at a step, one unit at a time, and see how the loss moves: no gradient is computed here."""
    steps, hidden, seed, small = 7, 5, 4, 1e-5
    seed_all(seed)
    model = build(architecture, INPUTS, hidden, 1, keep_bias=1.5).double().requires_grad_(False)
    x = torch.randn(1, steps, INPUTS, generator=generator(seed), dtype=torch.float64)

    def loss(t, push):
        _, state = model(x[:, :t])
        if architecture == "lstm":
            h, c = state
            state = (h / torch.tanh(c) * torch.tanh(c + push), c + push)  # h_t = o_t * tanh(c_t) moves with c_t
        else:
            state = state + push
        h = state[0] if architecture == "lstm" else state
        outputs = h[0] @ model.A_y.T if t == steps else model(x[:, t:], state)[0][:, -1]
        return outputs.item()

    def size(t):
        pushes = small * torch.eye(hidden, dtype=torch.float64)
        return math.hypot(*((loss(t, push) - loss(t, -push)) / (2 * small) for push in pushes))

    logs = architecture_flow(architecture, steps, hidden, 1.5, seed)
    assert logs.shape == (steps,) and logs.dtype == torch.float64
    assert logs.tolist() == pytest.approx([math.log10(size(t) / size(steps)) for t in range(1, steps + 1)], abs=1e-6)


def test_the_same_seed_gives_the_same_flow_and_another_one_another():
    assert torch.equal(architecture_flow("gru", 9, 4), architecture_flow("gru", 9, 4))
    assert not torch.equal(architecture_flow("gru", 9, 4), architecture_flow("gru", 9, 4, seed=1))


def test_the_mark_of_the_memory():
    assert {name: memory_mark(name) for name in ARCHITECTURES} == {
        "rnn": "see_hidden",
        "ugrnn": "see_hidden",
        "gru": "see_hidden",
        "lstm": "see_cell",
    }


def test_another_mark_has_another_gradient_and_an_unknown_one_a_sentence():
    model = build("lstm", 2, 3, 1, layers=2).double()
    x = torch.randn(1, 4, 2, generator=generator(0), dtype=torch.float64)
    of_h, of_c = (hidden_gradients(model, x, lambda y: y.sum(), 0, mark) for mark in ("see_hidden", "see_cell"))
    assert of_h.shape == of_c.shape == (1, 4, 3) and not torch.allclose(of_h, of_c)
    assert torch.equal(of_h, hidden_gradients(model, x, lambda y: y.sum(), 0))
    with pytest.raises(KeyError, match="Nothing is called 'cells.1.see_memory' in this model"):
        hidden_gradients(model, x, lambda y: y.sum(), mark="see_memory")


def test_the_ends_of_the_range():
    assert architecture_flow("lstm", steps=1).tolist() == [0.0]
    with pytest.raises(ValueError, match="at least 1 step, not 0"):
        architecture_flow("rnn", steps=0)
    with pytest.raises(ValueError, match="no architecture 'transformer'"):
        architecture_flow("transformer")
