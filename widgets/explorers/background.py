"""The base of a panel with work that takes long: it comes in bites, and Stop is heard between two of them.

The work is a generator. Each bite of it changes what the panel keeps, and the picture follows. In a notebook it goes on
in the background; in a test, where nobody could press a button meanwhile, it is done at once.
"""

import asyncio
import logging
from collections.abc import Generator, Sequence

import ipywidgets as ipw
import traitlets as t

from widgets.explorers.explorer import Explorer

log = logging.getLogger(__name__)
REST = 0.01
"""Seconds between two bites, in which the kernel hears the buttons and the picture is drawn."""


class BackgroundPanel(Explorer):
    """An explorer that can be at work. Its buttons call ``begin`` with the work, and ``stop``."""

    come = t.Int(0).tag(state=True)
    """Bites that have come in since the panel was opened; the picture follows it."""
    running = t.Bool(False)

    _task: asyncio.Task | None = None

    def keep_together(self, names: Sequence[str]) -> None:
        """Put these controls into one row, whose parts never part at the end of a line."""
        row = ipw.HBox([self.controls[name] for name in names], layout={"overflow": "visible"})
        others = [control for name, control in self.controls.items() if name not in names[1:]]
        place = others.index(self.controls[names[0]])
        self.children[1].children = [*others[:place], row, *others[place + 1 :]]

    def begin(self, work: Generator[None, None, None]) -> None:
        """Do this work, and no longer any that was begun before. A ValueError in it is a sentence for the student."""
        self.running = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop: nobody could press a button meanwhile
            asyncio.run(self._in_bites(work))
        else:
            self._task = loop.create_task(self._in_bites(work))

    def stop(self) -> None:
        """Stop after the bite that is running. What has come is kept."""
        self.running = False

    async def _in_bites(self, work: Generator[None, None, None]) -> None:
        me = self._task = asyncio.current_task()
        trouble = ""
        try:
            while self.running and self._task is me:
                self.status.busy = True
                ended = next(work, self) is self
                self.status.busy = False
                if ended:
                    break
                self.come += 1
                await asyncio.sleep(REST)
        except ValueError as error:
            trouble = str(error)
        except Exception as error:
            log.exception("The work of %s stopped", type(self).__name__)
            trouble = f"The work stopped ({type(error).__name__}: {error}). What has come so far is kept."
        finally:
            work.close()
            if self._task is me:
                self.running = self.status.busy = False
                if trouble:
                    self.tell(trouble)
