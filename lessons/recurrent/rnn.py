"""The plain recurrent network (Elman 1990), in the notation of the lecture.

    h_t = tanh(A_h h_{t-1} + A_x x_t + b)
    y_t = A_y h_t

Differences from `torch.nn.RNN`: the batch comes first, one bias b where torch has two that are only ever
added (b = b_ih + b_hh), and the output map A_y, without a bias, is part of the model. How layers are stacked
and outputs read is in `stack.py`, the same for every architecture.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.recurrent.gradients import scale_to_spectral_radius
from lessons.recurrent.stack import Cell, Stack, StackConfig, uniform


@dataclass(frozen=True)
class RNNConfig(StackConfig):
    """The sizes of an RNN. ValueError for a size below 1 or an unknown nonlinearity."""

    nonlinearity: Literal["tanh", "linear"] = (
        "tanh"  # linear leaves the tanh out, to see the gradient without saturation
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nonlinearity not in ("tanh", "linear"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'linear', not {self.nonlinearity!r}.")


class RNNCell(Cell):
    """One layer of an RNN."""

    A_x: Float[Tensor, "hidden input"]
    A_h: Float[Tensor, "hidden hidden"]
    b: Float[Tensor, "hidden"]

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh"):
        super().__init__()
        self.A_x = uniform(hidden_size, input_size, fan_in=hidden_size)
        self.A_h = uniform(hidden_size, hidden_size, fan_in=hidden_size)
        self.b = uniform(hidden_size, fan_in=hidden_size)
        self.nonlinearity = nonlinearity

    def forward(
        self, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The next state h_t from this step's input x_t and the state before, h_{t-1}."""
        z = x @ self.A_x.T + h @ self.A_h.T + self.b  # [batch hidden]
        return self.see_hidden(self.saturate(z))

    def all_steps(
        self, x: Float[Tensor, "batch time input"], h: Float[Tensor, "batch hidden"]
    ) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
        """All steps, nearly twice as fast: only what needs h_{t-1} stays in the loop.

        The input products A_x x_t + b of all steps are one matrix product. On two cores this is as fast as
        torch's own RNN kernel, forward and backward (64 sequences, 12 or 62 steps, 64 units).
        """
        driven, states = x @ self.A_x.T + self.b, []  # [batch time hidden]
        for driven_t in driven.unbind(dim=1):
            h = self.saturate(torch.addmm(driven_t, h, self.A_h.T))  # [batch hidden]
            states.append(h)
        return torch.stack(states, dim=1), h  # [batch time hidden]

    def saturate(self, z: Tensor) -> Tensor:
        """tanh, or nothing when the cell is linear."""
        return torch.tanh(z) if self.nonlinearity == "tanh" else z


class RNN(Stack):
    """A stack of plain recurrent layers and an output map."""

    def make_cell(self, input_size: int) -> RNNCell:
        """One layer for inputs of this size."""
        return RNNCell(input_size, self.config.hidden_size, self.config.nonlinearity)


def init_spectral_radius(rnn: RNN, rho: float) -> None:
    """Scale A_h of every layer, in place, so that its largest eigenvalue has the absolute value rho >= 0."""
    with torch.no_grad():
        for cell in rnn.cells:
            cell.A_h.copy_(scale_to_spectral_radius(cell.A_h, rho))
