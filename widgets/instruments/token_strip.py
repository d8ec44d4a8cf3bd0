"""A token strip: the student's text, one box a token, coloured by a number."""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels, colour_range
from widgets.instruments.text import visible_all


class TokenStrip(Instrument, script="token_strip"):
    """Tokens in reading order, each on a colour that stands for its value.

    Keyboard: arrows move the selection, Home and End go to the ends. The value is read out.
    """

    tokens = t.List(t.Unicode()).tag(sync=True)
    data = t.Bytes(b"").tag(sync=True)
    frames = t.Int(1).tag(sync=True)
    frame = t.Int(0).tag(sync=True)
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(1.0).tag(sync=True)
    palette = t.Enum(["sequential", "diverging"], "sequential").tag(sync=True)
    value_axis = t.Unicode("value").tag(sync=True)
    selected = t.Int(-1).tag(sync=True)
    """The chosen token, counted from 0; -1 for none. Set from either side."""
    as_text = t.Bool(False).tag(sync=True)
    """Whether the tokens are the characters of a text: set close together, with the text's own line breaks."""

    @property
    def values(self) -> np.ndarray:
        """The numbers on view, [frames, tokens]."""
        return np.frombuffer(self.data, np.float32).reshape(self.frames, -1)

    def show(
        self,
        tokens: Sequence[object],
        values: object,
        *,
        low: float | None = None,
        high: float | None = None,
        frame: int = 0,
        palette: str | None = None,
        value_axis: str | None = None,
        title: str | None = None,
    ) -> "TokenStrip":
        """Show ``tokens`` coloured by ``values``: [tokens], or [frames tokens] sent ahead for a slider.

        ``palette``, ``value_axis`` and ``title`` change together with the values where they are given.

        Raises:
            ValueError: when there are not as many values as tokens.
        """
        array = as_array(values, ["frames", "tokens"], "A token strip").astype(np.float32)
        check_labels(tokens, array.shape[1], f"A token strip with {array.shape[1]} values", optional=False)
        if not 0 <= frame < max(len(array), 1):
            raise ValueError(f"Frame {frame} does not exist: there are {len(array)}, counted from 0.")
        palette = palette or self.palette
        ends = colour_range(array, low, high, palette)
        with self.hold_sync():
            self.palette = palette  # first: traitlets refuses an unknown one, and the last picture stays
            self.value_axis = self.value_axis if value_axis is None else value_axis
            self.tokens = visible_all(tokens)
            self.data = array.tobytes()
            self.frames = len(array)
            self.frame = frame
            self.low, self.high = ends
            self.title = self.title if title is None else title
            self.selected = min(self.selected, len(tokens) - 1)
        return self
