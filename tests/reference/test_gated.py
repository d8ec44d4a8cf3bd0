"""Our LSTM and our GRU (reset after) equal torch's, forward and gradients. All sizes differ.

torch has no UGRNN and no GRU with the reset before the matrix: these are compared with their equations, written
out below with a loop over every number.
"""

import pytest
import torch

from lessons.core.record import record
from lessons.recurrent.gated import GatedConfig
from lessons.recurrent.gru import GRU, GRUConfig
from lessons.recurrent.lstm import LSTM
from lessons.recurrent.stack import Stack
from lessons.recurrent.ugrnn import UGRNN
from tests.equality import assert_equal

INPUT, HIDDEN, OUTPUT, BATCH, TIME = 3, 7, 2, 4, 11
BOTH = pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])


def run(model: Stack, watched: bool, *inputs):
    if not watched:
        return model(*inputs)
    with record(model):
        return model(*inputs)


def parts(state) -> tuple:
    return (state,) if isinstance(state, torch.Tensor) else state


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("architecture", ["lstm", "gru"])
@BOTH
@EXACT
def test_equals_torch(architecture, layers, watched, dtype, tolerance):
    torch.manual_seed(0)
    if architecture == "lstm":
        theirs = torch.nn.LSTM(INPUT, HIDDEN, layers, batch_first=True, dtype=dtype)
        ours = LSTM(GatedConfig(INPUT, HIDDEN, OUTPUT, layers)).to(dtype)
    else:
        theirs = torch.nn.GRU(INPUT, HIDDEN, layers, batch_first=True, dtype=dtype)
        ours = GRU(GRUConfig(INPUT, HIDDEN, OUTPUT, layers, reset="after")).to(dtype)
    pairs = []  # our parameter, torch's, and which part of torch's gradient is ours
    with torch.no_grad():
        for layer, cell in enumerate(ours.cells):
            for name, their_name in {"A_x": "weight_ih_l", "A_h": "weight_hh_l"}.items():
                weight, other = getattr(cell, name), getattr(theirs, f"{their_name}{layer}")
                weight.copy_(other.view_as(weight))  # the order of the gates is the same
                pairs.append((weight, other))
            b_ih, b_hh = getattr(theirs, f"bias_ih_l{layer}"), getattr(theirs, f"bias_hh_l{layer}")
            if architecture == "gru":  # the candidate's second bias stays inside the brackets
                cell.b_h.copy_(b_hh[-HIDDEN:])
                cell.b.copy_((b_ih + torch.cat([b_hh[:-HIDDEN], torch.zeros_like(cell.b_h)])).view_as(cell.b))
            else:
                cell.b.copy_((b_ih + b_hh).view_as(cell.b))
            pairs.append((cell.b, b_ih))

    x = torch.randn(BATCH, TIME, INPUT, dtype=dtype)
    first = [torch.randn(layers, BATCH, HIDDEN, dtype=dtype) for _ in ours.cells[0].state_names]
    towards = [torch.randn(BATCH, TIME, OUTPUT, dtype=dtype), *(torch.randn_like(h) for h in first)]
    A_y = ours.A_y.detach().clone().requires_grad_()
    our_inputs, their_inputs = ([tensor.clone().requires_grad_() for tensor in (x, *first)] for _ in range(2))

    def arguments(inputs):
        return inputs[0], inputs[1] if len(first) == 1 else tuple(inputs[1:])

    our_y, our_last = run(ours, watched, *arguments(our_inputs))
    their_states, their_last = theirs(*arguments(their_inputs))
    mine, other = [our_y, *parts(our_last)], [their_states @ A_y.T, *parts(their_last)]
    for results in (mine, other):  # a loss that reaches outputs and last states
        sum((result * to).sum() for result, to in zip(results, towards, strict=True)).backward()

    for a, b in zip(mine, other, strict=True):
        assert_equal(a, b, tolerance)
    for a, b in [*pairs, *zip(our_inputs, their_inputs, strict=True), (ours.A_y, A_y)]:
        assert_equal(a.grad, b.grad.view_as(a.grad), tolerance)
    if architecture == "gru":
        for layer, cell in enumerate(ours.cells):
            assert_equal(cell.b_h.grad, getattr(theirs, f"bias_hh_l{layer}").grad[-HIDDEN:], tolerance)


def literal(equations, cell, xs, h):
    """The states of all steps and every unit, number by number: `equations` is one step of one sequence."""
    states = []
    for x in xs:
        h = equations(cell, x, h)
        states.append(h)
    return torch.stack(states)


def total(cell, gate: int, x, h, unit: int):
    value = cell.b[gate, unit]
    for j in range(len(x)):
        value = value + cell.A_x[gate, unit, j] * x[j]
    for j in range(len(h)):
        value = value + cell.A_h[gate, unit, j] * h[j]
    return value


def ugrnn_step(cell, x, h):
    new = []
    for unit in range(len(h)):
        u = 1 / (1 + torch.exp(-total(cell, 0, x, h, unit)))
        s = torch.tanh(total(cell, 1, x, h, unit))
        new.append(u * h[unit] + (1 - u) * s)
    return torch.stack(new)


def gru_step(cell, x, h):
    r = [1 / (1 + torch.exp(-total(cell, 0, x, h, unit))) for unit in range(len(h))]
    reset = torch.stack([r[unit] * h[unit] for unit in range(len(h))])
    new = []
    for unit in range(len(h)):
        u = 1 / (1 + torch.exp(-total(cell, 1, x, h, unit)))
        s = torch.tanh(total(cell, 2, x, reset, unit))
        new.append(u * h[unit] + (1 - u) * s)
    return torch.stack(new)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("kind", "config", "equations"), [
    (UGRNN, GatedConfig, ugrnn_step),
    (GRU, GRUConfig, gru_step),
], ids=["ugrnn", "gru, reset before"])  # fmt: skip
@BOTH
@EXACT
def test_equals_its_equations(kind, config, equations, layers, watched, dtype, tolerance):
    torch.manual_seed(1)
    model = kind(config(INPUT, HIDDEN, OUTPUT, layers)).to(dtype)
    x, h0 = torch.randn(BATCH, TIME, INPUT, dtype=dtype), torch.randn(layers, BATCH, HIDDEN, dtype=dtype)
    to_y, to_h = torch.randn(BATCH, TIME, OUTPUT, dtype=dtype), torch.randn_like(h0)
    results = []
    for literally in (False, True):
        inputs = [tensor.clone().requires_grad_() for tensor in (x, h0)]
        if literally:
            below, last = inputs[0], []
            for layer, cell in enumerate(model.cells):
                below = torch.stack(
                    [literal(equations, cell, xs, h) for xs, h in zip(below, inputs[1][layer], strict=True)]
                )
                last.append(below[:, -1])
            y, h = below @ model.A_y.T, torch.stack(last)
        else:
            y, h = run(model, watched, *inputs)
        loss = (y * to_y).sum() + (h * to_h).sum()
        results.append([y, h, *torch.autograd.grad(loss, [*model.parameters(), *inputs])])
    for mine, other in zip(*results, strict=True):
        assert_equal(mine, other, tolerance)
