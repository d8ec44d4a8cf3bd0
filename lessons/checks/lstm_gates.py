"""Lesson 02: checks of one step of a GRU and of an LSTM. The others are in `lstm_memory` and `lstm_units`.

The GRU is that of Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014): the reset gate
acts on the state before the matrix. The LSTM is that of Gers, Schmidhuber and Cummins, "Learning to forget"
(2000). The weights of all gates are stacked along the first axis, in torch's order: A_x [gate hidden input],
A_h [gate hidden hidden], b [gate hidden]. Both are the slides' equations, with one bias where torch has two.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception
from lessons.checks.lstm_memory import cell_gradient, parameter_count
from lessons.checks.lstm_units import best_unit

__all__ = ["best_unit", "cell_gradient", "gru_step", "lstm_step", "parameter_count"]


def _sum(gate: int, x: Tensor, h: Tensor, A_x: Tensor, A_h: Tensor, b: Tensor) -> Tensor:
    """What goes into the sigmoid or tanh of one gate, [batch hidden]."""
    return x @ A_x[gate].T + h @ A_h[gate].T + b[gate]


def _step_cases(generator: Generator, gates: int, states: int) -> list[tuple]:
    def case(batch: int, inputs: int, hidden: int) -> tuple:
        weights = [(gates, hidden, inputs), (gates, hidden, hidden), (gates, hidden)]
        return tuple(normal(generator, *size) for size in [(batch, inputs), *[(batch, hidden)] * states, *weights])

    return [case(2, 3, 4), case(1, 4, 2), case(5, 2, 3)]


# What a student may do to the weights before using them; shared by both steps.


def _no_bias(A_x, A_h, b):
    return A_x, A_h, torch.zeros_like(b)


def _transposed(A_x, A_h, b):
    return A_x, A_h.mT, b


def _reordered(*order: int):
    return lambda A_x, A_h, b: (A_x[list(order)], A_h[list(order)], b[list(order)])


# --- 1. One step of a GRU -------------------------------------------------------------------------


def _gru_step(
    x: Float[Tensor, "batch input"],
    h: Float[Tensor, "batch hidden"],
    A_x: Float[Tensor, "3 hidden input"],
    A_h: Float[Tensor, "3 hidden hidden"],
    b: Float[Tensor, "3 hidden"],
) -> Float[Tensor, "batch hidden"]:
    """The new state; the gates lie in the order reset, update, candidate."""
    r = torch.sigmoid(_sum(0, x, h, A_x, A_h, b))
    u = torch.sigmoid(_sum(1, x, h, A_x, A_h, b))
    s = torch.tanh(_sum(2, x, r * h, A_x, A_h, b))
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
        r = gate(_sum(0, x, h, A_x, A_h, b))
        u = gate(_sum(1, x, update_sees(r, h), A_x, A_h, b))
        return mix(u, r, h, candidate(x, h, r, A_x[2], A_h[2], b[2]))

    return Misconception(name, says, wrong)


gru_step = Check(
    title="One step of a GRU",
    reference=_gru_step,
    cases=lambda generator: _step_cases(generator, gates=3, states=1),
    differentiable=True,
    misconceptions=[
        _gru_mistake(
            "reset after the matrix",
            "This is a real variant, the one that torch has. What does the reset gate multiply in the formula here?",
            candidate=lambda x, h, r, A_x, A_h, b: torch.tanh(x @ A_x.T + r * (h @ A_h.T) + b),
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
            weights=_reordered(1, 0, 2),
        ),
        _gru_mistake(
            "took the weights of the candidate first",
            "Index 0 goes to your candidate. In which order do the weights lie along the first axis?",
            weights=_reordered(1, 2, 0),
        ),
        _gru_mistake("forgot the bias", "The result does not depend on b. Every gate has one.", weights=_no_bias),
        _gru_mistake(
            "transposed A_h",
            "Rows and columns of A_h seem to have changed places. In a batch the states are rows: which index of"
            " A_h belongs to the old state?",
            weights=_transposed,
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


# --- 2. One step of an LSTM -----------------------------------------------------------------------


def _lstm_step(
    x: Float[Tensor, "batch input"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    A_x: Float[Tensor, "4 hidden input"],
    A_h: Float[Tensor, "4 hidden hidden"],
    b: Float[Tensor, "4 hidden"],
) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
    """The new state and the new cell; the gates lie in the order input, forget, candidate, output."""
    i, f, o = (torch.sigmoid(_sum(gate, x, h, A_x, A_h, b)) for gate in (0, 1, 3))
    g = torch.tanh(_sum(2, x, h, A_x, A_h, b))
    c_new = f * c + i * g
    return o * torch.tanh(c_new), c_new


def _lstm_mistake(
    name: str,
    says: str,
    weights=lambda *weights: weights,
    gate=torch.sigmoid,
    squash=torch.tanh,
    gates_see=lambda h, c: h,
    cell=lambda i, f, o, g, c: f * c + i * g,
    out=lambda o, c_new, c: (o * torch.tanh(c_new), c_new),
) -> Misconception:
    """An LSTM with one of its parts replaced; the defaults are right."""

    def wrong(x, h, c, A_x, A_h, b):
        sums = [_sum(part, x, gates_see(h, c), *weights(A_x, A_h, b)) for part in range(4)]
        i, f, o = (gate(sums[part]) for part in (0, 1, 3))
        return out(o, cell(i, f, o, squash(sums[2]), c), c)

    return Misconception(name, says, wrong)


lstm_step = Check(
    title="One step of an LSTM",
    reference=_lstm_step,
    cases=lambda generator: _step_cases(generator, gates=4, states=2),
    differentiable=True,
    misconceptions=[
        _lstm_mistake(
            "swapped the input and the forget gate",
            "The gate of the old cell and the gate of the candidate have changed places. Which comes first?",
            weights=_reordered(1, 0, 2, 3),
        ),
        _lstm_mistake(
            "coupled the input gate to the forget gate",
            "You use 1 - f where another gate belongs. Such LSTMs exist, but here every gate has its own weights.",
            cell=lambda i, f, o, g, c: f * c + (1 - f) * g,
        ),
        _lstm_mistake(
            "forgot the tanh on the way out",
            "The cell is right, and the state can be larger than 1. What lies between the cell and the output gate?",
            out=lambda o, c_new, c: (o * c_new, c_new),
        ),
        _lstm_mistake(
            "took the state from the old cell",
            "The cell is right, and the state comes one step late. Which cell does it show?",
            out=lambda o, c_new, c: (o * torch.tanh(c), c_new),
        ),
        _lstm_mistake(
            "sigmoid in place of tanh for the candidate",
            "Your candidate is never below 0, so that it can only add to the cell. Which function squashes it?",
            squash=torch.sigmoid,
        ),
        _lstm_mistake(
            "output gate on the cell itself",
            "A closed output gate wipes your cell out. Should it touch the memory, or only what is shown of it?",
            cell=lambda i, f, o, g, c: o * (f * c + i * g),
            out=lambda o, c_new, c: (torch.tanh(c_new), c_new),
        ),
        _lstm_mistake(
            "output gate on the cell and on the state",
            "The output gate acts twice, and the first time on the memory itself. How often is o in the formulas?",
            cell=lambda i, f, o, g, c: o * (f * c + i * g),
        ),
        _lstm_mistake(
            "squashed the cell itself",
            "Your new cell lies between -1 and 1, and fades even when the forget gate is 1. Which of the two results"
            " is squashed?",
            cell=lambda i, f, o, g, c: torch.tanh(f * c + i * g),
            out=lambda o, c_new, c: (o * c_new, c_new),
        ),
        _lstm_mistake(
            "returned the cell first",
            "Both results are right, in the wrong order. What does the task ask for first?",
            out=lambda o, c_new, c: (c_new, o * torch.tanh(c_new)),
        ),
        _lstm_mistake(
            "swapped the candidate and the output gate",
            "The candidate and a gate use each other's weights. In which order do they lie along the first axis?",
            weights=_reordered(0, 1, 3, 2),
        ),
        _lstm_mistake("forgot the bias", "The result does not depend on b. Every gate has one.", weights=_no_bias),
        _lstm_mistake(
            "transposed A_h",
            "Rows and columns of A_h seem to have changed places. In a batch the states are rows: which index of"
            " A_h belongs to the old state?",
            weights=_transposed,
        ),
        _lstm_mistake(
            "let the gates see the cell",
            "Your gates depend on c. What do they look at, besides x?",
            gates_see=lambda h, c: c,
        ),
        _lstm_mistake(
            "left out the forget gate",
            "Your cell keeps all that it ever took in, as in the LSTM of 1997. What lets it forget?",
            cell=lambda i, f, o, g, c: c + i * g,
        ),
        _lstm_mistake(
            "left out the input gate",
            "The whole candidate enters your cell at every step. What decides how much of it comes in?",
            cell=lambda i, f, o, g, c: f * c + g,
        ),
        _lstm_mistake(
            "left out the output gate",
            "The cell is right, and your state always shows all of it. What decides how much is shown?",
            out=lambda o, c_new, c: (torch.tanh(c_new), c_new),
        ),
        _lstm_mistake(
            "tanh in place of sigmoid for the gates",
            "Your gates can be below 0. Between which two numbers should a gate lie?",
            gate=torch.tanh,
        ),
    ],
)
