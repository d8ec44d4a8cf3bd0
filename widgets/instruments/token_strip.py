"""A token strip: the student's text, one box a token, coloured by a number or by a category."""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import Instrument, as_array, check_labels, colour_range
from widgets.instruments.text import visible_all
from widgets.theme import PALETTE

MOST_CATEGORIES = 1 + len(PALETTE["light"]["categorical"])
"""One without a colour, and one for each colour of the palette."""


class TokenStrip(Instrument, script="token_strip"):
    """Tokens in reading order, each on a colour that stands for its value, with a note below it where there is one.

    Keyboard: arrows move the selection, Home and End go to the ends. The value is read out. Where tokens can be marked,
    a click, Enter or the space bar marks the token, or takes the mark away.
    """

    tokens = t.List(t.Unicode()).tag(sync=True)
    notes = t.List(t.Unicode()).tag(sync=True)
    """A few words below each token, or nothing; an empty list where no token has any."""
    categories = t.List(t.Unicode()).tag(sync=True)
    """What the values 0, 1, 2, … stand for. The first is drawn without a colour. Empty where values are numbers."""
    data = t.Bytes(b"").tag(sync=True)
    frames = t.Int(1).tag(sync=True)
    frame = t.Int(0).tag(sync=True)
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(1.0).tag(sync=True)
    palette = t.Enum(["sequential", "diverging"], "sequential").tag(sync=True)
    value_axis = t.Unicode("value").tag(sync=True)
    selected = t.Int(-1).tag(sync=True)
    """The chosen token, counted from 0; -1 for none. Set from either side."""
    mark_name = t.Unicode("").tag(sync=True)
    """What a mark means, such as "hidden"; empty where tokens cannot be marked."""
    marks = t.List(t.Int()).tag(sync=True)
    """The marked tokens, counted from 0. Set from either side."""
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
        notes: Sequence[str] = (),
        categories: Sequence[str] = (),
        marks: Sequence[int] = (),
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
            ValueError: when there are not as many values as tokens, or as many notes, where there are any; when a
                value is none of the categories, or a mark is at no token.
        """
        array = as_array(values, ["frames", "tokens"], "A token strip").astype(np.float32)
        what = f"A token strip with {array.shape[1]} values"
        check_labels(tokens, array.shape[1], what, optional=False)
        check_labels(notes, array.shape[1], f"{what} and with notes")
        check_categories(array, categories)
        if not 0 <= frame < max(len(array), 1):
            raise ValueError(f"Frame {frame} does not exist: there are {len(array)}, counted from 0.")
        if wrong := [mark for mark in marks if not 0 <= mark < len(tokens)]:
            raise ValueError(f"There is no token {wrong[0]} to mark: there are {len(tokens)}, counted from 0.")
        palette = palette or self.palette
        ends = colour_range(array, low, high, palette)
        with self.hold_sync():
            self.palette = palette  # first: traitlets refuses an unknown one, and the last picture stays
            self.value_axis = self.value_axis if value_axis is None else value_axis
            self.tokens = visible_all(tokens)
            self.notes = [note and shown for note, shown in zip(notes, visible_all(notes), strict=True)]
            self.categories = visible_all(categories)
            self.marks = sorted(marks)
            self.data = array.tobytes()
            self.frames = len(array)
            self.frame = frame
            self.low, self.high = ends
            self.title = self.title if title is None else title
            self.selected = min(self.selected, len(tokens) - 1)
        return self


def check_categories(array: np.ndarray, categories: Sequence[str]) -> None:
    """Raise one sentence when there are categories, and not every value is the number of one."""
    if len(categories) > MOST_CATEGORIES:
        raise ValueError(f"A token strip tells {MOST_CATEGORIES} categories apart, and got {len(categories)}.")
    if categories and not np.isin(array, np.arange(len(categories))).all():
        wrong = array[~np.isin(array, np.arange(len(categories)))][0]
        raise ValueError(f"There are {len(categories)} categories, counted from 0, and none is {wrong:g}.")
