"""How far a gradient flows back through each of the four architectures: all else equal, before any training.

A network with random first weights reads random inputs, and a random linear loss looks at its last state. What comes
back to step t is |dL/dmemory_t|, where the memory is the state that a network hands on with as little change as it
can: the cell state c of the LSTM, the hidden state h of the others.

The gate that keeps the memory multiplies this gradient at every step. With a bias of 0 it starts near 1/2, and 1/2 to
the power 99 is nothing. A bias of 4 or 5 makes it start near 1 (Gers and others 2000; Jozefowicz and others 2015).
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from lessons.core.seed import generator, seeded
from lessons.recurrent.architectures import build, memory_mark
from lessons.recurrent.gradients import hidden_gradients

INPUTS = 16  # features of one random input, each drawn from a standard normal distribution


def architecture_flow(
    architecture: str, steps: int = 100, hidden: int = 64, keep_bias: float = 0.0, seed: int = 0
) -> Float64[Tensor, "time"]:
    """log10 of |dL/dmemory_t| for t = 1..T, relative to that of the last step, whose entry is 0.

    steps: T, 1 or more. hidden: units of a state. keep_bias: first bias of the gate that keeps the memory; the RNN
    has none. seed: of weights and inputs; the inputs are the same for all architectures. Computed in float64; -inf
    where even that holds no number so small. ValueError for a value out of range.
    """
    if steps < 1:
        raise ValueError(f"The gradient needs a sequence of at least 1 step, not {steps}.")
    with seeded(seed):
        model = build(architecture, INPUTS, hidden, 1, keep_bias=keep_bias).double().requires_grad_(False)
    x = torch.randn(1, steps, INPUTS, generator=generator(seed), dtype=torch.float64)  # [batch=1 time input]
    gradients = hidden_gradients(model, x, lambda y: y[0, -1, 0], mark=memory_mark(architecture))
    logs = gradients[0].norm(dim=1).log10()  # [batch=1 time hidden] -> [time]
    return logs - logs[-1]
