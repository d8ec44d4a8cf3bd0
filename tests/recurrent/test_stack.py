"""What all architectures share: states in and out, what can be seen and edited, sentences for wrong arguments.

That each equals torch or its equations is proved in tests/reference.
"""

import pytest
import torch

from lessons.core.record import hook_points, intervene, record
from lessons.recurrent.architectures import ARCHITECTURES, build, gates_of
from lessons.recurrent.gated import GatedConfig
from lessons.recurrent.gru import GRU, GRUConfig
from lessons.recurrent.lstm import LSTM
from lessons.recurrent.stack import StackConfig, detached

EVERY = pytest.mark.parametrize("architecture", ARCHITECTURES)
BATCH, TIME = 4, 6


def made(architecture: str, layers: int = 2, **options):
    torch.manual_seed(0)
    return build(architecture, 3, 5, 2, layers, **options).double()


def parts(state) -> tuple:
    return (state,) if isinstance(state, torch.Tensor) else state


X = torch.randn(BATCH, TIME, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@EVERY
def test_a_sequence_in_two_parts(architecture):
    model = made(architecture)
    whole, last = model(X)
    first, state = model(X[:, :4])
    second, state = model(X[:, 4:], state)
    assert torch.allclose(torch.cat([first, second], dim=1), whole)
    assert all(torch.allclose(*pair) for pair in zip(parts(state), parts(last), strict=True))


@EVERY
@pytest.mark.parametrize("watched", [False, True])
def test_a_detached_state_brings_no_gradient(architecture, watched):
    model, x = made(architecture), X.clone().requires_grad_()
    with record(model, only=None if watched else []):
        _, state = model(x[:, :3])
        y, _ = model(x[:, 3:], detached(state))
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert not gradient[:, :3].any() and gradient[:, 3:].any()
    assert detached(None) is None


@EVERY
@pytest.mark.parametrize("layers", [1, 3])
def test_every_gate_of_every_layer_is_seen(architecture, layers):
    model = made(architecture, layers)
    with record(model) as seen:
        y, last = model(X)
    marks = [*gates_of(architecture), "hidden"] + ["cell"] * (architecture == "lstm")
    assert set(seen) == {f"cells.{layer}.see_{mark}" for layer in range(layers) for mark in marks}
    assert all(seen[name].shape == (BATCH, TIME, 5) for name in seen)
    top = f"cells.{layers - 1}."
    assert torch.allclose(seen[top + "see_hidden"] @ model.A_y.T, y)
    assert torch.equal(seen[top + "see_hidden"][:, -1], parts(last)[0][-1])
    if architecture == "lstm":
        assert torch.equal(seen[top + "see_cell"][:, -1], last[1][-1])


@pytest.mark.parametrize(("architecture", "gate"), [(a, g) for a in ARCHITECTURES for g in gates_of(a)])
def test_a_frozen_gate_changes_the_output_and_is_let_go(architecture, gate):
    model = made(architecture)
    before, _ = model(X)
    with intervene(model, {f"cells.0.see_{gate}": torch.zeros_like}), record(model) as seen:
        frozen, _ = model(X)
    assert not seen[f"cells.0.see_{gate}"].any()
    assert (frozen - before).abs().max() > 1e-3
    assert torch.equal(model(X)[0], before)


def test_gates_that_keep_and_shut_keep_the_memory_exactly():
    model = made("lstm", layers=1)
    c0 = torch.randn(1, BATCH, 5, dtype=torch.float64)
    edits = {"cells.0.see_forget": torch.ones_like, "cells.0.see_input": torch.zeros_like}
    with intervene(model, edits):
        _, (_, c) = model(X, (torch.zeros_like(c0), c0))
    assert torch.equal(c, c0)


@pytest.mark.parametrize("architecture", ["ugrnn", "gru", "lstm"])
def test_the_bias_of_the_gate_that_keeps(architecture):
    gate = "forget" if architecture == "lstm" else "update"
    model = made(architecture, keep_bias=3.0)
    for cell in model.cells:
        assert cell.GATES[cell.b.tolist().index([3.0] * 5)] == gate
    zeros = torch.zeros(1, 1, 3, dtype=torch.float64)
    with record(model) as seen:
        model(zeros)
    value = seen[f"cells.0.see_{gate}"]
    assert torch.allclose(value, torch.sigmoid(torch.tensor(3.0, dtype=torch.float64)))


@EVERY
def test_dropout_acts_in_training_only_and_never_on_the_way_through_time(architecture):
    model = made(architecture, dropout=0.5)
    with record(model) as seen:
        y, _ = model.train()(X)
        again, _ = model(X)
    assert not torch.equal(y, again)
    first, second = seen.calls("cells.0.see_hidden")[:TIME], seen.calls("cells.0.see_hidden")[TIME:]
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    model.eval()
    assert torch.equal(model(X)[0], model(X)[0])


@EVERY
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
def test_dropout_acts_between_layers_and_before_the_output(architecture, watched):
    """Half of what goes through each of these two places is zero, on both paths; in evaluation nothing is."""
    model = build(architecture, 3, 200, 2, layers=2, dropout=0.5)
    dropped = []
    model.drop.register_forward_hook(lambda _module, _inputs, output: dropped.append((output == 0).float().mean()))
    for training, part in ((True, 0.5), (False, 0.0)):
        dropped.clear()
        with record(model.train(training), only=None if watched else []):
            model(X.float())
        places = dropped[:TIME], dropped[TIME:]  # readable: once a step, then once for the output
        assert len(dropped) == (TIME + 1 if watched else 2)
        assert all(value == pytest.approx(part, abs=0.1) for place in places for value in place)


@pytest.mark.parametrize(("architecture", "parts"), [("rnn", 1), ("ugrnn", 2), ("gru", 3), ("lstm", 4)])
def test_parameter_counts(architecture, parts):
    cell = build(architecture, 3, 5, 2).cells[0]
    assert sum(weight.numel() for weight in cell.parameters()) == parts * 5 * (3 + 5 + 1)
    assert len(gates_of(architecture)) == (0 if architecture == "rnn" else parts)


def test_hidden_marks_have_the_names_of_the_gates():
    assert list(hook_points(build("gru", 1, 1, 1))) == [
        f"cells.0.see_{name}" for name in ("hidden", "reset", "update", "candidate")
    ]


@pytest.mark.parametrize(("make", "sentence"), [
    (lambda: build("gry", 1, 1, 1), "There is no architecture 'gry': choose from rnn, ugrnn, gru, lstm."),
    (lambda: build("gru", 1, 0, 1), "hidden_size must be 1 or more, not 0"),
    (lambda: StackConfig(1, 1, 1, dropout=1.0), "dropout must be from 0 to below 1, not 1.0"),
    (lambda: StackConfig(1, 1, 1, dropout=-0.1), "dropout must be from 0"),
    (lambda: GRUConfig(1, 1, 1, reset="never"), r"reset must be 'before' .* or 'after' .*, not 'never'"),
])  # fmt: skip
def test_wrong_settings(unchecked, make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize(("state", "sentence"), [
    (torch.zeros(2, 4, 5), r"The first state must be h0 and c0, not 1 tensors"),
    ((torch.zeros(2, 4, 5),) * 3, "not 3 tensors"),
    ((torch.zeros(2, 4, 5), torch.zeros(2, 3, 5)), r"c0 .* = \[2, 4, 5\], not \[2, 3, 5\]"),
    ((torch.zeros(2, 4, 5), torch.zeros(2, 4, 5).double()), "c0 is torch.float64, but the weights are torch.float32"),
])  # fmt: skip
def test_a_wrong_first_state_of_an_lstm(unchecked, state, sentence):
    model = LSTM(GatedConfig(3, 5, 2, layers=2))
    with pytest.raises(ValueError, match=sentence):
        model(torch.zeros(4, 6, 3), state)


def test_the_two_forms_of_the_gru_differ():
    before, after = (GRU(GRUConfig(3, 5, 2, reset=reset)).double() for reset in ("before", "after"))
    after.load_state_dict(before.state_dict() | {"cells.0.b_h": torch.zeros(5)})
    assert (before(X)[0] - after(X)[0]).abs().max() > 1e-3
