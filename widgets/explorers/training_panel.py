"""The base of a panel that trains: Train, Stop, Go on, Start afresh.

The training is one of ``lessons``, the same that a cell of the notebook would run. Here it is taken in short bites
between which the kernel answers the buttons. From time to time the panel looks at the model, and shows what it saw.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import ipywidgets as ipw
import traitlets as t

from lessons.core.training import Record, TrainingDiverged
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.instrument import Instrument

log = logging.getLogger(__name__)
MOST_POINTS = 400
"""Points of a curve that are drawn; a longer history is thinned."""


class Run(Protocol):
    """What a panel needs of a ``lessons.core.training.Training``, or of several that go side by side."""

    steps: int  # how many there are in all
    history: list  # what each step had to tell

    @property
    def done(self) -> int:
        """Steps taken so far."""

    def step(self) -> object:
        """Take one step."""


class TrainingPanel(Explorer):
    """An explorer with a training in it. A subclass

    * returns from ``fresh`` a new training, as its state says; names in ``settings`` the state that starts it afresh,
      whose controls stand in front of the buttons, and all others behind them;
    * returns from ``look`` what it wants to keep of the model of this moment; ``looks`` has all of it, in order;
    * says in ``every`` after how many steps it looks, 0 for after every bite.

    ``update`` shows ``looks`` and what the training has recorded in the first ``done`` steps.
    """

    settings: Sequence[str] = ("seed",)
    every = 0
    bite = 0.08
    """Seconds of training between two looks at the buttons; each ends in a new picture."""
    done = t.Int(0).tag(state=True)
    """Steps taken so far."""
    running = t.Bool(False)

    def __init__(self, parts: Mapping[str, ipw.Widget], instruments: list[Instrument], **state: object) -> None:
        self._task: asyncio.Task | None = None
        self._run: Run | None = None
        self.looks: list = []
        buttons = {
            "train": controls.button("Train", "Train, or go on training"),
            "stop": controls.button("Stop", "Stop after this step; Train goes on from there"),
            "again": controls.button("Start afresh", "Forget what was learned"),
        }
        self.observe(self._renew, list(self.settings))
        first = {name: parts[name] for name in self.settings if name in parts}
        super().__init__({**first, **buttons, **parts}, instruments, **state)
        row = ipw.HBox(list(buttons.values()), layout={"overflow": "visible"})  # they never part at the end of a line
        others = [part for name, part in parts.items() if name not in first]
        self.children[1].children = [*first.values(), row, *others]
        buttons["train"].on_click(lambda _: self.train())
        buttons["stop"].on_click(lambda _: self.stop())
        buttons["again"].on_click(lambda _: self.start_afresh())
        self.observe(self._set_buttons, ["running", "done"])
        self._set_buttons()

    def fresh(self) -> Run:
        """Return a new training. ValueError, RuntimeError or OSError, with a sentence, where there can be none."""
        raise TypeError(f"{type(self).__name__} must say in fresh() what it trains.")

    def look(self, run: Run) -> object:
        """Return what to keep of the model of this moment."""
        raise TypeError(f"{type(self).__name__} must say in look() what it looks at.")

    @property
    def run(self) -> Run:
        """The training of this moment; the first to ask for it makes it. ValueError, in a sentence, if it cannot be."""
        if self._run is None:
            try:
                self._run = self.fresh()
            except (RuntimeError, OSError) as error:
                raise ValueError(str(error)) from error
        return self._run

    @property
    def history(self) -> list:
        """What the training has recorded so far; empty where there is none yet, which is then not made."""
        return [] if self._run is None else self._run.history[: self.done]

    def train(self) -> None:
        """Train until done or stopped: in the background of a notebook, at once in a test."""
        if self.running:
            return
        self.status.busy = True  # a new training may have to write its data first
        try:
            finished = self.done >= self.run.steps
        except ValueError as error:
            self.tell(str(error))
            return
        finally:
            self.status.busy = False
        if finished:
            return
        self.running = True
        try:
            self._task = asyncio.get_running_loop().create_task(self._in_bites())
        except RuntimeError:  # no loop: nobody could press a button meanwhile
            asyncio.run(self._in_bites())

    def stop(self) -> None:
        """Stop after the step that is running. What was learned is kept."""
        self.running = False

    def start_afresh(self) -> None:
        """Forget what was learned."""
        self._renew()
        self.refresh()

    async def _in_bites(self) -> None:
        run, me = self.run, asyncio.current_task()
        self._task = me  # who presses Stop and Train at once has two: the older one ends
        try:
            if self.every and not self.looks:
                self.looks = [self.look(run)]  # before the first step
            while self.running and self._task is me and run.done < run.steps:
                self._bite(run)
                self.done = run.done
                await asyncio.sleep(0.01)
        except TrainingDiverged as error:
            self.tell(str(error))
        except Exception as error:
            log.exception("The training stopped")
            self.tell(f"The training stopped ({type(error).__name__}: {error}). Press “Start afresh”.")
        finally:
            if self._task is me:
                self.running = False

    def _bite(self, run: Run) -> None:
        """Train for a moment, or until it is time to look."""
        until = time.monotonic() + self.bite
        while run.done < run.steps and time.monotonic() < until:
            run.step()
            if self.every and run.done % self.every == 0:
                break
        if not self.every or run.done % self.every == 0 or run.done == run.steps:
            self.looks = [*self.looks, self.look(run)]

    def _renew(self, _change: object = None) -> None:
        """Another run, when somebody asks for it, and no history."""
        self.running = False
        self._run = None
        self.looks = []
        self.done = 0

    def _set_buttons(self, _change: object = None) -> None:
        finished = self._run is not None and self.done >= self._run.steps
        self.controls["train"].disabled = self.running or finished
        self.controls["train"].description = "Go on" if self.done > 0 and not finished else "Train"
        self.controls["stop"].disabled = not self.running


def thinned(history: Sequence[Record]) -> Sequence[Record]:
    """Return at most some ``MOST_POINTS`` of the records, evenly."""
    return history[:: max(1, len(history) // MOST_POINTS)]
