"""Lesson 02: the check of one step of a GRU. The others are in `lstm_steps`, `lstm_memory` and `lstm_units`.

The GRU is that of Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014): the reset gate
acts on the state before the matrix. The weights are stacked as those of the LSTM are, see `lstm_steps`. These are the
slides' equations, with one bias where torch has two.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.checks.check import Check, Misconception
from lessons.checks.lstm_memory import cell_gradient, parameter_count
from lessons.checks.lstm_steps import gate_sum, lstm_step, no_bias, reordered, step_cases, transposed
from lessons.checks.lstm_units import best_unit

__all__ = ["best_unit", "cell_gradient", "gru_step", "lstm_step", "parameter_count"]


def _gru_step(
    x: Float[Tensor, "batch input"],
    h: Float[Tensor, "batch hidden"],
    A_x: Float[Tensor, "3 hidden input"],
    A_h: Float[Tensor, "3 hidden hidden"],
    b: Float[Tensor, "3 hidden"],
) -> Float[Tensor, "batch hidden"]:
    """The new state; the gates lie in the order reset, update, candidate."""
    r = torch.sigmoid(gate_sum(0, x, h, A_x, A_h, b))
    u = torch.sigmoid(gate_sum(1, x, h, A_x, A_h, b))
    s = torch.tanh(gate_sum(2, x, r * h, A_x, A_h, b))
    return u * h + (1 - u) * s


def _gru_mistake(
    name: str,
    says: str,
    weights=lambda *weights: weights,
    gate=torch.sigmoid,
    update_sees=lambda r, h: h,
    candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(x @ A_x.T + (r * h) @ A_h.T + b),
    mix=lambda u, r, h, s: u * h + (1 - u) * s,
) -> Misconception:
    """A GRU with one of its parts replaced; the defaults are right."""

    def wrong(x, h, A_x, A_h, b):
        A_x, A_h, b = weights(A_x, A_h, b)
        r = gate(gate_sum(0, x, h, A_x, A_h, b))
        u = gate(gate_sum(1, x, update_sees(r, h), A_x, A_h, b))
        return mix(u, r, h, candidate(x, h, r, A_x[2], A_h[2], b[2]))

    return Misconception(name, says, wrong)


gru_step = Check(
    title="One step of a GRU",
    reference=_gru_step,
    cases=lambda generator: step_cases(generator, gates=3, states=1),
    differentiable=True,
    misconceptions=[
        _gru_mistake(
            "reset after the matrix",
            "This is a real variant, the one that torch has. What does the reset gate multiply in the formula here?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(x @ A_x.T + r * (h @ A_h.T) + b),
        ),
        _gru_mistake(
            "reset the whole sum of the candidate",
            "Your reset gate weakens what comes from x and b as well. Which of the three terms does it belong to?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(r * (x @ A_x.T + h @ A_h.T + b)),
        ),
        _gru_mistake(
            "took 1 - r in place of r",
            "Your candidate sees most of the old state where r is near 0. What should r near 0 do to it?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(x @ A_x.T + ((1 - r) * h) @ A_h.T + b),
        ),
        _gru_mistake(
            "swapped u and 1 - u",
            "Your state changes most where the update gate is near 1. What should u near 1 do to the old state?",
            mix=lambda u, r, h, s: (1 - u) * h + u * s,
        ),
        _gru_mistake(
            "no reset",
            "The result does not depend on the reset gate; what is left is a UGRNN. Where does r come in?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(x @ A_x.T + h @ A_h.T + b),
        ),
        _gru_mistake(
            "reset the kept state too",
            "The reset gate acts twice, also on the part of the state that is kept. How often is r in the formula?",
            mix=lambda u, r, h, s: u * (r * h) + (1 - u) * s,
        ),
        _gru_mistake(
            "reset the state for the update gate too",
            "Your update gate sees the state after the reset. Which state do the two gates see in the formula?",
            update_sees=lambda r, h: r * h,
        ),
        _gru_mistake(
            "swapped the reset and the update gate",
            "The two gates use each other's weights. In which order do they lie along the first axis?",
            weights=reordered(1, 0, 2),
        ),
        _gru_mistake(
            "took the weights of the candidate first",
            "Index 0 goes to your candidate. In which order do the weights lie along the first axis?",
            weights=reordered(1, 2, 0),
        ),
        _gru_mistake("forgot the bias", "The result does not depend on b. Every gate has one.", weights=no_bias),
        _gru_mistake(
            "transposed A_h",
            "Rows and columns of A_h seem to have changed places. In a batch the states are rows: which index of"
            " A_h belongs to the old state?",
            weights=transposed,
        ),
        _gru_mistake(
            "sigmoid in place of tanh for the candidate",
            "Your candidate is never below 0. Which function has the range from -1 to 1?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.sigmoid(x @ A_x.T + (r * h) @ A_h.T + b),
        ),
        _gru_mistake(
            "tanh in place of sigmoid for the gates",
            "Your gates can be below 0. Between which two numbers should a gate lie?",
            gate=torch.tanh,
        ),
        _gru_mistake(
            "forgot the tanh of the candidate",
            "Your candidate is not kept between -1 and 1. What is around its sum in the formula?",
            candidate=lambda x, h, r, A_x, A_h, b: x @ A_x.T + (r * h) @ A_h.T + b,
        ),
        _gru_mistake(
            "added the whole candidate",
            "The old state is weighed and the candidate is not, so that the state can grow beyond 1. How do the two"
            " share the new state?",
            mix=lambda u, r, h, s: u * h + s,
        ),
        _gru_mistake(
            "left out the update gate",
            "Your new state is the candidate alone. What decides how much of the old state is kept?",
            mix=lambda u, r, h, s: s,
        ),
        _gru_mistake(
            "one more tanh at the end",
            "The new state is squashed once more: even u = 1 does not keep the old one. How many tanh are there?",
            mix=lambda u, r, h, s: torch.tanh(u * h + (1 - u) * s),
        ),
    ],
)
