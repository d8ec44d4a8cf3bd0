"""The base of every instrument: one Python class with traits, one plain ES module, no build step.

``heat_map.py`` goes with ``heat_map.js``, and so on. A module is put together from the palette, the few
functions that all views share (``common.js``) and the files that the instrument names, and travels with the
widget: nothing is ever loaded from another host.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import anywidget
import numpy as np
import traitlets as t

from widgets.theme import palette_json

HERE = Path(__file__).parent
LARGEST = 8_000_000
"""Numbers that one instrument accepts at once: more would freeze the page."""


@cache
def module(names: str) -> str:
    """Return the files ``names``, such as "canvas arcs", as one ES module after the palette and ``common.js``."""
    parts = [(HERE / f"{name}.js").read_text("utf-8") for name in ["common", *names.split()]]
    return "\n".join([f"const PALETTE = {palette_json()};", *parts])


@cache
def style() -> str:
    """Return the style sheet that all instruments share."""
    return (HERE / "instruments.css").read_text("utf-8")


class Instrument(anywidget.AnyWidget):
    """A view over plain numbers and labels. Subclasses name their ``.js`` files and have a ``show`` method."""

    _css = style()

    title = t.Unicode("").tag(sync=True)
    """The heading above the view, and its name for a screen reader."""

    def __init_subclass__(cls, script: str = "", **kwargs: object) -> None:
        if script:
            cls._esm = module(script)
        super().__init_subclass__(**kwargs)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle:  # what a reader sees where no widget can run: a sentence in place of an address
            bundle[0]["text/plain"] = f"{type(self).__name__}: run this cell in JupyterLab to see it."
        return bundle


def as_array(values: object, axes: Sequence[str], what: str, most: int = LARGEST) -> np.ndarray:
    """Return ``values`` (tensor, array or nested list) as a float32 array with ``len(axes)`` axes.

    Missing leading axes are added with size one. A uint8 array stays uint8. ``most`` is how many there may be.

    Raises:
        ValueError: in one sentence, when the numbers do not fit ``axes`` or are too many.
    """
    try:
        if hasattr(values, "detach"):  # a tensor, on whatever device, whether or not it has a gradient
            values = values.detach().cpu()
            values = (values if values.element_size() == 1 else values.float()).numpy()
        array = np.asarray(values)
        array = array if array.dtype == np.uint8 else array.astype(np.float32, copy=False)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{what} needs numbers with the axes {list(axes)}, and got {values!r:.80}.") from error
    if array.ndim == 0 or array.ndim > len(axes):
        raise ValueError(
            f"{what} needs between 1 and {len(axes)} axes ({', '.join(axes)}), and got {array.ndim}: "
            f"its shape is {list(array.shape)}."
        )
    if array.size > most:
        raise ValueError(f"{what} shows at most {most:,} numbers at once, and got {array.size:,}.")
    return np.ascontiguousarray(array).reshape((1,) * (len(axes) - array.ndim) + array.shape)


def colour_range(array: np.ndarray, low: float | None, high: float | None, palette: str) -> tuple[float, float]:
    """Return the ends of the colour scale: as given, or from the finite values; symmetric when diverging."""
    finite = array[np.isfinite(array)]
    if low is None:
        low = float(finite.min()) if finite.size else 0.0
    if high is None:
        high = float(finite.max()) if finite.size else 1.0
    if palette == "diverging":
        high = max(abs(low), abs(high))
        low = -high
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"The colour scale needs two finite ends, and got {low} and {high}.")
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def check_labels(labels: Sequence[object], count: int, what: str, optional: bool = True) -> None:
    """Raise one sentence when there are not exactly ``count`` labels (or, where optional, none)."""
    if len(labels) != count and not (optional and not labels):
        raise ValueError(f"{what} got {len(labels)} labels. Give exactly {count}{', or none' * optional}.")
