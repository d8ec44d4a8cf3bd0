"""What all gated layers share: a gate is a small layer of its own, with values between 0 and 1.

    gate_t = sigma(A_x[gate] x_t + A_h[gate] h_{t-1} + b[gate])        sigma(z) = 1 / (1 + e^-z)

The weights of all gates of a layer are stacked along a first axis, `gate`, so that one product computes them
all; the candidate (the new content, with tanh in place of sigma) is one of them. The order along that axis is
torch's, and stands in `GATES`.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.core.record import HookPoint
from lessons.recurrent.stack import Cell, StackConfig, uniform


@dataclass(frozen=True)
class GatedConfig(StackConfig):
    """The sizes of a gated network, and where its memory starts. ValueError for a bias that is not finite."""

    keep_bias: float = field(
        default=0.0, kw_only=True
    )  # first bias of the gate that keeps the memory: 0 half, 5 nearly all

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.keep_bias):
            raise ValueError(f"keep_bias must be a finite number, not {self.keep_bias}.")


class GatedCell(Cell):
    """A layer with gates. A subclass names them, in order, and the one that keeps the memory."""

    GATES: ClassVar[tuple[str, ...]]  # in the order of the axis "gate"
    KEEPS: ClassVar[str]  # the gate whose value is the part of the memory that stays

    A_x: Float[Tensor, "gate hidden input"]
    A_h: Float[Tensor, "gate hidden hidden"]
    b: Float[Tensor, "gate hidden"]

    def __init__(self, input_size: int, hidden_size: int, keep_bias: float = 0.0):
        super().__init__()
        gates = len(self.GATES)
        self.A_x = uniform(gates, hidden_size, input_size, fan_in=hidden_size)
        self.A_h = uniform(gates, hidden_size, hidden_size, fan_in=hidden_size)
        self.b = uniform(gates, hidden_size, fan_in=hidden_size)
        with torch.no_grad():
            self.b[self.GATES.index(self.KEEPS)] = keep_bias
        for gate in self.GATES:
            setattr(self, f"see_{gate}", HookPoint(every_step=True))

    def drive(
        self, gate: str, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """What one gate adds up before it is squashed: A_x x_t + A_h h_{t-1} + b."""
        i = self.GATES.index(gate)
        return x @ self.A_x[i].T + h @ self.A_h[i].T + self.b[i]

    def driven_by_input(self, x: Float[Tensor, "batch time input"]) -> Float[Tensor, "time batch ..."]:
        """A_x x_t + b of all gates and all steps, in one product: [time batch gate*hidden]."""
        return (x @ self.A_x.flatten(0, 1).T + self.b.flatten()).transpose(0, 1)
