"""Plane: points and arrows in two dimensions, and a handle to move among them.

It shows what fits in no heat map: a query between its keys, a vector that turns with its position. One step to the
right is as long as one step up.
"""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels
from widgets.instruments.text import visible, visible_all

MOST = 200
"""Points, and arrows, in one view; more cannot be told apart."""


class Plane(Instrument, script="canvas plane"):
    """Points, arrows from a place to a place, and at most one handle.

    >>> Plane(title="Keys", handle=[0.5, 0.5], handle_label="query").show([[1.0, 0.0], [0.0, 1.0]], ["cat", "dog"])

    The handle is moved by dragging or with the arrow keys, in big steps together with Shift. Its place is read out,
    and after it the sentence in ``readout``.
    """

    points = t.Bytes(b"").tag(sync=True)
    labels = t.List(t.Unicode()).tag(sync=True)
    weights = t.Bytes(b"").tag(sync=True)
    arrows = t.Bytes(b"").tag(sync=True)
    arrow_labels = t.List(t.Unicode()).tag(sync=True)
    limits = t.List(t.Float(), default_value=[-1.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    """[low, high] of both axes"""
    handle = t.List(t.Float(), default_value=None, allow_none=True, minlen=2, maxlen=2).tag(sync=True)
    """[x, y] of the point that can be moved, or None; set from either side, and kept within the limits by the page."""
    handle_label = t.Unicode("handle").tag(sync=True)
    readout = t.Unicode("").tag(sync=True)
    """A sentence about what the picture means now, read out after the place of the handle."""

    @t.validate("handle")
    def _finite(self, proposal: t.Bunch) -> list[float] | None:
        if proposal.value is not None and not np.isfinite(proposal.value).all():
            raise t.TraitError(f"The handle of a Plane needs two finite numbers, and got {proposal.value}.")
        return proposal.value

    @t.validate("handle_label")
    def _visible(self, proposal: t.Bunch) -> str:
        return visible(proposal.value)

    @property
    def values(self) -> np.ndarray:
        """The points on view, [points 2]."""
        return np.frombuffer(self.points, np.float32).reshape(-1, 2)

    def show(
        self,
        points: object = (),
        labels: Sequence[object] = (),
        *,
        weights: object = None,
        arrows: object = (),
        arrow_labels: Sequence[object] = (),
        limits: tuple[float, float] | None = None,
        readout: str | None = None,
        title: str | None = None,
    ) -> "Plane":
        """Show ``points`` [points 2] and ``arrows`` [arrows 4]; the handle stays where it is.

        Args:
            points: x and y of each, in the units of the axes.
            labels: one for each point, or none.
            weights: one for each point, from 0 to 1: the more, the larger and darker the point. Written beside it.
            arrows: x and y of its beginning, then x and y of its tip.
            arrow_labels: one for each arrow, or none.
            limits: the lowest and the highest number on both axes; wide enough for all, with 0 in the middle, when
                left out.
            readout, title: change with the picture where they are given.

        Raises:
            ValueError: when a number is not finite, labels do not fit, or there are more than 200 of a kind.
        """
        places = rows_of(points, 2, "points")
        shafts = rows_of(arrows, 4, "arrows")
        check_labels(labels, len(places), f"A plane with {len(places)} points")
        check_labels(arrow_labels, len(shafts), f"A plane with {len(shafts)} arrows")
        shares = np.zeros(0, np.float32)
        if weights is not None:
            shares = as_array(weights, ["points"], "The weights of a plane").astype(np.float32)
            if len(shares) != len(places):
                raise ValueError(f"A plane with {len(places)} points got {len(shares)} weights. Give one for each.")
            if not ((shares >= 0) & (shares <= 1.001)).all():  # a softmax may round to a little more than 1
                raise ValueError(f"The weights of a plane lie between 0 and 1, and got {shares.tolist()!s:.60}.")
        low, high = limits or limits_around(places, shafts, self.handle)
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"The limits of a plane are a low and a high number, and got {low} and {high}.")
        with self.hold_sync():
            self.points, self.weights, self.arrows = places.tobytes(), shares.tobytes(), shafts.tobytes()
            self.labels = visible_all(labels)
            self.arrow_labels = visible_all(arrow_labels)
            self.readout = self.readout if readout is None else readout
            self.title = self.title if title is None else title
            self.limits = [float(low), float(high)]
        return self


def rows_of(values: object, length: int, what: str) -> np.ndarray:
    """Return ``values`` as float32 [n length], empty when there are none; or raise one sentence."""
    array = as_array(values, [what, "numbers"], f"A plane of {what}").astype(np.float32)
    if not array.size:
        return np.zeros((0, length), np.float32)
    if array.shape[1] != length:
        raise ValueError(f"A plane needs {length} numbers for each of its {what}, and got {array.shape[1]}.")
    if len(array) > MOST:
        raise ValueError(f"A plane shows at most {MOST} {what}, and got {len(array)}: show fewer of them.")
    if not np.isfinite(array).all():
        raise ValueError(f"A plane needs finite numbers, and one of its {what} is not.")
    return array


def limits_around(points: np.ndarray, arrows: np.ndarray, handle: list[float] | None) -> tuple[float, float]:
    """Return limits on both sides of 0 that hold everything, with some room; -1 and 1 for nothing."""
    numbers = np.concatenate([points.ravel(), arrows.ravel(), np.array(handle or [], np.float32)])
    reach = 1.2 * float(np.abs(numbers).max(initial=0.0)) or 1.0
    return -reach, reach
