"""Our RNN equals torch.nn.RNN, forward and gradients. All sizes differ."""

import pytest
import torch

from lessons.core.record import record
from lessons.recurrent.rnn import RNN, RNNConfig

INPUT, HIDDEN, OUTPUT, BATCH, TIME = 3, 7, 2, 4, 11


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_equals_torch(layers, watched, dtype, tolerance):
    torch.manual_seed(0)
    theirs = torch.nn.RNN(INPUT, HIDDEN, layers, batch_first=True, dtype=dtype)
    ours = RNN(RNNConfig(INPUT, HIDDEN, OUTPUT, layers)).to(dtype)
    names = {"A_x": "weight_ih_l", "A_h": "weight_hh_l"}
    pairs = []
    with torch.no_grad():
        for layer, cell in enumerate(ours.cells):
            for our_name, their_name in names.items():
                pairs.append((getattr(cell, our_name), getattr(theirs, f"{their_name}{layer}")))
                pairs[-1][0].copy_(pairs[-1][1])
            b_ih, b_hh = getattr(theirs, f"bias_ih_l{layer}"), getattr(theirs, f"bias_hh_l{layer}")
            cell.b.copy_(b_ih + b_hh)
            pairs += [(cell.b, b_ih), (cell.b, b_hh)]  # dL/db is the gradient of either of the two

    x = torch.randn(BATCH, TIME, INPUT, dtype=dtype)
    h0 = torch.randn(layers, BATCH, HIDDEN, dtype=dtype)
    to_y, to_h = (
        torch.randn(BATCH, TIME, OUTPUT, dtype=dtype),
        torch.randn(layers, BATCH, HIDDEN, dtype=dtype),
    )
    A_y = ours.A_y.detach().clone().requires_grad_()
    our_x, their_x = x.clone().requires_grad_(), x.clone().requires_grad_()
    our_h0, their_h0 = h0.clone().requires_grad_(), h0.clone().requires_grad_()

    if watched:
        with record(ours):
            our_y, our_last = ours(our_x, our_h0)
    else:
        our_y, our_last = ours(our_x, our_h0)
    their_states, their_last = theirs(their_x, their_h0)
    their_y = their_states @ A_y.T
    for y, last in ((our_y, our_last), (their_y, their_last)):
        ((y * to_y).sum() + (last * to_h).sum()).backward()  # a loss that reaches outputs and last states

    compared = [(our_y, their_y), (our_last, their_last)]
    compared += [(a.grad, b.grad) for a, b in [*pairs, (our_x, their_x), (our_h0, their_h0), (ours.A_y, A_y)]]
    for mine, other in compared:
        assert mine.shape == other.shape
        assert (mine - other).abs().max() <= tolerance * other.abs().max()
