"""Lesson 01: the gradient of an RNN that reads the student's own text, at every step and every unit."""

from functools import lru_cache

import plotly.graph_objects as go
import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.checks.wording import number
from lessons.recurrent.flow import gradient_flow
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart, log_axis
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.token_strip import TokenStrip

LONGEST = 120
FLOOR = -6.0
"""Powers of ten below which the colours no longer tell sizes apart."""

flow_of = lru_cache(maxsize=64)(gradient_flow)


def log10(values: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Return log10 of the absolute values; NaN, which a view draws as "nothing", where the value is exactly 0."""
    return torch.where(values == 0, torch.nan, values.abs().log10())


def norm_figure(norms: Float[Tensor, "time"], bounds: Float[Tensor, "time"]) -> go.Figure:
    """Return the norm of the gradient at every step and what the product of the Jacobians allows."""
    figure = go.Figure()
    steps = list(range(1, len(norms) + 1))
    figure.add_scatter(x=steps, y=norms.numpy(), name="gradient at step t", mode="lines+markers", line_width=3)
    figure.add_scatter(x=steps, y=bounds.numpy(), name="most that the Jacobians allow", mode="lines", line_dash="dash")
    figure.update_layout(xaxis_title="step t", yaxis=log_axis(norms, bounds) | {"title": "norm"})
    return figure


class GradientFlow(Explorer):
    """Type a text; see which of its characters the loss at the end can still reach."""

    name = "Gradient flow through a text"
    text = t.Unicode("Once upon a time there was a small gradient").tag(state=True)
    radius = t.Float(0.9, min=0.1, max=2.0).tag(state=True)
    window = t.Int(0, min=0, max=40).tag(state=True)
    """Steps between two cuts; 0 for no cut."""
    tau = t.Float(1.0, min=0.1, max=10.0).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.strip = TokenStrip(title="Your text, coloured by the gradient", value_axis="log₁₀ of the norm")
        self.chart = Chart(title="Norm of the gradient at every step", height=280)
        self.heat = HeatMap(
            title="The gradient of every unit", square=False, row_axis="unit", column_axis="step, as its character",
            value_axis="log₁₀ of |gradient|",
        )  # fmt: skip
        self.clipping = Bars(title="Gradients of the weights", label_axis="weight", value_axis="norm")
        parts = {
            "text": controls.text("Your text", self.text),
            "radius": controls.slider("Spectral radius of A_h", self.radius, 0.1, 2.0, 0.05),
            "window": controls.slider("Cut every … steps (0: never)", self.window, 0, 40, 1),
            "tau": controls.slider("Clip at norm τ", self.tau, 0.1, 10.0, 0.1, ".1f"),
        }
        super().__init__(parts, [self.strip, self.chart, self.heat, self.clipping], **state)
        self.strip.observe(self._follow, "selected")

    def update(self) -> dict[str, dict]:
        """Show the gradient of the loss after the last character, at every step."""
        text = self.text[:LONGEST]
        flow = flow_of(text, self.radius, self.window or None)
        factor = min(1.0, self.tau / flow.total) if flow.total else 1.0
        norms, grid = log10(flow.norms), log10(flow.gradients).T  # [time], [hidden time]
        top = max(0.0, norms.nan_to_num(FLOOR).max().item())
        names = list(flow.weights)
        before = torch.tensor([*flow.weights.values(), flow.total])
        picture = {
            "strip": dict(tokens=list(text), values=norms, low=FLOOR, high=top),
            "chart": dict(figure=norm_figure(flow.norms, flow.bounds), summary=self._summary(flow.norms)),
            "heat": dict(values=grid, column_labels=list(text), low=FLOOR, high=top),
            "clipping": dict(
                labels=[*names, "all together"],
                values=torch.stack([before, before * factor]),
                series=["as it comes", f"clipped at {self.tau:g}"],
            ),
        }
        if len(self.text) > LONGEST:
            picture["note"] = f"Your text has {len(self.text):,} characters. This panel reads the first {LONGEST}."
        return picture

    def _summary(self, norms: Float[Tensor, "time"]) -> str:
        reached = int((norms > 0).sum())
        if len(norms) == 1:
            return "One character: the gradient has no step to go back."
        if reached < len(norms):
            cut = f"Cut every {self.window} step{'s' * (self.window > 1)}"
            return f"{cut}, the gradient reaches the last {reached} of {len(norms)}, and none before."
        ratio = (norms[0] / norms[-1]).item()
        return (
            f"From the last step to the first, {len(norms) - 1} steps back, the norm is multiplied by {number(ratio)}."
        )

    def _follow(self, change: t.Bunch) -> None:
        """Move the heat map's cursor to the step that was chosen on the strip."""
        if change["new"] >= 0:
            self.heat.cursor = [0, self.heat.cursor[1], change["new"]]
