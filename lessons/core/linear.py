"""A linear map, x W^T + b, by the faster of two libraries.

torch hands matrices of 32 bits on the CPU to one library (MKL, in most builds), and has another one, oneDNN, for
convolutions. Where a few vectors meet a large matrix, as when a decoder writes, the time goes into reading the matrix,
and oneDNN reads it up to 1.5 times as fast. In torch its linear map has no gradient, so it works where none is wanted;
everywhere else `linear` is `torch.nn.functional.linear`. The numbers are the same but for rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None


def linear(
    x: Float[Tensor, "*batch input"], weight: Float[Tensor, "output input"], bias: Float[Tensor, "output"] | None = None
) -> Float[Tensor, "*batch output"]:
    """What `torch.nn.functional.linear` gives."""
    if _ONEDNN is None or torch.is_grad_enabled() or x.dtype != torch.float32 or x.device.type != "cpu":
        return F.linear(x, weight, bias)
    return _ONEDNN(x, weight, bias, "none", [], "")


class Linear(nn.Linear):
    """`torch.nn.Linear`, by `linear`."""

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch output"]:
        return linear(x, self.weight, self.bias)
