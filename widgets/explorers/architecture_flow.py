"""Lesson 02: how much of a gradient comes back through an RNN, a UGRNN, a GRU and an LSTM, all else equal."""

from functools import lru_cache

import plotly.graph_objects as go
import traitlets as t
from jaxtyping import Float64
from torch import Tensor

from lessons.checks.wording import number
from lessons.recurrent.architecture_flow import architecture_flow
from lessons.recurrent.architectures import ARCHITECTURES, TITLES
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart, log_axis

FLOOR = 1e-300
"""What is drawn for everything below it, so that a line never ends in nothing."""
DASHES = ("solid", "dash", "dot", "dashdot")

flow_of = lru_cache(maxsize=512)(architecture_flow)


def sizes(logs: Float64[Tensor, "time"]) -> Float64[Tensor, "time"]:
    """Return the gradient by the number of steps back, from its log10 by step."""
    return (10.0 ** logs.flip(0)).clamp(min=FLOOR)


def flow_figure(lines: dict[str, Float64[Tensor, "time"]]) -> go.Figure:
    """Return a line for each name: the gradient 0, 1, 2, … steps back."""
    figure = go.Figure()
    for (name, line), dash in zip(lines.items(), DASHES, strict=True):
        figure.add_scatter(y=line.numpy(), name=name, mode="lines", line={"dash": dash, "width": 3})
    figure.update_layout(
        xaxis_title="steps back",
        xaxis_rangemode="tozero",
        yaxis=log_axis(*lines.values()) | {"title": "relative gradient"},
    )
    return figure


class ArchitectureFlow(Explorer):
    """Open the gate that keeps the memory, and watch how much of a gradient survives on its way back."""

    name = "Gradient flow of four architectures"
    keep_bias = t.Float(0.0, min=0.0, max=6.0).tag(state=True)
    steps = t.Int(100, min=10, max=100).tag(state=True)
    seed = t.Int(0, min=0, max=9).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.chart = Chart(title="Size of the gradient at the memory, relative to the last step", height=340)
        parts = {
            "keep_bias": controls.slider("Bias of the keeping gate", self.keep_bias, 0.0, 6.0, 0.5, ".1f"),
            "steps": controls.slider("Steps", self.steps, 10, 100, 1),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
        }
        super().__init__(parts, [self.chart], **state)

    def update(self) -> dict[str, dict]:
        """Show the four lines, and in words what arrives at the first step."""
        lines = {}
        for architecture in ARCHITECTURES:
            bias = 0.0 if architecture == "rnn" else self.keep_bias  # it has no gate, so its line is computed once
            logs = flow_of(architecture, steps=self.steps, keep_bias=bias, seed=self.seed)
            lines[TITLES[architecture]] = sizes(logs)
        return {"chart": dict(figure=flow_figure(lines), summary=self._summary(lines))}

    def _summary(self, lines: dict[str, Float64[Tensor, "time"]]) -> str:
        arrives = ", ".join(f"{name} {number(line[-1].item())}" for name, line in lines.items())
        return (
            f"Bias {self.keep_bias:g}. Of a gradient of size 1 at the last step, {self.steps - 1} steps back "
            f"arrives at the first: {arrives}."
        )
