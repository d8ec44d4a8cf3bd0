"""The norm of a gradient, and clipping by it (Pascanu, Mikolov and Bengio 2013, algorithm 1).

    grad * min(1, tau / ||grad||_2)

One norm over the gradients of *all* parameters together: the step gets shorter and keeps its direction.

`torch.nn.utils.clip_grad_norm_` divides by `||grad|| + 1e-6`, so its clipped gradient is a little shorter
than tau; ours has the length tau. The two agree up to the factor `||grad|| / (||grad|| + 1e-6)`.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def gradient_norm(parameters: Iterable[nn.Parameter]) -> float:
    """The 2-norm of all gradients together as one vector; 0.0 without any, nan or inf when an entry is."""
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not grads:
        return 0.0
    # The square of 1e20 does not fit into float32, nor does that of 1e-30: first divide by the largest.
    largest = float(torch.stack([grad.abs().max() for grad in grads]).max())
    if largest == 0 or not math.isfinite(largest):
        return largest
    norms: list[Tensor] = [torch.linalg.vector_norm(grad / largest) for grad in grads]
    return largest * float(torch.linalg.vector_norm(torch.stack(norms)))


def clip_by_norm(parameters: Iterable[nn.Parameter], tau: float) -> float:
    """Shorten a gradient longer than tau to that length, in place on every `.grad`; return the norm before.

    tau > 0, usually from 1 to 10 (ValueError otherwise). A norm that is nan or inf leaves the gradients as
    they are: there is no direction to keep.
    """
    if not tau > 0:
        raise ValueError(f"The largest norm tau must be above 0, not {tau}: 1 to 10 are usual.")
    parameters = list(parameters)
    norm = gradient_norm(parameters)
    if tau < norm < math.inf:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(tau / norm)
    return norm
