"""Lesson 05: after BERT. The tables of RoBERTa, ALBERT and DeBERTa as charts, with their sources.

The scores lie close together. An axis that begins above 0 shows dots, never bars: the length of a bar would lie.
"""

import math

import plotly.graph_objects as go
import traitlets as t

from lessons.bert.variants import COMPARISONS, SCORE, SIZES, Comparison, parameters
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
PATTERNS = ("", "/", ".", "x", "-", "+")
STEP = 5
"""A cut axis begins at a multiple of this below the lowest value."""


def sizes() -> Comparison:
    """Return millions of parameters, counted from the configurations, beside what the papers say."""
    return Comparison(
        title="ALBERT: millions of parameters",
        measures=tuple(SIZES),
        rows={
            "counted here": tuple(round(parameters(size) / 1e6, 1) for size in SIZES.values()),
            "the ALBERT paper": tuple(float(size.published["ALBERT"]) for size in SIZES.values()),
        },
        unit="millions of parameters",
        reading="One layer for all places and a narrow table of words make ALBERT large 19 times smaller than BERT"
        " large, at the same depth and width. The count and the paper agree within 3 per cent,"
        " and within 6 for xxlarge.",
        source="Configurations and second bar: Lan et al. 2020, table 1. First bar: counted by lessons.bert.variants.",
    )


ALL = COMPARISONS | {"sizes": sizes()}


def lowest(comparison: Comparison) -> float:
    """Return where a cut axis begins: below all values, at a multiple of `STEP`."""
    return STEP * math.floor(min(min(row) for row in comparison.rows.values()) / STEP)


def variants_figure(comparison: Comparison, from_zero: bool = True) -> go.Figure:
    """Return bars from 0 for every measure and model, or dots on an axis that begins closely below the values."""
    figure = go.Figure()
    rows = zip(comparison.rows.items(), SYMBOLS, PATTERNS, strict=False)
    for (name, values), symbol, pattern in rows:
        shared = {"x": list(comparison.measures), "y": list(values), "name": name, "cliponaxis": False}
        if from_zero:
            text = [f"{value:.1f}" for value in values]
            figure.add_bar(text=text, textposition="outside", marker={"pattern": {"shape": pattern}}, **shared)
        else:
            figure.add_scatter(mode="markers", marker={"size": 11, "symbol": symbol}, **shared)
    axis = {"title": comparison.unit, "rangemode": "tozero"}
    if not from_zero:
        low = lowest(comparison)
        high = max(max(row) for row in comparison.rows.values())
        axis = {"title": f"{comparison.unit}; axis from {low:g}", "range": [low, high + 1]}
    categories = {"title": "", "type": "category", "showgrid": False}
    figure.update_layout(yaxis=axis, xaxis=categories, barmode="group", scattermode="group", scattergap=0.5)
    return figure


class Variants(Explorer):
    """Choose a table of a paper that went on from BERT: the chart, what to see in it, and where it is from."""

    name = "After BERT"
    comparison = t.Enum(list(ALL), "masking").tag(state=True)
    from_zero = t.Bool(True).tag(state=True)
    """Whether the axis begins at 0. The sizes and the speeds always do."""

    def __init__(self, **state: object) -> None:
        self.chart = Chart(title="In numbers", height=360)
        parts = {
            "comparison": controls.choice("Compare", [(table.title, key) for key, table in ALL.items()], "masking"),
            "from_zero": controls.toggle("Scores on an axis from 0", self.from_zero),
        }
        super().__init__(parts, [self.chart], **state)

    def update(self) -> dict[str, dict]:
        """Show the chosen table; its source stands in the message line."""
        table = ALL[self.comparison]
        scores = table.unit == SCORE
        return {
            "chart": dict(figure=variants_figure(table, self.from_zero or not scores), summary=table.reading),
            "note": f"Source: {table.source}",
        }
