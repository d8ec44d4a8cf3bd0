"""A heat map: one matrix, or many small ones side by side, with a cursor, a legend and a data table.

The numbers travel as one binary buffer and are painted on one canvas. A slider whose whole range fits can
send all its pictures ahead as *frames*: ``ipywidgets.jslink`` then scrubs them in the page, without the kernel.
"""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels, colour_range
from widgets.instruments.text import visible_all

LONGEST_SIDE = 4096
"""Rows or columns of one panel; a screen has no more pixels."""


class HeatMap(Instrument, script="canvas heat_map_layout heat_map"):
    """One or many heat maps in one view.

    >>> HeatMap(title="Weights").show(torch.rand(3, 4), row_labels="abc")

    Keyboard: arrows move the cursor, Home and End go to the ends of a row, PageUp and PageDown to the
    panel before and after; a click moves it as well. The cell under the cursor is read out, and while the mouse is over
    the picture, the cell under the mouse.
    """

    data = t.Bytes(b"").tag(sync=True)
    dtype = t.Enum(["float32", "uint8"], "float32").tag(sync=True)
    shape = t.List(t.Int(), default_value=[1, 0, 0, 0]).tag(sync=True)
    """[frames, panels, rows, columns]"""
    frame = t.Int(0).tag(sync=True)
    """Which frame is on view; 0 unless frames were sent ahead."""
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(1.0).tag(sync=True)
    palette = t.Enum(["sequential", "diverging"], "sequential").tag(sync=True)
    row_axis = t.Unicode("row").tag(sync=True)
    column_axis = t.Unicode("column").tag(sync=True)
    value_axis = t.Unicode("value").tag(sync=True)
    row_labels = t.List(t.Unicode()).tag(sync=True)
    column_labels = t.List(t.Unicode()).tag(sync=True)
    panel_titles = t.List(t.Unicode()).tag(sync=True)
    square = t.Bool(True).tag(sync=True)
    """Whether cells are squares, or fill the width that there is."""
    cursor = t.List(t.Int(), default_value=[0, 0, 0]).tag(sync=True)
    """[panel, row, column] of the cell under the cursor; set from either side."""

    @property
    def values(self) -> np.ndarray:
        """The numbers on view, [frames, panels, rows, columns]."""
        return np.frombuffer(self.data, self.dtype).reshape(self.shape)

    def show(
        self,
        values: object,
        *,
        row_labels: Sequence[object] = (),
        column_labels: Sequence[object] = (),
        panel_titles: Sequence[object] = (),
        low: float | None = None,
        high: float | None = None,
        frame: int = 0,
        title: str | None = None,
    ) -> "HeatMap":
        """Show ``values``: [rows columns], [panels rows columns] or [frames panels rows columns].

        Args:
            values: tensor, array or nested list. float32, or uint8 where ``low`` and ``high`` say what
                0 and 255 stand for. NaN is drawn as a hatched cell.
            low, high: ends of the colour scale, in the units of the values; the extremes when left out.
            frame: which frame to start with.
            title: changes with the values where it is given.

        Raises:
            ValueError: when the numbers have another shape, or the labels do not fit them.
        """
        array = as_array(values, ["frames", "panels", "rows", "columns"], "A heat map")
        frames, panels, rows, columns = array.shape
        if max(rows, columns) > LONGEST_SIDE:
            raise ValueError(f"A heat map has at most {LONGEST_SIDE} rows and columns, and got {rows} and {columns}.")
        check_labels(row_labels, rows, f"A heat map with {rows} rows")
        check_labels(column_labels, columns, f"A heat map with {columns} columns")
        check_labels(panel_titles, panels, f"A heat map with {panels} panels")
        if not 0 <= frame < max(frames, 1):
            raise ValueError(f"Frame {frame} does not exist: there are {frames}, counted from 0.")
        if array.dtype == np.uint8:
            ends = (0.0 if low is None else low, 1.0 if high is None else high)
        else:
            ends = colour_range(array, low, high, self.palette)
        with self.hold_sync():
            self.dtype = str(array.dtype)
            self.data = array.tobytes()
            self.shape = list(array.shape)
            self.row_labels = visible_all(row_labels)
            self.column_labels = visible_all(column_labels)
            self.panel_titles = visible_all(panel_titles)
            self.low, self.high = ends
            self.frame = frame
            self.title = self.title if title is None else title
            limits = (panels, rows, columns)
            self.cursor = [max(0, min(at, n - 1)) for at, n in zip(self.cursor, limits, strict=True)]
        return self
