"""The update-gate RNN (Collins, Sohl-Dickstein and Sussillo 2017), one of the simplest networks with a gate.

    u_t = sigma(A_x^u x_t + A_h^u h_{t-1} + b^u)        how much of the old state stays, from 0 to 1
    s_t = tanh(A_x^s x_t + A_h^s h_{t-1} + b^s)         what would be written: the candidate
    h_t = u_t * h_{t-1} + (1 - u_t) * s_t

torch has none.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.recurrent.gated import GatedCell
from lessons.recurrent.stack import Stack


class UGRNNCell(GatedCell):
    """One layer of a UGRNN."""

    GATES = ("update", "candidate")
    KEEPS = "update"

    def forward(
        self, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The next state h_t from this step's input x_t and the state before, h_{t-1}."""
        u = self.see_update(torch.sigmoid(self.drive("update", x, h)))  # [batch hidden]
        s = self.see_candidate(torch.tanh(self.drive("candidate", x, h)))  # [batch hidden]
        return self.see_hidden(u * h + (1 - u) * s)

    def all_steps(
        self, x: Float[Tensor, "batch time input"], h: Float[Tensor, "batch hidden"]
    ) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
        """All steps: the input products of both gates at once, and one product with h_{t-1} a step."""
        A_h, states = self.A_h.flatten(0, 1).T, []  # [hidden 2*hidden]
        for driven in self.driven_by_input(x):  # [batch 2*hidden]
            to_u, to_s = torch.addmm(driven, h, A_h).chunk(2, dim=1)  # [batch hidden] each
            h = torch.lerp(torch.tanh(to_s), h, torch.sigmoid(to_u))  # s + u (h - s)
            states.append(h)
        return torch.stack(states, dim=1), h  # [batch time hidden]


class UGRNN(Stack):
    """A stack of UGRNN layers and an output map."""

    gates = UGRNNCell.GATES

    def make_cell(self, input_size: int) -> UGRNNCell:
        """One layer for inputs of this size."""
        return UGRNNCell(input_size, self.config.hidden_size, self.config.keep_bias)
