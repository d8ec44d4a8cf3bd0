"""Bars: a few named numbers side by side, such as the ten best next words or the norm of each gradient."""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels, colour_range
from widgets.instruments.text import visible, visible_all

MOST = 200
"""Bars in one view; more are not read by anybody, and a chart shows them better."""


class Bars(Instrument, script="bars"):
    """Horizontal bars in one or more series. The view *is* a table: label, bar, number."""

    labels = t.List(t.Unicode()).tag(sync=True)
    series = t.List(t.Unicode()).tag(sync=True)
    data = t.Bytes(b"").tag(sync=True)
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(1.0).tag(sync=True)
    label_axis = t.Unicode("").tag(sync=True)
    value_axis = t.Unicode("value").tag(sync=True)

    @property
    def values(self) -> np.ndarray:
        """The numbers on view, [series, bars]."""
        return np.frombuffer(self.data, np.float32).reshape(max(1, len(self.series)), len(self.labels))

    def show(
        self,
        labels: Sequence[object],
        values: object,
        *,
        series: Sequence[str] = (),
        low: float | None = None,
        high: float | None = None,
        title: str | None = None,
        label_axis: str | None = None,
        value_axis: str | None = None,
    ) -> "Bars":
        """Show ``values``, [bars] or [series bars], with a label each.

        Bars start at zero, or at ``low`` when zero is not on the scale. ``title`` and the names of the axes change with
        them where they are given.

        Raises:
            ValueError: when labels or series do not fit, or there are more than 200 bars.
        """
        array = as_array(values, ["series", "bars"], "Bars").astype(np.float32)
        if array.size > MOST:
            raise ValueError(f"Bars show at most {MOST} numbers, and got {array.size}. Use a Chart for more.")
        check_labels(labels, array.shape[1], f"Bars with {array.shape[1]} values", optional=False)
        check_labels(series, array.shape[0], f"Bars with {array.shape[0]} series")
        finite = array[np.isfinite(array)]
        lowest = min(0.0, float(finite.min())) if low is None and finite.size else low
        ends = colour_range(array, lowest, high, "sequential")
        with self.hold_sync():
            self.labels = visible_all(labels)
            self.series = [visible(name) for name in series]
            self.data = array.tobytes()
            self.low, self.high = ends
            self.title = self.title if title is None else title
            self.label_axis = self.label_axis if label_axis is None else label_axis
            self.value_axis = self.value_axis if value_axis is None else value_axis
        return self
