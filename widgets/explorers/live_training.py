"""Lesson 01: train an RNN on a task with a lag, live; stop it, look, and go on.

The training is ``lessons.recurrent.experiments.recall_training``, the same that a cell of the notebook would
run. Here it is taken in short bites between which the kernel answers the buttons.
"""

import asyncio
import logging
import math
import time

import plotly.graph_objects as go
import traitlets as t

from lessons.checks.wording import number
from lessons.core.seed import generator
from lessons.core.training import Record, Training, TrainingDiverged
from lessons.recurrent.experiments import BATCH, SYMBOLS, recall_reach, recall_training
from lessons.recurrent.tasks import recall, recall_accuracy
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart, log_axis

log = logging.getLogger(__name__)
BITE = 0.08
"""Seconds of training between two looks at the buttons."""
MOST_POINTS = 400
"""Points of a curve that are drawn; a longer history is thinned."""


def loss_figure(history: list[Record]) -> go.Figure:
    """Return the loss by step, and the loss of knowing nothing."""
    thinned = history[:: max(1, len(history) // MOST_POINTS)]
    figure = go.Figure()
    figure.add_scatter(x=[r.step for r in thinned], y=[r.loss for r in thinned], name="loss", mode="lines")
    ends = [1, max(2, len(history))]
    name = f"knowing nothing: ln {SYMBOLS}"
    figure.add_scatter(x=ends, y=[math.log(SYMBOLS)] * 2, name=name, mode="lines", line_dash="dash")
    figure.update_layout(xaxis_title="step of the training", yaxis_title="loss", yaxis_rangemode="tozero")
    return figure


def reach_figure(history: list[Record], looks: list[tuple[int, float, float]]) -> go.Figure:
    """Return three norms by step: of all weights' gradient, and of what arrives at the last and the first state."""
    thinned = history[:: max(1, len(history) // MOST_POINTS)]
    norms = [r.gradient_norm for r in thinned]
    steps, first, last = ([look[i] for look in looks] for i in range(3))
    figure = go.Figure()
    figure.add_scatter(x=[r.step for r in thinned], y=norms, name="all weights, before clipping", mode="lines")
    figure.add_scatter(x=steps, y=last, name="at the last state", mode="lines+markers", line_dash="dash")
    figure.add_scatter(x=steps, y=first, name="at the first state", mode="lines+markers", line_dash="dot")
    axis = log_axis(norms, first, last) | {"title": "norm of the gradient"}
    figure.update_layout(xaxis_title="step of the training", yaxis=axis)
    return figure


class LiveTraining(Explorer):
    """Choose a lag, press Train, and see whether the RNN learns to remember for so long."""

    name = "Train an RNN to remember"
    lag = t.Int(5, min=1, max=80).tag(state=True)
    seed = t.Int(0, min=0, max=9).tag(state=True)
    done = t.Int(0).tag(state=True)
    """Steps taken so far."""
    running = t.Bool(False)

    def __init__(self, **state: object) -> None:
        self.loss = Chart(title="Loss", height=260)
        self.reach = Chart(title="Norm of the gradient: of the weights, and where it arrives", height=280)
        self._task: asyncio.Task | None = None
        self._renew()
        parts = {
            "lag": controls.slider("Lag, in blanks", self.lag, 1, 80, 1),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
            "train": controls.button("Train", "Train, or go on training"),
            "stop": controls.button("Stop", "Stop after this step; Train goes on from there"),
            "again": controls.button("Start afresh", "Forget what was learned"),
        }
        self.observe(self._renew, ["lag", "seed"])
        super().__init__(parts, [self.loss, self.reach], **state)
        parts["train"].on_click(lambda _: self.train())
        parts["stop"].on_click(lambda _: self.stop())
        parts["again"].on_click(lambda _: (self._renew(), self.refresh()))
        self.observe(self._set_buttons, ["running", "done"])
        self._set_buttons()

    def update(self) -> dict[str, dict]:
        """Show the two curves, and in words how well fresh sequences are answered."""
        history = self.run.history[: self.done]
        summary = f"Lag {self.lag}, seed {self.seed}: no step is taken yet. Press Train."
        reach = ""
        if self.looks:
            summary = (
                f"Step {self.done} of {self.run.steps}: loss {history[-1].loss:.3f}; on 500 fresh sequences "
                f"{self.accuracy:.0%} of the answers are right (by chance: {1 / SYMBOLS:.1%})."
            )
            _, first, last = self.looks[-1]
            reach = f"At the last state arrives a gradient of {number(last)}, at the first state {number(first)}."
        return {
            "loss": dict(figure=loss_figure(history), summary=summary),
            "reach": dict(figure=reach_figure(history, self.looks), summary=reach),
        }

    def train(self) -> None:
        """Train until done or stopped: in the background of a notebook, at once in a test."""
        if self.running or self.done >= self.run.steps:
            return
        self.running = True
        try:
            self._task = asyncio.get_running_loop().create_task(self._in_bites())
        except RuntimeError:  # no loop: nobody could press a button meanwhile
            asyncio.run(self._in_bites())

    def stop(self) -> None:
        """Stop after the step that is running. What was learned is kept."""
        self.running = False

    async def _in_bites(self) -> None:
        run = self.run
        try:
            while self.running and run is self.run and run.done < run.steps:
                self._bite(run)
                self._look(run)
                await asyncio.sleep(0.01)
        except TrainingDiverged as error:
            self.tell(str(error))
        except Exception as error:
            log.exception("The training stopped")
            self.tell(f"The training stopped ({type(error).__name__}: {error}). Press “Start afresh”.")
        finally:
            if run is self.run:
                self.running = False

    def _bite(self, run: Training) -> None:
        until = time.monotonic() + BITE
        while run.done < run.steps and time.monotonic() < until:
            run.step()

    def _look(self, run: Training) -> None:
        self.accuracy = recall_accuracy(run.model, recall(generator(1), 500, self.lag, SYMBOLS))
        reach = recall_reach(run.model, recall(generator(1), BATCH, self.lag, SYMBOLS))
        self.looks = [*self.looks, (run.done, *reach)]
        self.done = run.done

    def _renew(self, _change: object = None) -> None:
        """Start afresh: new weights, no history."""
        self.running = False
        self.run = recall_training(self.lag, self.seed)
        self.accuracy = 0.0
        self.looks: list[tuple[int, float, float]] = []
        self.done = 0

    def _set_buttons(self, _change: object = None) -> None:
        finished = self.done >= self.run.steps
        self.controls["train"].disabled = self.running or finished
        self.controls["train"].description = "Go on" if 0 < self.done < self.run.steps else "Train"
        self.controls["stop"].disabled = not self.running
