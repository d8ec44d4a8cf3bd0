"""Lesson 01: the check of truncated backpropagation through time: carry the state on, cut the gradient.

After Williams and Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories" (1990), in the simple form with windows side by side. The loss is the plain sum of all states,
so that a student's function stays at a few lines.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def _same(t: int, h: Tensor, window: int = 0) -> Tensor:
    return h


def _run(A_h, A_x, b, xs, h0, before=_same, after=_same) -> tuple[Tensor, Tensor]:
    """Run the RNN; `before` and `after` edit the state around step t. Most mistakes differ only there."""
    A_h = A_h.detach().requires_grad_()
    h, loss = h0, 0.0
    for t, x in enumerate(xs):
        h = after(t, torch.tanh(A_h @ before(t, h) + A_x @ x + b))
        loss = loss + h.sum()
    (gradient,) = torch.autograd.grad(loss, A_h)
    return loss.detach(), gradient


def _truncated_gradient(
    A_h: Float[Tensor, "hidden hidden"],
    A_x: Float[Tensor, "hidden input"],
    b: Float[Tensor, "hidden"],
    xs: Float[Tensor, "time input"],
    h0: Float[Tensor, "hidden"],
    window: int,
) -> tuple[Float[Tensor, ""], Float[Tensor, "hidden hidden"]]:
    """The loss, which is the sum of all states of all steps, and its gradient with respect to A_h.

    The state is carried on from step to step; the gradient is cut before every step t with t % window == 0.
    """
    return _run(A_h, A_x, b, xs, h0, before=lambda t, h: h.detach() if t % window == 0 else h)


def _last_window_only(A_h, A_x, b, xs, h0, window):
    start = (len(xs) - 1) // window * window
    h, loss = h0, 0.0
    for x in xs[:start]:
        h = torch.tanh(A_h @ h + A_x @ x + b)
        loss = loss + h.sum()
    last_loss, gradient = _run(A_h, A_x, b, xs[start:], h)
    return loss + last_loss, gradient


def _truncation_cases(generator: Generator) -> list[tuple]:
    def case(inputs: int, hidden: int, time: int, window: int) -> tuple:
        shapes = [(hidden, hidden), (hidden, inputs), (hidden,), (time, inputs), (hidden,)]
        return (*(normal(generator, *shape, scale=0.5) for shape in shapes), window)

    return [case(2, 3, 11, 4), case(3, 2, 6, 3), case(2, 4, 7, 2), case(1, 2, 3, 5)]


def _truncation_mistake(name: str, says: str, before=_same, after=_same) -> Misconception:
    """A mistake in editing the state around a step; the edits take the step, the state and the window."""

    def wrong(A_h, A_x, b, xs, h0, window):
        return _run(A_h, A_x, b, xs, h0, *(lambda t, h, f=f: f(t, h, window) for f in (before, after)))

    return Misconception(name, says, wrong)


truncated_gradient = Check(
    title="Truncated backpropagation through time",
    reference=_truncated_gradient,
    cases=_truncation_cases,
    misconceptions=[
        _truncation_mistake(
            "never cut the gradient",
            "This is the full gradient, through all steps. What separates one window from the next? If you call"
            " h.detach(): it leaves h as it was, and returns a new tensor. What becomes of that?",
        ),
        _truncation_mistake(
            "cut at every step",
            "No gradient crosses from one step to the next. How often should it be cut?",
            before=lambda t, h, window: h.detach(),
        ),
        _truncation_mistake(
            "started every window from zeros",
            "The state is lost at each cut, so that the loss changes too. Only the gradient is cut; the state goes on.",
            before=lambda t, h, window: torch.zeros_like(h) if t and t % window == 0 else h,
        ),
        _truncation_mistake(
            "started every window from zeros, the first one too",
            "The result does not depend on h0, and the state is lost at each cut. Only the gradient is cut.",
            before=lambda t, h, window: torch.zeros_like(h) if t % window == 0 else h,
        ),
        _truncation_mistake(
            "cut one step early",
            "The first window is one step too short. Try it by hand with window = 2: which steps belong together?",
            before=lambda t, h, window: h.detach() if (t + 1) % window == 0 else h,
        ),
        _truncation_mistake(
            "cut before the loss was counted",
            "The last step of every window gives no gradient. What comes first there, counting the loss or the cut?",
            after=lambda t, h, window: h.detach() if (t + 1) % window == 0 else h,
        ),
        _truncation_mistake(
            "cut only once",
            "After the first cut, the gradient goes through all further steps. When should it be cut again?",
            before=lambda t, h, window: h.detach() if t == window else h,
        ),
        Misconception(
            "kept the gradient of the last window only",
            "The loss is right, but only the last window's gradient is there. What happens to those of the others?",
            _last_window_only,
        ),
    ],
)
