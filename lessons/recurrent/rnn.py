"""The plain recurrent network (Elman 1990), in the notation of the lecture.

    h_t = tanh(A_h h_{t-1} + A_x x_t + b)
    y_t = A_y h_t

Differences from `torch.nn.RNN`: the batch comes first, one bias b where torch has two that are only ever
added (b = b_ih + b_hh), and the output map A_y, without a bias, is part of the model. Stacked layers read
the states of the layer below; A_y reads the top one.

`RNN.forward` is the loop over time that one would draw. `rnn_fast` computes the same with less work in the
loop. The model uses it by itself, unless somebody is watching an inner value (`record`, `intervene`).
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lessons.core.record import HookPoint, is_watched
from lessons.recurrent.gradients import scale_to_spectral_radius


@dataclass(frozen=True)
class RNNConfig:
    """The sizes of an RNN. ValueError for a size below 1 or an unknown nonlinearity."""

    input_size: int  # features of one x_t
    hidden_size: int  # units of one state h_t, the same in every layer
    output_size: int  # features of one y_t
    layers: int = 1  # states per step, stacked
    nonlinearity: Literal["tanh", "linear"] = (
        "tanh"  # linear leaves the tanh out, to see the gradient without saturation
    )

    def __post_init__(self) -> None:
        for name in ("input_size", "hidden_size", "output_size", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}.")
        if self.nonlinearity not in ("tanh", "linear"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'linear', not {self.nonlinearity!r}.")


class RNNCell(nn.Module):
    """One step of one layer."""

    A_x: Float[Tensor, "hidden input"]
    A_h: Float[Tensor, "hidden hidden"]
    b: Float[Tensor, "hidden"]

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh"):
        super().__init__()
        self.A_x = _uniform(hidden_size, input_size, fan_in=hidden_size)
        self.A_h = _uniform(hidden_size, hidden_size, fan_in=hidden_size)
        self.b = _uniform(hidden_size, fan_in=hidden_size)
        self.nonlinearity = nonlinearity
        self.see_hidden = HookPoint(every_step=True)

    def forward(
        self, x: Float[Tensor, "batch input"], h: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """The next state h_t from this step's input x_t and the state before, h_{t-1}."""
        z = x @ self.A_x.T + h @ self.A_h.T + self.b  # [batch hidden]
        return self.see_hidden(self.saturate(z))

    def saturate(self, z: Tensor) -> Tensor:
        """tanh, or nothing when the cell is linear."""
        return torch.tanh(z) if self.nonlinearity == "tanh" else z


class RNN(nn.Module):
    """A stack of recurrent layers and an output map. The weights are shared by all steps."""

    A_y: Float[Tensor, "output hidden"]

    def __init__(self, config: RNNConfig):
        super().__init__()
        self.config = config
        below = [config.input_size] + [config.hidden_size] * (config.layers - 1)
        self.cells = nn.ModuleList(RNNCell(size, config.hidden_size, config.nonlinearity) for size in below)
        self.A_y = _uniform(config.output_size, config.hidden_size, fan_in=config.hidden_size)

    def forward(
        self, x: Float[Tensor, "batch time input"], h0: Float[Tensor, "layer batch hidden"] | None = None
    ) -> tuple[Float[Tensor, "batch time output"], Float[Tensor, "layer batch hidden"]]:
        """The outputs y_1..y_T and the last state of every layer. h0 is zero by default.

        ValueError for a tensor of another shape or dtype, and for an empty sequence.
        """
        h0 = self.checked(x, h0)
        if not is_watched(self):
            return rnn_fast(self, x, h0)
        h = list(h0)  # [batch hidden] per layer
        outputs = []
        for x_t in x.unbind(dim=1):  # [batch input]
            below = x_t
            for layer, cell in enumerate(self.cells):
                h[layer] = cell(below, h[layer])
                below = h[layer]  # [batch hidden]
            outputs.append(below @ self.A_y.T)  # [batch output]
        return torch.stack(outputs, dim=1), torch.stack(h)  # [batch time output], [layer batch hidden]

    def checked(self, x: Tensor, h0: Tensor | None = None) -> Float[Tensor, "layer batch hidden"]:
        """The first state, zero by default, after a look at both arguments. ValueError with a sentence."""
        config, dtype = self.config, self.A_y.dtype
        if x.ndim != 3 or x.shape[2] != config.input_size:
            expected = f"[batch time input] with {config.input_size} input features"
            raise ValueError(f"x must have the shape {expected}, not {list(x.shape)}.")
        if x.shape[1] == 0:
            raise ValueError("x has no steps: give the RNN a sequence of at least one step.")
        shape = [config.layers, x.shape[0], config.hidden_size]
        if h0 is None:
            h0 = x.new_zeros(shape, dtype=dtype)  # [layer batch hidden]
        if list(h0.shape) != shape:
            raise ValueError(f"h0 must have the shape [layer batch hidden] = {shape}, not {list(h0.shape)}.")
        for name, tensor in (("x", x), ("h0", h0)):
            if tensor.dtype != dtype:
                raise ValueError(f"{name} is {tensor.dtype}, but the weights are {dtype}: use {name}.to({dtype}).")
        return h0


def rnn_fast(
    rnn: RNN, x: Float[Tensor, "batch time input"], h0: Float[Tensor, "layer batch hidden"]
) -> tuple[Float[Tensor, "batch time output"], Float[Tensor, "layer batch hidden"]]:
    """The same as `RNN.forward`, nearly twice as fast: only what needs h_{t-1} stays in the loop.

    The input products A_x x_t + b of all steps are one matrix product, and so are the outputs. On two cores
    this is as fast as torch's own RNN kernel, forward and backward (64 sequences, 12 or 62 steps, 64 units).
    """
    below, h_last = x, []
    for cell, h in zip(rnn.cells, h0, strict=True):
        driven = below @ cell.A_x.T + cell.b  # [batch time hidden]
        states = []
        for driven_t in driven.unbind(dim=1):
            h = cell.saturate(torch.addmm(driven_t, h, cell.A_h.T))  # [batch hidden]
            states.append(h)
        below = torch.stack(states, dim=1)  # [batch time hidden]
        h_last.append(h)
    return below @ rnn.A_y.T, torch.stack(h_last)  # [batch time output], [layer batch hidden]


def init_spectral_radius(rnn: RNN, rho: float) -> None:
    """Scale A_h of every layer, in place, so that its largest eigenvalue has the absolute value rho >= 0."""
    with torch.no_grad():
        for cell in rnn.cells:
            cell.A_h.copy_(scale_to_spectral_radius(cell.A_h, rho))


def _uniform(*shape: int, fan_in: int) -> nn.Parameter:
    """Torch's first weights of recurrent layers: uniform between -1/sqrt(hidden) and 1/sqrt(hidden)."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))
