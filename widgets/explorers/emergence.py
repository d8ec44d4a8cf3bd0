"""Lesson 07: at what size abilities appeared in large language models (Wei et al. 2022, table 1), as a chart.

Each point is the smallest model of its family that had the ability. Both axes of size are logarithmic: from the left to
the right end of the chart lie factors of ten thousand and more.
"""

import plotly.graph_objects as go
import traitlets as t

from lessons.reasoning.emergence import ABILITIES, Ability
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart

SCALES = {"flops": "operations of the whole training (FLOPs)", "parameters": "parameters"}
"""What the horizontal axis shows -> its title."""
RANGES = {"flops": [19.6, 25.8], "parameters": [7.3, 13.2]}
"""Powers of ten from which to which each axis goes; on the right is room for the names."""
SORTS = {"all": "all", "few-shot": "examples alone", "augmented": "a further technique"}
"""Sort of prompting -> what the list calls it."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hexagon", "x")
ROW, FRAME = 25, 110
"""Pixels: of a row, and of what stands around all of them."""
SUFFIXES = {1e9: "B", 1e6: "M"}


def chosen(scale: str, sort: str) -> list[Ability]:
    """Return the rows of the table for one sort of prompting, the smallest first."""
    rows = [ability for ability in ABILITIES if sort in ("all", ability.prompting)]
    return sorted(rows, key=lambda ability: getattr(ability, scale))


def short(parameters: float) -> str:
    """Return a number of parameters as papers write it: 175B, 40M."""
    unit = next(unit for unit in SUFFIXES if parameters >= unit)
    return f"{parameters / unit:g}{SUFFIXES[unit]}"


def emergence_figure(scale: str = "flops", sort: str = "all") -> go.Figure:
    """Return a point for every ability, named on the left, with colour and symbol of its family of models."""
    rows, figure = chosen(scale, sort), go.Figure()
    families = list(dict.fromkeys(ability.model for ability in ABILITIES))  # a family keeps its colour in every view
    for family, symbol in zip(families, SYMBOLS, strict=True):
        own = [ability for ability in rows if ability.model == family]
        figure.add_scatter(
            x=[getattr(ability, scale) for ability in own], y=[ability.task for ability in own], name=family,
            text=[f" {family}, {short(ability.parameters)}" for ability in own], mode="markers+text",
            textposition="middle right", marker={"size": 11, "symbol": symbol}, cliponaxis=False,
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": SCALES[scale], "type": "log", "range": RANGES[scale], "dtick": 1},
        yaxis={
            "title": "", "type": "category", "autorange": "reversed", "automargin": True, "griddash": "dot",
            "categoryorder": "array", "categoryarray": [ability.task for ability in rows],
        },
        margin={"l": 10, "r": 16, "t": 12, "b": 50}, showlegend=False,
    )  # fmt: skip
    return figure


class Emergence(Explorer):
    """Choose the axis and the sort of prompting, and see with which model an ability was first seen."""

    name = "When abilities appeared"
    scale = t.Enum(list(SCALES), "flops").tag(state=True)
    sort = t.Enum(list(SORTS), "all").tag(state=True)

    def __init__(self, **state: object) -> None:
        self.chart = Chart(title="The smallest model that had the ability")
        parts = {
            "scale": controls.choice("Size in", [(title, key) for key, title in SCALES.items()], self.scale),
            "sort": controls.choice("Prompted with", [(title, key) for key, title in SORTS.items()], self.sort),
        }
        super().__init__(parts, [self.chart], **state)

    def update(self) -> dict[str, dict]:
        """Show the table as a chart; its source stands in the message line."""
        rows = chosen(self.scale, self.sort)
        first, last = rows[0], rows[-1]
        summary = (
            f"{len(rows)} abilities, from {first.task} ({first.model}, {short(first.parameters)} parameters) "
            f"to {last.task} ({last.model}, {short(last.parameters)})."
        )
        return {
            "chart": dict(figure=emergence_figure(self.scale, self.sort), summary=summary),
            "note": "Source: Wei et al. 2022, Emergent Abilities of Large Language Models, table 1, without the tasks "
            "of BIG-Bench. Only a few sizes of each family were tried: smaller models in between may have it, too.",
        }

    def link_cursors(self) -> None:
        """The chart is as high as its rows need."""
        self.chart.height = ROW * len(chosen(self.scale, self.sort)) + FRAME
