"""How far a gradient flows back through an RNN that reads a text: the experiment behind lesson 1's second panel.

The network reads one character a step and guesses a class only after the last one, so all that an early character can
change in the loss must pass through every later state. The weights are random and fixed by a seed: what is looked at is
the path, not what was learned.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from lessons.core.clipping import gradient_norm
from lessons.core.record import record
from lessons.core.seed import seeded
from lessons.core.threads import threads
from lessons.recurrent.gradients import jacobian_product_norms
from lessons.recurrent.rnn import RNN, RNNConfig, init_spectral_radius

FIRST, LAST = 32, 126  # the printable characters of ASCII; every other character shares one more place
CHARACTERS = LAST - FIRST + 2
HIDDEN = 32
CLASSES = 5


@dataclass(frozen=True)
class Flow:
    """What came back through time."""

    gradients: Float[Tensor, "time hidden"]  # dL/dh_t; exactly 0 before a cut
    norms: Float[Tensor, "time"]  # ||dL/dh_t||_2
    bounds: Float[Tensor, "time"]  # ||dL/dh_T||_2 * ||dh_T/dh_t||_2: no path without a cut can bring more
    weights: dict[str, float]  # 2-norm of the gradient of each weight
    total: float  # 2-norm over all weights


def one_hot_characters(text: str) -> Float[Tensor, "batch time input"]:
    """The text as one one-hot vector a character, in a batch of one. Characters outside ASCII share the last place.

    ValueError for an empty text.
    """
    if not text:
        raise ValueError("There is no text to read: type at least one character.")
    codes = torch.tensor([ord(c) - FIRST if FIRST <= ord(c) <= LAST else CHARACTERS - 1 for c in text])
    return F.one_hot(codes, CHARACTERS).double()[None]  # [batch=1 time input]


@threads(1)
def gradient_flow(text: str, radius: float, window: int | None = None, seed: int = 0) -> Flow:
    """Read `text`, take the loss after the last character, and send it back.

    radius: spectral radius of A_h, 0 or more. window: cut the gradient at every multiple of so many steps, or never
    (None). All in float64. ValueError for an empty text, a negative radius or a window below 1.
    """
    if window is not None and window < 1:
        raise ValueError(f"The window must be 1 step or more, not {window}.")
    x = one_hot_characters(text)
    with seeded(seed):
        rnn = RNN(RNNConfig(CHARACTERS, HIDDEN, CLASSES)).double()
    init_spectral_radius(rnn, radius)
    window = window or x.shape[1]
    h = None
    with record(rnn, gradients=True) as seen:
        for start in range(0, x.shape[1], window):
            y, h = rnn(x[:, start : start + window], None if h is None else h.detach())
        F.cross_entropy(y[:, -1], torch.tensor([0])).backward()
    name = "cells.0.see_hidden"
    gradients = seen.gradient(name)[0]  # [time hidden]
    norms = gradients.norm(dim=1)
    cell = rnn.cells[0]
    bounds = norms[-1] * jacobian_product_norms(seen[name][0].detach(), cell.A_h.detach())
    named = {"A_x": cell.A_x, "A_h": cell.A_h, "b": cell.b, "A_y": rnn.A_y}
    weights = {name: weight.grad.norm().item() for name, weight in named.items()}
    return Flow(gradients, norms, bounds, weights, gradient_norm(rnn.parameters()))
