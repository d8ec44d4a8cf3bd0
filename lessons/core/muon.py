"""Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"): steps of equal strength.

    m = momentum m + (1 - momentum) g
    W = W - rate sqrt(max(1, rows / columns)) orthogonal(momentum m + (1 - momentum) g)

A gradient of a matrix has a few strong directions and many weak ones. `orthogonal` makes all of them about equally
strong, so that the weak ones learn, too. It was made to need fewer steps than AdamW.

It is meant for the matrices inside a network. Tables of vectors, gains and biases take the steps of Adam (Kingma and Ba
2015). What differs from `torch.optim.Muon`: no weight decay; float32 throughout, for a processor without units for 16
bits computes those slowly; and matrices of one shape are orthogonalised together. A weight with more than two axes, as
those of a head, is the matrix that it multiplies as: cut where that is most nearly square.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the paper: a polynomial that draws every singular value towards 1
ROUNDS = 5
BETAS, EPSILON = (0.9, 0.95), 1e-8  # of Adam


class Muon(torch.optim.Optimizer):
    """Muon for `matrices`, Adam for `others`. Either may be empty, but not both."""

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        others: Iterable[nn.Parameter],
        lr: float = 0.02,
        others_lr: float = 3e-3,
        momentum: float = 0.95,
    ):
        """lr, others_lr: the rates of the two, above 0. momentum: from 0 up to and without 1. ValueError.

        ValueError, too, for a matrix with fewer than two axes.
        """
        if not lr > 0 or not others_lr > 0:
            raise ValueError(f"A learning rate must be above 0, not {min(lr, others_lr)}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be from 0 up to and without 1, not {momentum}.")
        matrices = list(matrices)
        if wrong := [list(weight.shape) for weight in matrices if weight.dim() < 2]:
            raise ValueError(
                f"A matrix has two axes or more, but one weight has the shape {wrong[0]}: give it to Adam."
            )
        groups = [
            {"params": matrices, "lr": lr, "momentum": momentum, "orthogonal": True},
            {"params": list(others), "lr": others_lr, "orthogonal": False},
        ]
        super().__init__([group for group in groups if group["params"]], {})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Take one step with the gradients there are. A weight without one stays as it is."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if group["orthogonal"]:
                self._step_orthogonal(weights, group["lr"], group["momentum"])
            else:
                self._step_adam(weights, group["lr"])

    def _step_orthogonal(self, weights: list[nn.Parameter], rate: float, momentum: float) -> None:
        by_shape = defaultdict(list)
        for weight in weights:
            state = self.state[weight]
            mean = state.setdefault("mean", torch.zeros_like(weight))
            mean.lerp_(weight.grad, 1 - momentum)
            update = as_matrix(weight.grad.lerp(mean, momentum))
            by_shape[update.shape].append((weight, update))
        for (rows, columns), pairs in by_shape.items():
            updates = orthogonal(torch.stack([update for _, update in pairs]))
            for (weight, _), update in zip(pairs, updates, strict=True):
                weight.sub_(update.view_as(weight), alpha=rate * math.sqrt(max(1.0, rows / columns)))

    def _step_adam(self, weights: list[nn.Parameter], rate: float) -> None:
        for weight in weights:
            state = self.state[weight]
            mean = state.setdefault("mean", torch.zeros_like(weight))
            square = state.setdefault("square", torch.zeros_like(weight))
            step = state["step"] = state.get("step", 0) + 1
            mean.lerp_(weight.grad, 1 - BETAS[0])
            square.lerp_(weight.grad.square(), 1 - BETAS[1])
            spread = (square / (1 - BETAS[1] ** step)).sqrt() + EPSILON
            weight.sub_(mean / spread, alpha=rate / (1 - BETAS[0] ** step))


def as_matrix(x: Tensor) -> Tensor:
    """A view of two axes, cut where it is most nearly square: [head d_head d_model] -> [head*d_head d_model]."""
    cuts = range(1, x.dim())
    cut = min(cuts, key=lambda cut: abs(math.log(math.prod(x.shape[:cut]) / math.prod(x.shape[cut:]))))
    return x.flatten(0, cut - 1).flatten(1)


def orthogonal(x: Float[Tensor, "batch output input"]) -> Float[Tensor, "batch output input"]:
    """Matrices with the same singular vectors as x, and nearly all singular values between about 0.7 and 1.2.

    Five rounds of Newton-Schulz's iteration, which needs nothing but products. They are too few for a singular value
    below about 0.0015 times the norm of x, the root of the sum of all its squares: that one stays smaller.
    """
    a, b, c = COEFFICIENTS
    flat = x if x.shape[-2] <= x.shape[-1] else x.mT
    flat = flat / (flat.norm(dim=(-2, -1), keepdim=True) + 1e-7)  # so that no singular value is above 1
    for _ in range(ROUNDS):
        gram = flat @ flat.mT  # [batch output output]
        flat = a * flat + (b * gram + c * gram @ gram) @ flat
    return flat if x.shape[-2] <= x.shape[-1] else flat.mT
