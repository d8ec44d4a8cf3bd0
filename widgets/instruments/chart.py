"""A chart: any plotly figure, with plotly.js loaded once per page and never stored in the notebook.

plotly's own ``FigureWidget`` carries five megabytes of JavaScript in every instance and sends numbers as
JSON text. Here the page asks for the library the first time it needs it; the kernel answers from the
installed package, compressed, and every chart of the page shares it. Numbers travel as binary buffers.
"""

import base64
import gzip
from functools import cache
from pathlib import Path

import numpy as np
import plotly
import plotly.graph_objects as go
import traitlets as t

from widgets.instruments.instrument import Instrument
from widgets.instruments.text import visible


@cache
def plotly_js() -> bytes:
    """Return plotly.js from the installed package, compressed with gzip."""
    path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(path.read_bytes(), compresslevel=5)


def log_axis(*lines: object) -> dict:
    """Return a logarithmic axis for these lines: labelled at powers of ten only, wherever there are enough of them."""
    values = np.concatenate([np.abs(np.asarray(line, dtype=np.float64)).ravel() for line in lines] or [[]])
    values = values[np.isfinite(values) & (values > 0)]
    decades = np.log10(values.max()) - np.log10(values.min()) if values.size else 0.0
    return {"type": "log"} | ({"dtick": max(1, int(np.ceil(decades / 6)))} if decades >= 1.5 else {})


class Chart(Instrument, script="chart"):
    """A live view of a plotly figure that a pure function has built: tensors in, ``go.Figure`` out.

    plotly reads tags in its labels. Texts among the data (categories, names, hover texts) are shown as they
    are, whoever wrote them; only the titles of the layout, which are the author's, may hold tags.

    Keyboard: left and right move along a line, up and down from line to line. The point is read out.
    """

    figure = t.Dict().tag(sync=True)
    """The figure as plotly's JSON, its arrays as {"dtype", "shape", "buffer"}."""
    height = t.Int(320).tag(sync=True)
    """Height in pixels; the width is that of the page."""
    summary = t.Unicode("").tag(sync=True)
    """What the chart shows, in one sentence, for a reader who does not see it."""

    def __init__(self, figure: go.Figure | None = None, **traits: object) -> None:
        super().__init__(**traits)
        self.on_msg(self._on_message)
        if figure is not None:
            self.show(figure)

    def show(self, figure: go.Figure, summary: str | None = None) -> "Chart":
        """Show ``figure``; with ``summary``, say what it shows in one sentence."""
        content = figure.to_plotly_json()
        content["layout"].pop("template", None)  # seven kilobytes of colours; the page has its own
        with self.hold_sync():
            self.figure = _binary(content)
            if summary is not None:
                self.summary = summary
        return self

    def line(self, trace: int, axis: str = "y") -> np.ndarray:
        """Return the numbers of one line on view, as a test or a curious student wants them."""
        packed = self.figure["data"][trace][axis]
        if not isinstance(packed, dict):  # no numbers: nothing to pack
            return np.asarray(packed, dtype=np.float64)
        return np.frombuffer(packed["buffer"], packed["dtype"]).reshape(packed["shape"])

    def _on_message(self, _widget: object, content: dict, _buffers: list) -> None:
        if content.get("need") == "plotly":
            self.send({"plotly": True}, buffers=[plotly_js()])


def _binary(value: object) -> object:
    """Replace every array of numbers in a figure by its buffer."""
    if isinstance(value, dict) and "bdata" in value:  # plotly has packed an array as text already
        array = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))
        shape = [int(n) for n in str(value.get("shape", array.size)).split(",")]
        return _packed(array.reshape(shape))
    if isinstance(value, dict):
        return {name: _binary(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value):
            return _packed(np.asarray(value))
        return [visible(part) if isinstance(part, str) else _binary(part) for part in value]
    if isinstance(value, np.ndarray):
        return _packed(value) if value.dtype.kind in "fiu" else _binary(value.tolist())
    return value


def _packed(array: np.ndarray) -> dict:
    array = np.ascontiguousarray(array, dtype=np.float64)
    return {"dtype": "float64", "shape": list(array.shape), "buffer": array.tobytes()}
