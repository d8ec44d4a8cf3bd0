"""The base of every explorer.

An explorer's *state* is its own traits (``text``, ``a_h``, …). Its controls are linked to them, and
``update`` is a pure function from the state to what each instrument shows. So a test, or a curious
student in a cell, sets a trait and reads the instruments, without a browser:

>>> panel = GradientDecay()
>>> panel.a_h = 1.1
>>> panel.chart.line(0)[100]

What the base adds: a burst of changes from the page is answered once, with the last state; the busy sign;
an error becomes a sentence in the message line, and the last good picture stays.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ipywidgets as ipw
import traitlets as t

from widgets.instruments.instrument import Instrument
from widgets.instruments.status_line import StatusLine

log = logging.getLogger(__name__)
PAUSE = 0.004
"""Seconds to wait for more of a burst before answering it."""


class Explorer(ipw.VBox):
    """A panel of controls and instruments. A subclass

    * declares its state as traits tagged ``state=True``, and ``name``, its heading;
    * makes its instruments as attributes and hands its controls and a layout to ``__init__``;
    * returns from ``update`` what each instrument shows, by the name of its attribute.
    """

    name = "Explorer"

    def __init__(self, controls: Mapping[str, ipw.Widget], instruments: list[Instrument], **state: object) -> None:
        self.status = StatusLine(title=self.name)
        self.controls = dict(controls)
        self._pending: asyncio.TimerHandle | None = None
        self._together, self._owed = 0, False
        heading = ipw.HTML(f"<h4 class='unrolled-title'>{self.name}</h4>")  # a constant of ours, never user text
        top = ipw.Box(list(self.controls.values()))
        panel = ipw.Box(instruments)
        super().__init__([heading, top, panel, self.status])
        self.add_class("unrolled-explorer")
        top.add_class("unrolled-controls")
        panel.add_class("unrolled-panel")
        for instrument in instruments:
            if not instrument.layout.width:
                instrument.layout.width = "100%"
        for name, value in state.items():
            self._check_state(name)
            setattr(self, name, value)
        for name, control in self.controls.items():
            if name in self.state():
                t.link((self, name), (control, "value"))
        self.observe(self._on_state, self.state())
        self.refresh()

    @classmethod
    def state(cls) -> list[str]:
        """Return the names of the traits that make up the state."""
        return list(cls.class_trait_names(state=True))

    def update(self) -> dict[str, dict]:
        """Return, for each instrument by name, the arguments of its ``show``. No side effects.

        A ``"note"`` among them is a sentence for the message line. A ``ValueError`` becomes an error there.
        """
        raise TypeError(f"{type(self).__name__} must say in update() what its instruments show.")

    def link_cursors(self) -> None:
        """Called when a picture is on view. A panel whose views follow each other moves their cursors here."""

    def refresh(self) -> None:
        """Answer the state of this moment: compute, then show. An error leaves the last picture."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        self.status.busy = True
        try:
            picture = self.update()
            note = picture.pop("note", "")
            for name, content in picture.items():
                getattr(self, name).show(**content)
            self.link_cursors()
            self.tell(note, "note")
        except ValueError as error:  # a sentence of ours, meant for the student
            self.tell(str(error))
        except Exception as error:  # anything else is a fault of ours; say so, keep the trace in the log
            log.exception("%s could not answer", type(self).__name__)
            self.tell(
                f"This panel could not answer ({type(error).__name__}: {error}). The picture is the last good one. "
                "Change a control to go on; if it happens again, please report it."
            )
        finally:
            self.status.busy = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Set several parts of the state in the block; they are answered once, at its end."""
        self._together += 1
        try:
            yield
        finally:  # what was set before an error is answered, too
            self._together -= 1
            if self._together == 0 and self._owed:
                self._on_state()

    def tell(self, sentence: str, kind: str = "error") -> None:
        """Put one sentence into the message line: an "error" or a "note"."""
        with self.status.hold_sync():
            self.status.message = sentence
            self.status.kind = kind

    def _check_state(self, name: str) -> None:
        if name not in self.state():
            raise TypeError(f"{type(self).__name__} has no state {name!r}; it has {', '.join(self.state())}.")

    def _on_state(self, _change: t.Bunch | None = None) -> None:
        """Answer at once in a cell or a test; for messages from the page, wait for the end of the burst."""
        self._owed = self._together > 0
        if self._owed:
            return
        loop = loop_of_a_message()
        if loop is None:
            self.refresh()
        elif self._pending is None:
            self._pending = loop.call_later(PAUSE, self.refresh)

    def _repr_mimebundle_(self, **kwargs: object) -> dict:
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = f"{self.name}: run this cell in JupyterLab to use it."
        return bundle


def loop_of_a_message() -> asyncio.AbstractEventLoop | None:
    """Return the kernel's loop when it is handling a message from a control, and None otherwise."""
    try:
        loop = asyncio.get_running_loop()
        from IPython import get_ipython

        parent = get_ipython().kernel.get_parent("shell")
    except (RuntimeError, ImportError, AttributeError):
        return None
    return loop if parent.get("header", {}).get("msg_type", "").startswith("comm_") else None
