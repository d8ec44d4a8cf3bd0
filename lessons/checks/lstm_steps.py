"""Lesson 02: the check of one step of an LSTM, and what the two steps, this one and that of the GRU, share.

The LSTM is that of Gers, Schmidhuber and Cummins, "Learning to forget" (2000). The weights of all gates are stacked
along the first axis, in torch's order: A_x [gate hidden input], A_h [gate hidden hidden], b [gate hidden]. These are
the slides' equations, with one bias where torch has two. `lstm_gates` shows this check to the notebook.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def gate_sum(gate: int, x: Tensor, h: Tensor, A_x: Tensor, A_h: Tensor, b: Tensor) -> Tensor:
    """What goes into the sigmoid or tanh of one gate, [batch hidden]."""
    return x @ A_x[gate].T + h @ A_h[gate].T + b[gate]


def step_cases(generator: Generator, gates: int, states: int) -> list[tuple]:
    def case(batch: int, inputs: int, hidden: int) -> tuple:
        weights = [(gates, hidden, inputs), (gates, hidden, hidden), (gates, hidden)]
        return tuple(normal(generator, *size) for size in [(batch, inputs), *[(batch, hidden)] * states, *weights])

    return [case(2, 3, 4), case(1, 4, 2), case(5, 2, 3)]


# What a student may do to the weights before using them; shared by both steps.


def no_bias(A_x, A_h, b):
    return A_x, A_h, torch.zeros_like(b)


def transposed(A_x, A_h, b):
    return A_x, A_h.mT, b


def reordered(*order: int):
    return lambda A_x, A_h, b: (A_x[list(order)], A_h[list(order)], b[list(order)])


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
    i, f, o = (torch.sigmoid(gate_sum(gate, x, h, A_x, A_h, b)) for gate in (0, 1, 3))
    g = torch.tanh(gate_sum(2, x, h, A_x, A_h, b))
    c_new = f * c + i * g
    return o * torch.tanh(c_new), c_new


def _lstm_mistake(
    name: str,
    says: str,
    weights=lambda *weights: weights,
    gate=torch.sigmoid,
    squash=torch.tanh,
    gates_see=lambda h, c: h,
    cell=lambda i, f, o, g, c, h: f * c + i * g,
    out=lambda o, c_new, c: (o * torch.tanh(c_new), c_new),
) -> Misconception:
    """An LSTM with one of its parts replaced; the defaults are right."""

    def wrong(x, h, c, A_x, A_h, b):
        sums = [gate_sum(part, x, gates_see(h, c), *weights(A_x, A_h, b)) for part in range(4)]
        i, f, o = (gate(sums[part]) for part in (0, 1, 3))
        return out(o, cell(i, f, o, squash(sums[2]), c, h), c)

    return Misconception(name, says, wrong)


lstm_step = Check(
    title="One step of an LSTM",
    reference=_lstm_step,
    cases=lambda generator: step_cases(generator, gates=4, states=2),
    differentiable=True,
    misconceptions=[
        _lstm_mistake(
            "swapped the input and the forget gate",
            "The gate of the old cell and the gate of the candidate have changed places. Which comes first?",
            weights=reordered(1, 0, 2, 3),
        ),
        _lstm_mistake(
            "coupled the input gate to the forget gate",
            "You use 1 - f where another gate belongs. Such LSTMs exist, but here every gate has its own weights.",
            cell=lambda i, f, o, g, c, h: f * c + (1 - f) * g,
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
            cell=lambda i, f, o, g, c, h: o * (f * c + i * g),
            out=lambda o, c_new, c: (torch.tanh(c_new), c_new),
        ),
        _lstm_mistake(
            "output gate on the cell and on the state",
            "The output gate acts twice, and the first time on the memory itself. How often is o in the formulas?",
            cell=lambda i, f, o, g, c, h: o * (f * c + i * g),
        ),
        _lstm_mistake(
            "handed on the tanh of the cell",
            "The state is right. The second result should be the cell itself, and yours is its tanh: only what the"
            " output gate sees is squashed.",
            out=lambda o, c_new, c: (o * torch.tanh(c_new), torch.tanh(c_new)),
        ),
        _lstm_mistake(
            "squashed the cell before its tanh",
            "Your new cell lies between -1 and 1, and the state is squashed twice. How often is tanh around the cell in"
            " the formulas, and in which of the two lines?",
            cell=lambda i, f, o, g, c, h: torch.tanh(f * c + i * g),
        ),
        _lstm_mistake(
            "took the tanh after the output gate",
            "The cell is right. You multiply by o inside the tanh. Which of the two comes first in the formula?",
            out=lambda o, c_new, c: (torch.tanh(o * c_new), c_new),
        ),
        _lstm_mistake(
            "handed on the old cell",
            "The state is right, and the cell that you return is the one that came in. Which cell does the next step"
            " need?",
            out=lambda o, c_new, c: (o * torch.tanh(c_new), c),
        ),
        _lstm_mistake(
            "kept the old state in place of the old cell",
            "Your forget gate acts on h. Which of the two is the memory that it lets fade?",
            cell=lambda i, f, o, g, c, h: f * h + i * g,
        ),
        _lstm_mistake(
            "returned the cell first",
            "Both results are right, in the wrong order. What does the task ask for first?",
            out=lambda o, c_new, c: (c_new, o * torch.tanh(c_new)),
        ),
        _lstm_mistake(
            "swapped the candidate and the output gate",
            "The candidate and a gate use each other's weights. In which order do they lie along the first axis?",
            weights=reordered(0, 1, 3, 2),
        ),
        _lstm_mistake(
            "took forget, output, input, candidate as the order",
            "Each of the four parts uses the weights of another one. In which order do they lie along the first axis?",
            weights=reordered(2, 0, 3, 1),
        ),
        _lstm_mistake("forgot the bias", "The result does not depend on b. Every gate has one.", weights=no_bias),
        _lstm_mistake(
            "transposed A_h",
            "Rows and columns of A_h seem to have changed places. In a batch the states are rows: which index of"
            " A_h belongs to the old state?",
            weights=transposed,
        ),
        _lstm_mistake(
            "let the gates see the cell",
            "Your gates depend on c. What do they look at, besides x?",
            gates_see=lambda h, c: c,
        ),
        _lstm_mistake(
            "left out the forget gate",
            "Your cell keeps all that it ever took in, as in the LSTM of 1997. What lets it forget?",
            cell=lambda i, f, o, g, c, h: c + i * g,
        ),
        _lstm_mistake(
            "left out the input gate",
            "The whole candidate enters your cell at every step. What decides how much of it comes in?",
            cell=lambda i, f, o, g, c, h: f * c + g,
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
