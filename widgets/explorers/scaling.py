"""Lesson 03: why attention divides its scores by the root of d_head. One slider, both ways side by side.

Random vectors, nothing trained: the longer they are, the farther their dot products spread, the more the softmax
decides for one key, and the less gradient comes back through it.
"""

import math
from functools import cache

import plotly.graph_objects as go
import torch
import traitlets as t
from jaxtyping import Float64
from torch import Tensor

from lessons.attention.scaling import SIZES, Saturation, dot_products, saturation
from lessons.checks.wording import number
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart, log_axis

KEYS = 12
WITHOUT, WITH = "without the root", "with the root"

products = cache(lambda d_head: dot_products(d_head, keys=KEYS))


def scores(d_head: int, root: bool) -> Float64[Tensor, "query key"]:
    """Return the scores of every sample: dot products, divided by the root of d_head or not."""
    return products(d_head) / (math.sqrt(d_head) if root else 1.0)


@cache
def measured(d_head: int, root: bool) -> Saturation:
    """Return what the softmax does with these scores; measured once."""
    return saturation(scores(d_head, root))


def row_figure(row: Float64[Tensor, "2 key"]) -> go.Figure:
    """Return the weights of one sample, without the root and with it, side by side for each key."""
    figure = go.Figure()
    for name, weights in zip((WITHOUT, WITH), row, strict=True):
        figure.add_bar(x=list(range(1, KEYS + 1)), y=weights.numpy(), name=name)
    figure.update_layout(xaxis={"title": "key", "dtick": 1}, yaxis={"title": "weight", "range": [0, 1]})
    return figure


def size_figure(lines: dict[str, list[float]], d_head: int, value_axis: dict) -> go.Figure:
    """Return a line for each name by d_head, on logarithmic axes, with a mark on each at the chosen ``d_head``."""
    figure = go.Figure()
    for (name, line), dash in zip(lines.items(), ("solid", "dash", "dot"), strict=True):
        figure.add_scatter(x=SIZES, y=line, name=name, mode="lines", line={"dash": dash, "width": 3})
    here = [line[SIZES.index(d_head)] for line in lines.values()]
    figure.add_scatter(
        x=[d_head] * len(here), y=here, name="chosen", mode="markers", marker={"size": 10}, showlegend=False
    )
    sizes = {"type": "log", "tickvals": SIZES, "ticktext": [str(d) for d in SIZES], "title": "d_head"}
    figure.update_layout(xaxis=sizes, yaxis={"type": "log"} | value_axis)
    return figure


class Scaling(Explorer):
    """Make the vectors longer, and watch the softmax decide for one key, unless the scores are divided by the root."""

    name = "Scores with and without the root"
    d_head = t.Enum(SIZES, 64).tag(state=True)
    sample = t.Int(0, min=0, max=9).tag(state=True)
    """Which of the samples the bars show."""

    def __init__(self, **state: object) -> None:
        self.row = Chart(title="One row of the softmax")
        self.spread = Chart(title="How far the scores spread")
        self.gradient = Chart(title="Gradient through the softmax")
        views = [self.row, self.spread, self.gradient]
        for view in views:
            view.layout = {"width": "auto", "flex": "1 1 300px"}
        parts = {
            "d_head": controls.steps("d_head, the length of a vector", [(str(d), d) for d in SIZES], self.d_head),
            "sample": controls.slider("Other random vectors", self.sample, 0, 9, 1),
        }
        super().__init__(parts, views, **state)

    def update(self) -> dict[str, dict]:
        """Show one row of the softmax both ways, and what holds for all samples by d_head."""
        row = torch.stack([scores(self.d_head, root)[self.sample].softmax(dim=-1) for root in (False, True)])
        without, divided = ([measured(d, root) for d in SIZES] for root in (False, True))
        spread = {
            WITHOUT: [found.deviation for found in without],
            WITH: [found.deviation for found in divided],
            "√d_head": [math.sqrt(d) for d in SIZES],
        }
        gradient = {
            f"{WITHOUT}, median": [found.typical_gradient for found in without],
            f"{WITH}, median": [found.typical_gradient for found in divided],
            f"{WITHOUT}, mean": [found.gradient for found in without],
        }
        powers_of_2 = {"title": "standard deviation", "tickvals": SIZES[:6], "ticktext": [str(d) for d in SIZES[:6]]}
        powers_of_10 = {"title": "size of d pattern / d scores"} | log_axis(*gradient.values())
        before, after = without[SIZES.index(self.d_head)], divided[SIZES.index(self.d_head)]
        return {
            "row": dict(
                figure=row_figure(row),
                summary=f"The largest of {KEYS} weights is {row[0].max():.2f} without the root and {row[1].max():.2f} "
                f"with it. The mean over all samples is {before.largest:.2f} and {after.largest:.2f}.",
            ),
            "spread": dict(
                figure=size_figure(spread, self.d_head, powers_of_2),
                summary=f"At d_head = {self.d_head} the standard deviation of the scores is {number(before.deviation)} "
                f"without the root, near √{self.d_head} = {number(math.sqrt(self.d_head))}, and "
                f"{number(after.deviation)} with it.",
            ),
            "gradient": dict(
                figure=size_figure(gradient, self.d_head, powers_of_10),
                summary=f"At d_head = {self.d_head} the gradient of a typical sample has the size "
                f"{number(before.typical_gradient)} without the root and {number(after.typical_gradient)} with it.",
            ),
        }
