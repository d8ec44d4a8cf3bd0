"""Backpropagation through time (Werbos 1990), by hand, and truncated (Williams and Peng 1990).

Unroll h_t = tanh(A_h h_{t-1} + A_x x_t + b), y_t = A_y h_t, then walk back from the last step. A state is
used twice, by its output and by the next state, so two gradients meet in it:

    dL/dh_t = A_y^T dL/dy_t + A_h^T dL/dz_{t+1}        z_t is what goes into the tanh
    dL/dz_t = (1 - h_t^2) * dL/dh_t

Every step uses the same weights, so their gradients are sums over all steps.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.recurrent.rnn import RNN


@dataclass(frozen=True)
class Gradients:
    """What backpropagation through time finds, under the names of the weights."""

    A_x: Float[Tensor, "hidden input"]
    A_h: Float[Tensor, "hidden hidden"]
    b: Float[Tensor, "hidden"]
    A_y: Float[Tensor, "output hidden"]
    h0: Float[Tensor, "batch hidden"]
    hidden: Float[Tensor, "batch time hidden"]  # dL/dh_t for every step


@torch.no_grad()
def bptt(
    rnn: RNN,
    x: Float[Tensor, "batch time input"],
    h0: Float[Tensor, "batch hidden"],
    loss_gradient: Callable[[Tensor], Tensor],
) -> Gradients:
    """The gradients of a loss L(y) by hand. loss_gradient: y [batch time output] -> dL/dy of the same shape.

    For the squared error L = 1/2 sum (y - target)^2 that is `lambda y: y - target`. ValueError unless the
    RNN has one layer with a tanh. The weights' `.grad` are left alone.
    """
    if rnn.config.layers != 1 or rnn.config.nonlinearity != "tanh":
        config = rnn.config
        raise ValueError(f"bptt is for one tanh layer, not for {config.layers} with {config.nonlinearity!r}.")
    cell = rnn.cells[0]
    A_x, A_h, b, A_y = cell.A_x, cell.A_h, cell.b, rnn.A_y

    # Forward, keeping every state: h[t] is the state before step t.
    steps = x.shape[1]
    h = [h0]
    for t in range(steps):
        h.append(torch.tanh(x[:, t] @ A_x.T + h[t] @ A_h.T + b))  # [batch hidden]
    y = torch.stack([h_t @ A_y.T for h_t in h[1:]], dim=1)  # [batch time output]

    # Backward, from the last step to the first.
    dy = loss_gradient(y)  # [batch time output]
    dA_x, dA_h, db, dA_y = (torch.zeros_like(weight) for weight in (A_x, A_h, b, A_y))
    from_later = torch.zeros_like(h0)  # A_h^T dL/dz_{t+1}: nothing comes after the last step
    dh = []
    for t in reversed(range(steps)):
        dh_t = dy[:, t] @ A_y + from_later  # [batch hidden]
        dz_t = (1 - h[t + 1] ** 2) * dh_t  # [batch hidden]
        dA_y += dy[:, t].T @ h[t + 1]  # [output hidden]
        dA_x += dz_t.T @ x[:, t]  # [hidden input]
        dA_h += dz_t.T @ h[t]  # [hidden hidden]
        db += dz_t.sum(dim=0)  # [hidden]
        from_later = dz_t @ A_h  # [batch hidden]
        dh.append(dh_t)
    return Gradients(dA_x, dA_h, db, dA_y, h0=from_later, hidden=torch.stack(dh[::-1], dim=1))


def truncated_bptt(
    model: RNN,
    x: Float[Tensor, "batch time input"],
    targets: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    window: int,
) -> float:
    """Carry the state on, cut the gradient every `window` steps. Adds to `.grad`; returns the total loss.

    targets: [batch time ...]. loss: (outputs, targets) of some steps -> the *sum* of their losses, so that
    the windows add up. With a window of at least the sequence's length this is full backpropagation through
    time. ValueError for a window below 1 or targets of another length.
    """
    if window < 1:
        raise ValueError(f"The window must be 1 step or more, not {window}.")
    if targets.shape[:2] != x.shape[:2]:
        expected, got = list(x.shape[:2]), list(targets.shape[:2])
        raise ValueError(f"The targets must have a target for every step, [batch time] = {expected}, not {got}.")
    h, total = None, 0.0
    for start in range(0, x.shape[1], window):
        y, h = model(x[:, start : start + window], h)  # [batch window output], [layer batch hidden]
        part = loss(y, targets[:, start : start + window])
        part.backward()
        total += part.item()
        h = h.detach()  # the value goes on, the gradient does not
    return total
