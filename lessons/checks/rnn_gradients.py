"""Lesson 01: checks of the RNN's step, its gradient through time, clipping and truncation.

h_t = tanh(A_h h_{t-1} + A_x x_t + b), with the names of the slides: A_h [hidden hidden], A_x [hidden input],
b [hidden]. Clipping and truncation as in Pascanu, Mikolov and Bengio, "On the difficulty of training
recurrent neural networks" (2013); the functions here are short and on plain tensors, so that a student writes
each in a few lines.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception
from lessons.checks.truncated_bptt import truncated_gradient

__all__ = ["clip_by_norm", "gradient_through_steps", "rnn_step", "truncated_gradient"]


# --- 1. One step ----------------------------------------------------------------------------------


def _rnn_step(
    x: Float[Tensor, "batch input"],
    h: Float[Tensor, "batch hidden"],
    A_x: Float[Tensor, "hidden input"],
    A_h: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, "hidden"],
) -> Float[Tensor, "batch hidden"]:
    return torch.tanh(x @ A_x.T + h @ A_h.T + b)


def _step_cases(generator: Generator) -> list[tuple]:
    def case(batch: int, inputs: int, hidden: int) -> tuple:
        sizes = [(batch, inputs), (batch, hidden), (hidden, inputs), (hidden, hidden), (hidden,)]
        return tuple(normal(generator, *size, scale=0.7) for size in sizes)

    return [case(2, 3, 4), case(1, 4, 2), case(5, 2, 3)]


rnn_step = Check(
    title="One step of an RNN",
    reference=_rnn_step,
    cases=_step_cases,
    differentiable=True,
    misconceptions=[
        Misconception(
            "forgot the tanh",
            "Your state is not kept between -1 and 1. What does the formula do last?",
            lambda x, h, A_x, A_h, b: x @ A_x.T + h @ A_h.T + b,
        ),
        Misconception(
            "forgot the bias",
            "The result does not depend on b.",
            lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T + h @ A_h.T),
        ),
        Misconception(
            "transposed A_h",
            "Rows and columns of A_h seem to have changed places. Write one row of the batch by hand:"
            " which index of A_h belongs to the new state, which to the old one?",
            lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T + h @ A_h + b),
        ),
        Misconception(
            "sigmoid in place of tanh",
            "Your state lies between 0 and 1. Which function has the range from -1 to 1?",
            lambda x, h, A_x, A_h, b: torch.sigmoid(x @ A_x.T + h @ A_h.T + b),
        ),
        Misconception(
            "tanh on each part by itself",
            "The squashed parts are added, so that a state can be larger than 1. How many tanh are in the formula?",
            lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T) + torch.tanh(h @ A_h.T + b),
        ),
        Misconception(
            "left out the old state",
            "The result does not depend on h: this network has no memory.",
            lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T + b),
        ),
        Misconception(
            "left out the input",
            "The result does not depend on x: this network sees nothing.",
            lambda x, h, A_x, A_h, b: torch.tanh(h @ A_h.T + b),
        ),
    ],
)


# --- 2. The gradient through k steps --------------------------------------------------------------


def _gradient_through_steps(a_h: float, h: Float[Tensor, "time"], k: int) -> Float[Tensor, ""]:
    """dh_t/dh_{t-k} of h_t = tanh(a_h h_{t-1} + x_t), for 1 <= k <= time; the last entry of h is h_t."""
    return (1 - h[-k:] ** 2).prod() * a_h**k


def _gradient_cases(generator: Generator) -> list[tuple]:
    def states(time: int) -> Tensor:
        return torch.tanh(normal(generator, time))

    return [(0.9, states(5), 3), (1.1, states(7), 4), (-1.3, states(6), 5), (0.8, states(2), 2)]


gradient_through_steps = Check(
    title="The gradient through k steps",
    reference=_gradient_through_steps,
    cases=_gradient_cases,
    misconceptions=[
        Misconception(
            "forgot the slope of tanh",
            "Your gradient does not depend on the states: it is the one of a network without tanh. What"
            " does each step multiply by, besides a_h?",
            lambda a_h, h, k: h.new_tensor(a_h**k),
        ),
        Misconception(
            "one power of a_h too few",
            "The states are right, and a_h comes in once too rarely. Count the steps from h_{t-k} to h_t.",
            lambda a_h, h, k: (1 - h[-k:] ** 2).prod() * a_h ** (k - 1),
        ),
        Misconception(
            "the slope of the last step only",
            "Only h_t comes in. What of the tanh of the steps before?",
            lambda a_h, h, k: (1 - h[-1] ** 2) * a_h**k,
        ),
        Misconception(
            "a_h only once",
            "The states are right, and a_h comes in only once. How many of the steps multiply by it?",
            lambda a_h, h, k: (1 - h[-k:] ** 2).prod() * a_h,
        ),
        Misconception(
            "left out a_h",
            "The slopes are right, and a_h does not come in at all. What else does each step multiply by?",
            lambda a_h, h, k: (1 - h[-k:] ** 2).prod(),
        ),
        Misconception(
            "one power of a_h too many",
            "The states are right, and a_h comes in once too often. Count the steps from h_{t-k} to h_t.",
            lambda a_h, h, k: (1 - h[-k:] ** 2).prod() * a_h ** (k + 1),
        ),
        Misconception(
            "forgot the square in the slope",
            "Your slope is 1 - h. Look at the exponent in the formula.",
            lambda a_h, h, k: (1 - h[-k:]).prod() * a_h**k,
        ),
        Misconception(
            "k times a_h in place of a power",
            "Your gradient grows evenly with k. How does the chain rule join the steps?",
            lambda a_h, h, k: (1 - h[-k:] ** 2).prod() * a_h * k,
        ),
        Misconception(
            "added the slopes in place of multiplying them",
            "The slopes of the steps are added up. How does the chain rule join them?",
            lambda a_h, h, k: (1 - h[-k:] ** 2).sum() * a_h**k,
        ),
        Misconception(
            "took the first k states",
            "The count is right, the states are too old. Which end of h holds h_t?",
            lambda a_h, h, k: (1 - h[:k] ** 2).prod() * a_h**k,
        ),
        Misconception(
            "took the states one step too early",
            "The slopes seem to belong to h_{t-k} up to h_{t-1}. Where is the tanh that makes h_t?",
            lambda a_h, h, k: (1 - h[-k - 1 : -1] ** 2).prod() * a_h**k,
        ),
        Misconception(
            "took all states",
            "All of h comes in, also when it is longer than k.",
            lambda a_h, h, k: (1 - h**2).prod() * a_h**k,
        ),
        Misconception(
            "tanh of a state that is a tanh already",
            "The entries of h are outputs of tanh. Which formula gives the slope of tanh from its output?",
            lambda a_h, h, k: (1 - torch.tanh(h[-k:]) ** 2).prod() * a_h**k,
        ),
    ],
)


# --- 3. Clipping by norm --------------------------------------------------------------------------


def _norm(grads: list[Tensor]) -> Tensor:
    return torch.cat([grad.flatten() for grad in grads]).norm()


def _clip_by_norm(grads: list[Tensor], tau: float) -> list[Tensor]:
    scale = torch.clamp(tau / _norm(grads), max=1.0)
    return [grad * scale for grad in grads]


def _clip_cases(generator: Generator) -> list[tuple]:
    def grads(scale: float) -> list[Tensor]:
        return [normal(generator, *shape, scale=scale) for shape in [(3, 2), (4,), (2, 5)]]

    zeros = [torch.zeros(2, 3, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)]
    return [
        (grads(30.0), 5.0),
        (grads(3.0), 5.0),
        (grads(1.0), 2.0),
        (grads(0.1), 1.0),
        (grads(0.3), 10.0),
        (zeros, 1.0),
    ]


clip_by_norm = Check(
    title="Clipping by norm",
    reference=_clip_by_norm,
    cases=_clip_cases,
    tolerance=1e-5,  # torch adds 1e-6 to the norm; that is right as well
    misconceptions=[
        Misconception(
            "clipped every value by itself",
            "Each entry is cut to [-tau, tau]. That turns the gradient into another direction; clipping by"
            " norm keeps it.",
            lambda grads, tau: [grad.clamp(-tau, tau) for grad in grads],
        ),
        Misconception(
            "a norm for every tensor",
            "Each tensor is scaled by a norm of its own, which changes how they stand to each other. All"
            " tensors together are one long gradient.",
            lambda grads, tau: [_clip_by_norm([grad], tau)[0] for grad in grads],
        ),
        Misconception(
            "scaled small gradients up",
            "The norm comes out as tau every time. What should happen to a gradient that is small enough already?",
            lambda grads, tau: [grad * (tau / _norm(grads)) for grad in grads],
        ),
        Misconception(
            "clipped to 1 in place of tau",
            "A gradient that is too long comes out with the norm 1, whatever tau is.",
            lambda grads, tau: [grad / _norm(grads) if _norm(grads) > tau else grad for grad in grads],
        ),
        Misconception(
            "forgot the root of the norm",
            "You divide by the sum of squares. What is missing to make it a norm?",
            lambda grads, tau: [grad * torch.clamp(tau / _norm(grads) ** 2, max=1.0) for grad in grads],
        ),
        Misconception(
            "took the mean of the squares",
            "You take the root of the *mean* of the squares. A norm is the root of their sum.",
            lambda grads, tau: [
                grad * torch.clamp(tau / (_norm(grads) / sum(g.numel() for g in grads) ** 0.5), max=1.0)
                for grad in grads
            ],
        ),
        Misconception(
            "added the norms of the tensors",
            "You add the norms of the tensors. All entries together are one vector: what is its norm?",
            lambda grads, tau: [grad * torch.clamp(tau / sum(g.norm() for g in grads), max=1.0) for grad in grads],
        ),
        Misconception(
            "max in place of min",
            "Short gradients are made longer and long ones stay as they are: the wrong way round.",
            lambda grads, tau: [grad * torch.clamp(tau / _norm(grads), min=1.0) for grad in grads],
        ),
        Misconception(
            "did not clip",
            "Your gradients come out as they went in, the long ones too.",
            lambda grads, tau: list(grads),
        ),
    ],
)
