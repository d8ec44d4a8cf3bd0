"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers and others (2000).

    i_t = sigma(A_x^i x_t + A_h^i h_{t-1} + b^i)        input gate: how much of the candidate is written
    f_t = sigma(A_x^f x_t + A_h^f h_{t-1} + b^f)        forget gate: how much of the old memory stays
    g_t = tanh(A_x^g x_t + A_h^g h_{t-1} + b^g)         candidate: what would be written
    o_t = sigma(A_x^o x_t + A_h^o h_{t-1} + b^o)        output gate: how much of the memory is shown
    c_t = f_t * c_{t-1} + i_t * g_t                     the memory, called cell state
    h_t = o_t * tanh(c_t)

Differences from `torch.nn.LSTM`: the batch comes first, one bias where torch has two that are only ever added, a gate
axis in the weights where torch has the gates one below the other, and an output map.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.core.record import HookPoint
from lessons.recurrent.gated import GatedCell
from lessons.recurrent.stack import Stack

HC = tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]
"""The state of one layer: the hidden state h and the cell state c."""


class LSTMCell(GatedCell):
    """One layer of an LSTM."""

    GATES = ("input", "forget", "candidate", "output")
    KEEPS = "forget"
    state_names = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int, keep_bias: float = 0.0):
        super().__init__(input_size, hidden_size, keep_bias)
        self.see_cell = HookPoint(every_step=True)

    def forward(self, x: Float[Tensor, "batch input"], state: HC) -> HC:
        """The next (h_t, c_t) from this step's input x_t and the pair before."""
        h, c = state
        i = self.see_input(torch.sigmoid(self.drive("input", x, h)))  # [batch hidden]
        f = self.see_forget(torch.sigmoid(self.drive("forget", x, h)))  # [batch hidden]
        g = self.see_candidate(torch.tanh(self.drive("candidate", x, h)))  # [batch hidden]
        o = self.see_output(torch.sigmoid(self.drive("output", x, h)))  # [batch hidden]
        c = self.see_cell(f * c + i * g)
        return self.see_hidden(o * torch.tanh(c)), c

    def all_steps(
        self, x: Float[Tensor, "batch time input"], state: HC
    ) -> tuple[Float[Tensor, "batch time hidden"], HC]:
        """All steps in one call of the kernel behind `torch.nn.LSTM`, on our weights."""
        h, c = (part[None].contiguous() for part in state)  # [layer=1 batch hidden]
        b = self.b.flatten()
        weights = [self.A_x.flatten(0, 1), self.A_h.flatten(0, 1), b, torch.zeros_like(b)]
        train = torch.is_grad_enabled()  # without dropout it only says whether a gradient will be asked for (cuDNN)
        # has_biases, layers, dropout, train, bidirectional, batch_first
        states, h, c = torch.lstm(x, (h, c), weights, True, 1, 0.0, train, False, True)
        return states, (h[0], c[0])  # [batch time hidden]


class LSTM(Stack):
    """A stack of LSTM layers and an output map."""

    gates = LSTMCell.GATES

    def make_cell(self, input_size: int) -> LSTMCell:
        """One layer for inputs of this size."""
        return LSTMCell(input_size, self.config.hidden_size, self.config.keep_bias)
