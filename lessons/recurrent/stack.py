"""What all recurrent networks of the course share: a stack of layers that read step by step, and an output map.

    state_t = cell(x_t, state_{t-1})        y_t = A_y h_t

Layers read the hidden states h of the layer below; A_y, without a bias, reads the top one. The state of a layer is
its h alone (RNN, UGRNN, GRU) or the pair (h, c) (LSTM).

`Stack.readable` is the loop over time that one would draw. `Stack.fast` gives each cell all steps at once, which it
computes with less work in the loop or in one of torch's kernels. A test shows that the two agree; the model takes the
fast one by itself, unless somebody is watching an inner value (`record`, `intervene`).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lessons.core.record import HookPoint, is_watched

LayerState = Float[Tensor, "batch hidden"] | tuple[Float[Tensor, "batch hidden"], ...]
"""The state of one layer: h, or the pair (h, c)."""
State = Float[Tensor, "layer batch hidden"] | tuple[Float[Tensor, "layer batch hidden"], ...]
"""The state of all layers: h, or the pair (h, c)."""


@dataclass(frozen=True)
class StackConfig:
    """The sizes of a recurrent network. ValueError for a size below 1 or a dropout outside 0 to 1."""

    input_size: int  # features of one x_t
    hidden_size: int  # units of one state h_t, the same in every layer
    output_size: int  # features of one y_t
    layers: int = 1  # states per step, stacked
    dropout: float = field(default=0.0, kw_only=True)  # part of h that is zeroed on its way up, in training only

    def __post_init__(self) -> None:
        for name in ("input_size", "hidden_size", "output_size", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {self.dropout}.")


class Cell(nn.Module, ABC):
    """One layer. A subclass computes one step in `forward` and all steps in `all_steps`."""

    state_names: ClassVar[tuple[str, ...]] = ("h",)  # the tensors that make up its state, the hidden one first

    def __init__(self) -> None:
        super().__init__()
        self.see_hidden = HookPoint(every_step=True)

    @abstractmethod
    def forward(self, x: Float[Tensor, "batch input"], state: LayerState) -> LayerState:
        """The next state from this step's input x_t and the state before."""

    @abstractmethod
    def all_steps(
        self, x: Float[Tensor, "batch time input"], state: LayerState
    ) -> tuple[Float[Tensor, "batch time hidden"], LayerState]:
        """The hidden states of all steps and the last state: the same as `forward` in a loop, and faster."""


class Stack(nn.Module, ABC):
    """A stack of recurrent layers and an output map. The weights are shared by all steps.

    A subclass says in `make_cell` which cells it is made of.
    """

    gates: ClassVar[tuple[str, ...]] = ()  # gates and candidate of its cells, in the order of the axis "gate"

    A_y: Float[Tensor, "output hidden"]

    def __init__(self, config: StackConfig):
        super().__init__()
        self.config = config
        below = [config.input_size] + [config.hidden_size] * (config.layers - 1)
        self.cells = nn.ModuleList(self.make_cell(size) for size in below)
        self.drop = nn.Dropout(config.dropout)
        self.A_y = uniform(config.output_size, config.hidden_size, fan_in=config.hidden_size)

    @abstractmethod
    def make_cell(self, input_size: int) -> Cell:
        """One layer for inputs of this size."""

    def forward(
        self, x: Float[Tensor, "batch time input"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time output"], State]:
        """The outputs y_1..y_T and the last state of every layer. The first state is zero by default.

        ValueError for a tensor of another shape or dtype, and for an empty sequence.
        """
        states = self.checked(x, state)
        hidden, states = self.readable(x, states) if is_watched(self) else self.fast(x, states)
        return self.drop(hidden) @ self.A_y.T, self.joined(states)  # [batch time output], [layer batch hidden]

    def readable(
        self, x: Float[Tensor, "batch time input"], states: list[LayerState]
    ) -> tuple[Float[Tensor, "batch time hidden"], list[LayerState]]:
        """The top layer's hidden states and every layer's last state, step by step."""
        states, top = list(states), []
        for x_t in x.unbind(dim=1):  # [batch input]
            below = x_t
            for layer, cell in enumerate(self.cells):
                below = below if layer == 0 else self.drop(below)
                states[layer] = cell(below, states[layer])
                below = hidden_of(states[layer])  # [batch hidden]
            top.append(below)
        return torch.stack(top, dim=1), states  # [batch time hidden]

    def fast(
        self, x: Float[Tensor, "batch time input"], states: list[LayerState]
    ) -> tuple[Float[Tensor, "batch time hidden"], list[LayerState]]:
        """The same as `readable`, layer by layer: each layer has all its inputs before the next one starts."""
        below, last = x, []
        for layer, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            below = below if layer == 0 else self.drop(below)
            below, state = cell.all_steps(below, state)  # [batch time hidden]
            last.append(state)
        return below, last

    def checked(self, x: Tensor, state: State | None = None) -> list[LayerState]:
        """The first state of every layer, zero by default, after a look at both arguments.

        ValueError, with a sentence, for a tensor of another shape or dtype.
        """
        config, dtype = self.config, self.A_y.dtype
        if x.ndim != 3 or x.shape[2] != config.input_size:
            expected = f"[batch time input] with {config.input_size} input features"
            raise ValueError(f"x must have the shape {expected}, not {list(x.shape)}.")
        if x.shape[1] == 0:
            raise ValueError("x has no steps: give the network a sequence of at least one step.")
        names = [f"{name}0" for name in self.cells[0].state_names]
        shape = [config.layers, x.shape[0], config.hidden_size]
        if state is None:
            state = tuple(x.new_zeros(shape, dtype=dtype) for _ in names)  # [layer batch hidden]
        parts = (state,) if isinstance(state, Tensor) else tuple(state)
        if len(parts) != len(names):
            raise ValueError(f"The first state must be {' and '.join(names)}, not {len(parts)} tensors.")
        for name, tensor in zip(names, parts, strict=True):
            if list(tensor.shape) != shape:
                raise ValueError(
                    f"{name} must have the shape [layer batch hidden] = {shape}, not {list(tensor.shape)}."
                )
        for name, tensor in (("x", x), *zip(names, parts, strict=True)):
            if tensor.dtype != dtype:
                raise ValueError(f"{name} is {tensor.dtype}, but the weights are {dtype}: use {name}.to({dtype}).")
        layers = zip(*parts, strict=True)
        return [layer[0] if len(layer) == 1 else layer for layer in layers]

    @staticmethod
    def joined(states: list[LayerState]) -> State:
        """The states of all layers as one: [batch hidden] of each layer to [layer batch hidden]."""
        if isinstance(states[0], Tensor):
            return torch.stack(states)
        return tuple(torch.stack(parts) for parts in zip(*states, strict=True))


def hidden_of(state: LayerState) -> Float[Tensor, "batch hidden"]:
    """The hidden state h, whether or not the state holds a cell state beside it."""
    return state if isinstance(state, Tensor) else state[0]


def detached(state: State | None) -> State | None:
    """The same state cut off from its past: no gradient goes back through it (truncated backpropagation)."""
    if state is None or isinstance(state, Tensor):
        return None if state is None else state.detach()
    return tuple(part.detach() for part in state)


def uniform(*shape: int, fan_in: int) -> nn.Parameter:
    """Torch's first weights of recurrent layers: uniform between -1/sqrt(hidden) and 1/sqrt(hidden)."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))
