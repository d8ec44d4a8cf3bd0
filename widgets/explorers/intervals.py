"""A line of means with their bootstrap intervals, as charts of lessons 06 and 07 draw it."""

from collections.abc import Sequence

import plotly.graph_objects as go

from lessons.core.bootstrap import Interval


def add_line(figure: go.Figure, x: Sequence[float], found: Sequence[Interval], name: str, **style: object) -> None:
    """Add a line through the means, with a bar from the low to the high end of every interval."""
    ends = {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
        "array": [each.high - each.mean for each in found],
        "arrayminus": [each.mean - each.low for each in found],
    }  # fmt: skip
    y = [each.mean for each in found]
    figure.add_scatter(x=list(x), y=y, name=name, error_y=ends, **{"mode": "lines+markers", **style})
