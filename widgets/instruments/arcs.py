"""Arcs: lines between two columns of tokens, the picture of attention that everybody knows.

On the left stands the token that asks (the query), on the right the token that is looked at (the key). The
stronger the weight, the darker and wider the line. Chosen, a token keeps its own lines only.
"""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels
from widgets.instruments.text import visible_all

MOST_TOKENS = 512
MOST_HEADS = 12
LEAST = float(np.float32(0.01))
"""The weight from which on a line is drawn; thousands of fainter ones would only turn the picture grey."""
MOST_LINES = 3000
"""Lines drawn at once. Where there are more, ``floor`` rises; the lines of a chosen token are all drawn."""


class Arcs(Instrument, script="canvas arcs"):
    """Attention weights as lines, of one head or of up to 12 in a colour each.

    >>> Arcs(title="Who looks where").show(["the", "cat"], [[1.0, 0.0], [0.3, 0.7]])

    Keyboard: up and down choose the token before and after, Home and End the first and the last, Escape none.
    The strongest weights of the chosen token are read out.
    """

    tokens = t.List(t.Unicode()).tag(sync=True)
    key_tokens = t.List(t.Unicode()).tag(sync=True)
    heads = t.List(t.Unicode()).tag(sync=True)
    data = t.Bytes(b"").tag(sync=True)
    dtype = t.Enum(["float32", "uint8"], "float32").tag(sync=True)
    floor = t.Float(LEAST).tag(sync=True)
    """The smallest weight that is drawn while no token is chosen."""
    selected = t.Int(-1).tag(sync=True)
    """The chosen token on the left, counted from 0; -1 for none. Set from either side."""

    @property
    def values(self) -> np.ndarray:
        """The weights on view, from 0 to 1, [head, query, key]."""
        sent = np.frombuffer(self.data, self.dtype)
        return as_weights(sent).reshape(max(1, len(self.heads)), len(self.tokens), len(self.key_tokens))

    def show(
        self,
        tokens: Sequence[object],
        weights: object,
        *,
        key_tokens: Sequence[object] | None = None,
        heads: Sequence[object] = (),
        title: str | None = None,
    ) -> "Arcs":
        """Show ``weights``, [query key] or [head query key], each from 0 to 1.

        Args:
            tokens: the tokens that ask, one for each query.
            weights: tensor, array or nested list. NaN is drawn as nothing. Where they are uint8, 255 stands for 1: a
                quarter of what has to travel.
            key_tokens: the tokens that are looked at, one for each key; ``tokens`` when left out.
            heads: a name for each head; counted from 0 when left out.
            title: changes with the picture where it is given.

        Raises:
            ValueError: when labels do not fit, a weight is not between 0 and 1, or there are more than 512 tokens or
                12 heads.
        """
        array = as_array(weights, ["head", "query", "key"], "Arcs")
        key_tokens = tokens if key_tokens is None else key_tokens
        count, queries, keys = array.shape
        if max(queries, keys) > MOST_TOKENS:
            raise ValueError(
                f"Arcs show at most {MOST_TOKENS} tokens on a side, and got {max(queries, keys)}: use a HeatMap."
            )
        if count > MOST_HEADS:
            raise ValueError(f"Arcs show at most {MOST_HEADS} heads at once, and got {count}: choose some of them.")
        check_labels(tokens, queries, f"Arcs with {queries} queries", optional=False)
        check_labels(key_tokens, keys, f"Arcs with {keys} keys", optional=False)
        check_labels(heads, count, f"Arcs with {count} heads")
        weights = as_weights(array)
        outside = weights[(weights < 0) | (weights > 1.001)]  # a softmax may round to a little more than 1
        if outside.size:
            raise ValueError(f"Arcs show weights from 0 to 1, and got {outside.flat[0]:.4g}. Apply the softmax first.")
        if count > 1 and not heads:
            heads = [f"head {i}" for i in range(count)]
        with self.hold_sync():
            self.tokens = visible_all(tokens)
            self.key_tokens = visible_all(key_tokens)
            self.heads = visible_all(heads)
            self.dtype = str(array.dtype)
            self.data = array.tobytes()
            self.floor = lowest_drawn(weights)
            self.title = self.title if title is None else title
            self.selected = min(self.selected, queries - 1)
        return self


def as_weights(array: np.ndarray) -> np.ndarray:
    """Return weights as float32; uint8 stands for 0 to 1."""
    return array.astype(np.float32) / 255 if array.dtype == np.uint8 else array


def lowest_drawn(weights: np.ndarray) -> float:
    """Return the smallest weight that is drawn: 1 %, or what leaves at most 3000 lines."""
    strong = weights[weights >= LEAST]
    if strong.size <= MOST_LINES:
        return LEAST
    first_left_out = np.partition(strong, -MOST_LINES - 1)[-MOST_LINES - 1]
    return float(np.nextafter(first_left_out, np.float32(2)))
