"""Thumbnails: a grid of tiny heat maps to choose one from, such as every head of every layer.

A small picture needs few pixels. Before it travels it is reduced to at most 48 x 48 by taking the largest value of
each block, so that a thin line stays a line, and written as one byte a pixel: 144 heads take 0.33 MB, however long
the text. It is read with the eye; the exact numbers belong into a HeatMap of the chosen one.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, colour_range
from widgets.instruments.text import visible

SIDE = 48
"""Pixels a side that are sent of one picture."""
MOST = 1024
"""Pictures in one view: 32 x 32 heads."""
MOST_NUMBERS = 400_000_000
"""Numbers before they are reduced; they stay in the kernel."""
MISSING = 255
"""The byte that stands for "not a number"; 0 to 254 run from ``low`` to ``high``."""


class Thumbnails(Instrument, script="canvas thumbnails"):
    """Small multiples, one of which is chosen.

    >>> Thumbnails(title="Every head").show(torch.rand(6, 12, 20, 20), scores=torch.rand(6, 12))

    Keyboard: arrows move the choice, Home and End to the ends of a row, PageUp and PageDown to the ends of a column.
    The chosen cell is read out.
    """

    data = t.Bytes(b"").tag(sync=True)
    shape = t.List(t.Int(), default_value=[0, 0, 0, 0]).tag(sync=True)
    """[rows, columns, height, width] of what is sent"""
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(1.0).tag(sync=True)
    row_axis = t.Unicode("layer").tag(sync=True)
    column_axis = t.Unicode("head").tag(sync=True)
    captions = t.List(t.Unicode()).tag(sync=True)
    scores = t.Bytes(b"").tag(sync=True)
    score_axis = t.Unicode("score").tag(sync=True)
    marks = t.List(t.List(t.Int())).tag(sync=True)
    selected = t.List(t.Int(), default_value=[0, 0], minlen=2, maxlen=2).tag(sync=True)
    """[row, column] of the chosen cell, counted from 0; set from either side."""

    @property
    def values(self) -> np.ndarray:
        """The pictures as they were sent, [rows columns height width] in ``low`` to ``high``; NaN where there is no
        number. They are rounded to 254 steps.
        """
        levels = np.frombuffer(self.data, np.uint8).reshape(self.shape)
        numbers = self.low + levels.astype(np.float32) / (MISSING - 1) * (self.high - self.low)
        return np.where(levels == MISSING, np.float32(np.nan), numbers)

    def show(
        self,
        pictures: object,
        *,
        row_axis: str = "layer",
        column_axis: str = "head",
        captions: Sequence[Sequence[object]] = (),
        low: float | None = None,
        high: float | None = None,
        marks: Sequence[tuple[int, int]] = (),
        scores: object = None,
        score_axis: str = "score",
        title: str | None = None,
    ) -> "Thumbnails":
        """Show ``pictures``, [rows columns height width].

        Args:
            pictures: tensor, array or nested list. uint8 stands for ``low`` to ``high`` (0 to 1 when left out).
            row_axis, column_axis: what a row and a column of the grid is.
            captions: a text for each cell, as rows of columns; read out with it.
            low, high: ends of the colour scale; the extremes of what is sent when left out.
            marks: the [row, column] of cells that are crossed out.
            scores: one number for each cell, [rows columns]. A dot in the cell grows with it, and the data table
                lists the cells from the highest on. NaN has no dot.
            score_axis: what the score says.
            title: changes with the picture where it is given.

        Raises:
            ValueError: when there are more than 1024 pictures, or something does not fit them.
        """
        array = as_array(pictures, ["rows", "columns", "height", "width"], "Thumbnails", MOST_NUMBERS)
        rows, columns = array.shape[:2]
        if rows * columns > MOST:
            raise ValueError(f"Thumbnails show at most {MOST:,} pictures, and got {rows} x {columns}: show fewer rows.")
        if captions and [len(line) for line in captions] != [columns] * rows:
            raise ValueError(
                f"Thumbnails with {rows} rows of {columns} got captions of the lengths "
                f"{[len(line) for line in captions]!s:.60}. Give {rows} lists of {columns}, or none."
            )
        for mark in marks:
            if len(mark) != 2 or not (0 <= mark[0] < rows and 0 <= mark[1] < columns):
                raise ValueError(f"There is no cell {list(mark)} to mark in {rows} rows of {columns}, counted from 0.")
        points = None if scores is None else as_array(scores, ["rows", "columns"], "The scores").astype(np.float32)
        if points is not None and points.shape != (rows, columns):
            raise ValueError(
                f"The scores need the shape [{rows}, {columns}] of the grid, and got {list(points.shape)}."
            )
        small = reduced(array)
        ends = (0.0 if low is None else low, 1.0 if high is None else high)
        if array.dtype == np.uint8:
            small = ends[0] + small.astype(np.float32) / 255 * (ends[1] - ends[0])
            low, high = ends
        low, high = colour_range(small, low, high, "sequential")
        with self.hold_sync():
            self.low, self.high = low, high
            self.data = as_levels(small, low, high).tobytes()
            self.shape = list(small.shape)
            self.row_axis, self.column_axis, self.score_axis = (
                visible(row_axis),
                visible(column_axis),
                visible(score_axis),
            )
            self.captions = [visible(text) for line in captions for text in line]
            self.scores = b"" if points is None else points.tobytes()
            self.marks = [[int(row), int(column)] for row, column in marks]
            limits = zip(self.selected, (rows, columns), strict=True)
            self.title = self.title if title is None else title
            self.selected = [max(0, min(at, n - 1)) for at, n in limits]
        return self


def reduced(pictures: np.ndarray) -> np.ndarray:
    """Return ``pictures`` [rows columns height width] with at most 48 pixels a side: the largest of each block.

    A number wins over NaN; a block of nothing but NaN stays NaN.
    """
    height, width = pictures.shape[-2:]
    if height > SIDE:  # whole rows at a time: several times as fast as reduceat along this axis
        edges = np.arange(SIDE + 1) * height // SIDE
        blocks = [np.fmax.reduce(pictures[..., top:bottom, :], axis=-2) for top, bottom in pairwise(edges)]
        pictures = np.stack(blocks, axis=-2)
    if width > SIDE:
        pictures = np.fmax.reduceat(pictures, np.arange(SIDE) * width // SIDE, axis=-1)
    return pictures


def as_levels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return ``values`` as bytes: 0 to 254 from ``low`` to ``high``, 255 for NaN."""
    levels = np.clip((values - low) / (high - low), 0, 1) * (MISSING - 1)
    return np.where(np.isnan(levels), MISSING, np.rint(levels)).astype(np.uint8)
