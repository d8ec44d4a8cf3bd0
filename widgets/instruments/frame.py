"""A frame: a page that somebody else has written, shut in. Its scripts run, and cannot touch the notebook around it.

The browser keeps it in through two rules. The frame's *sandbox* gives the page an origin of its own: it cannot read or
change the notebook, open a window, or send a form. The page's *content security policy* lets it load nothing from any
host. Neither rule hinders a script from sending its own frame to another address, or from keeping the computer busy. So
a frame is for pages whose scripts are known, and what a user has written stands in them as text.
"""

import traitlets as t

from widgets.instruments.instrument import Instrument

HEAD = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n"
    "<style>body { margin: 8px; background: white; }</style></head>\n"
)


class Frame(Instrument, script="frame"):
    """A page in a sandbox. The page is drawn for white paper; in the dark theme its lightness is turned round."""

    page = t.Bytes(b"").tag(sync=True)
    """The page, as UTF-8. Travels as a buffer; by default the notebook's file does not keep it."""
    height = t.Int(480).tag(sync=True)
    """Height in pixels; what is larger scrolls inside the frame."""
    note = t.Unicode("").tag(sync=True)
    """How to use the page, in a sentence above it."""

    def show(self, body: str, *, title: str | None = None, note: str | None = None) -> "Frame":
        """Show a page. ``body`` is its markup with its scripts, ``title`` the name of the frame.

        Whoever calls this answers for the markup: what a user has written must stand in it as text.
        """
        with self.hold_sync():
            self.page = (HEAD + body).encode()
            self.title = self.title if title is None else title
            self.note = self.note if note is None else note
        return self
