"""Lesson 01: the gradient through k steps of an RNN with one number for a state.

``dh_t/dh_{t-k} = a_h^k * (product of the tanh' of the k steps)``, computed by ``lessons.recurrent.gradients``.
"""

import plotly.graph_objects as go
import torch
import traitlets as t
from jaxtyping import Float64
from torch import Tensor

from lessons.checks.wording import number
from lessons.core.seed import generator
from lessons.recurrent.gradients import log10_abs_scalar_gradient, scalar_states
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart, log_axis

SMALLEST = -320.0
"""The power of ten that stands for 0 in the bars; float64 has nothing smaller."""


def decay_figure(lines: dict[str, Float64[Tensor, "step"]]) -> go.Figure:
    """Return the absolute gradient by the number of steps back, given as log10, a line for each name."""
    figure = go.Figure()
    for (name, logs), dash in zip(lines.items(), ("solid", "dash"), strict=False):
        figure.add_scatter(y=(10.0**logs).numpy(), name=name, mode="lines", line={"dash": dash, "width": 3})
    figure.update_layout(
        xaxis_title="k, steps back",
        xaxis_rangemode="tozero",
        yaxis=log_axis(*(10.0**logs for logs in lines.values())) | {"title": "size of the gradient"},
    )
    return figure


class GradientDecay(Explorer):
    """Move the weight ``a_h`` and the number of steps, and watch a gradient vanish or explode."""

    name = "Gradient through k steps"
    a_h = t.Float(0.9, min=0.0, max=1.5).tag(state=True)
    k = t.Int(100, min=1, max=200).tag(state=True)
    saturate = t.Bool(False).tag(state=True)
    drive = t.Float(0.5, min=0.0, max=3.0).tag(state=True)
    """Standard deviation of the inputs x_t; large inputs push tanh to its ends."""

    def __init__(self, **state: object) -> None:
        self.chart = Chart(title="Size of the gradient, on a logarithmic scale", height=300)
        self.parts = Bars(
            title="What it is made of, at the last step", label_axis="factor", value_axis="power of ten (log₁₀)"
        )
        parts = {
            "a_h": controls.slider("Weight a_h", self.a_h, 0.0, 1.5, 0.01),
            "k": controls.slider("Steps k", self.k, 1, 200, 1),
            "saturate": controls.toggle("Saturation: tanh on", self.saturate),
            "drive": controls.slider("Size of the inputs", self.drive, 0.0, 3.0, 0.1, ".1f"),
        }
        super().__init__(parts, [self.chart, self.parts], **state)
        t.dlink((self, "saturate"), (parts["drive"], "disabled"), lambda on: not on)  # inputs matter to tanh alone

    def update(self) -> dict[str, dict]:
        """Show log10 of the gradient for 0 to k steps back, and its two factors at k."""
        x = self.drive * torch.randn(self.k, generator=generator(0), dtype=torch.float64)
        states = scalar_states(self.a_h, x, h0=0.5, saturate=self.saturate)  # as the lesson's question has it
        power = log10_abs_scalar_gradient(self.a_h, states, saturate=False)
        lines = {"a_h to the power k": power}
        total = power
        if self.saturate:
            total = log10_abs_scalar_gradient(self.a_h, states)
            lines = {"with tanh: the whole gradient": total, "without tanh: a_h to the power k": power}
        slopes = (total[-1] - power[-1]).nan_to_num(0.0).item()
        logs = [power[-1].item(), slopes, total[-1].item()]
        logs = [max(log, SMALLEST) for log in logs]  # a factor of exactly 0 has no logarithm to draw
        names = ["a_h to the power k", "product of the slopes of tanh", "gradient (their product)"]
        if not self.saturate:
            logs, names = logs[:1], ["a_h to the power k = the gradient"]
        return {
            "chart": dict(figure=decay_figure(lines), summary=self._summary(total[-1].item())),
            "parts": dict(labels=names, values=logs, low=min(-1.0, *logs), high=max(1.0, *logs)),
        }

    def _summary(self, log: float) -> str:
        steps = f"{self.k} step" + "s" * (self.k > 1)
        if log == float("-inf"):
            return f"After {steps} the gradient is exactly 0."
        size = number(10**log) if abs(log) < 300 else f"10^{log:.0f}"
        fate = "It vanishes." if log < -2 else "It explodes." if log > 2 else "It survives."
        return f"{steps.capitalize()} back the gradient has the size {size}. {fate}"
