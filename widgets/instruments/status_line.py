"""The line under every explorer: what went wrong, whether it is busy, and a button that keeps a picture."""

import traitlets as t

from widgets.instruments.instrument import Instrument


class StatusLine(Instrument, script="status_line"):
    """The message line of an explorer.

    In the page it also gives the explorer's controls (sliders of ipywidgets have none) their names for a
    screen reader, and draws the whole panel as a PNG when the button is pressed.
    """

    message = t.Unicode("").tag(sync=True)
    kind = t.Enum(["error", "note"], "error").tag(sync=True)
    """An error is announced at once (role="alert"); a note waits until the reader is free."""
    busy = t.Bool(False).tag(sync=True)
    """The page shows the sign when this stays true for more than 100 ms."""
