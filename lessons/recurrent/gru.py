"""The gated recurrent unit (Cho and others 2014), in the two forms that are in use.

    r_t = sigma(A_x^r x_t + A_h^r h_{t-1} + b^r)              reset gate: how much of the old state the candidate sees
    u_t = sigma(A_x^u x_t + A_h^u h_{t-1} + b^u)              update gate: how much of the old state stays
    before:  s_t = tanh(A_x^s x_t + A_h^s (r_t * h_{t-1}) + b^s)
    after:   s_t = tanh(A_x^s x_t + b^s + r_t * (A_h^s h_{t-1} + b_h))
    h_t = u_t * h_{t-1} + (1 - u_t) * s_t

The candidate s_t is reset *before* the matrix in the paper and in the lecture, and *after* it in torch and in cuDNN,
which can then multiply by A_h once for all gates. Only the second form needs a bias b_h of its own inside the brackets.
torch calls u by the letter z and s by the letter n.
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.recurrent.gated import GatedCell, GatedConfig
from lessons.recurrent.stack import Stack, uniform


@dataclass(frozen=True)
class GRUConfig(GatedConfig):
    """The sizes of a GRU and its form. ValueError for a form that does not exist."""

    reset: Literal["before", "after"] = field(default="before", kw_only=True)  # the matrix A_h of the candidate

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reset not in ("before", "after"):
            raise ValueError(f"reset must be 'before' (as in the paper) or 'after' (as in torch), not {self.reset!r}.")


class GRUBeforeCell(GatedCell):
    """One layer of a GRU as in the paper and in the lecture: reset, then the matrix."""

    GATES = ("reset", "update", "candidate")
    KEEPS = "update"

    def forward(
        self, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The next state h_t from this step's input x_t and the state before, h_{t-1}."""
        r = self.see_reset(torch.sigmoid(self.drive("reset", x, h)))  # [batch hidden]
        u = self.see_update(torch.sigmoid(self.drive("update", x, h)))  # [batch hidden]
        s = self.see_candidate(torch.tanh(self.drive("candidate", x, r * h)))  # [batch hidden]
        return self.see_hidden(u * h + (1 - u) * s)

    def all_steps(
        self, x: Float[Tensor, "batch time input"], h: Float[Tensor, "batch hidden"]
    ) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
        """All steps: the input products of all gates at once; the candidate has to wait for its reset."""
        size, states = self.b.shape[1], []
        A_gates, A_s = self.A_h[:2].flatten(0, 1).T, self.A_h[2].T  # [hidden 2*hidden], [hidden hidden]
        for driven in self.driven_by_input(x):  # [batch 3*hidden]
            to_gates, to_s = driven.split([2 * size, size], dim=1)
            r, u = torch.sigmoid(torch.addmm(to_gates, h, A_gates)).chunk(2, dim=1)  # [batch hidden] each
            h = torch.lerp(torch.tanh(torch.addmm(to_s, r * h, A_s)), h, u)  # s + u (h - s)
            states.append(h)
        return torch.stack(states, dim=1), h  # [batch time hidden]


class GRUAfterCell(GatedCell):
    """One layer of a GRU as in torch: the matrix, then reset."""

    GATES = ("reset", "update", "candidate")
    KEEPS = "update"

    b_h: Float[Tensor, "hidden"]

    def __init__(self, input_size: int, hidden_size: int, keep_bias: float = 0.0):
        super().__init__(input_size, hidden_size, keep_bias)
        self.b_h = uniform(hidden_size, fan_in=hidden_size)

    def forward(
        self, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The next state h_t from this step's input x_t and the state before, h_{t-1}."""
        r = self.see_reset(torch.sigmoid(self.drive("reset", x, h)))  # [batch hidden]
        u = self.see_update(torch.sigmoid(self.drive("update", x, h)))  # [batch hidden]
        A_x, A_h, b = self.A_x[2], self.A_h[2], self.b[2]
        s = self.see_candidate(torch.tanh(x @ A_x.T + b + r * (h @ A_h.T + self.b_h)))  # [batch hidden]
        return self.see_hidden(u * h + (1 - u) * s)

    def all_steps(
        self, x: Float[Tensor, "batch time input"], h: Float[Tensor, "batch hidden"]
    ) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
        """All steps in one call of the kernel behind `torch.nn.GRU`, on our weights."""
        b_hh = torch.cat([torch.zeros_like(self.b[:2]), self.b_h[None]]).flatten()  # [3*hidden]
        weights = [self.A_x.flatten(0, 1), self.A_h.flatten(0, 1), self.b.flatten(), b_hh]
        train = torch.is_grad_enabled()  # without dropout it only says whether a gradient will be asked for (cuDNN)
        # has_biases, layers, dropout, train, bidirectional, batch_first
        states, h = torch.gru(x, h[None].contiguous(), weights, True, 1, 0.0, train, False, True)
        return states, h[0]  # [batch time hidden]


class GRU(Stack):
    """A stack of GRU layers and an output map."""

    gates = GRUBeforeCell.GATES

    def make_cell(self, input_size: int) -> GatedCell:
        """One layer for inputs of this size, in the form that the configuration names."""
        kind = GRUBeforeCell if self.config.reset == "before" else GRUAfterCell
        return kind(input_size, self.config.hidden_size, self.config.keep_bias)
