"""Lesson 01: train an RNN on a task with a lag, live; stop it, look, and go on.

The training is ``lessons.recurrent.experiments.recall_training``, the same that a cell of the notebook would
run. Here it is taken in short bites between which the kernel answers the buttons.
"""

import asyncio
import math
import time

import plotly.graph_objects as go
import traitlets as t

from lessons.core.seed import generator
from lessons.core.training import Record, Training, TrainingDiverged
from lessons.recurrent.experiments import SYMBOLS, recall_training
from lessons.recurrent.tasks import recall, recall_accuracy
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart, log_axis

BITE = 0.08
"""Seconds of training between two looks at the buttons."""
MOST_POINTS = 400
"""Points of a curve that are drawn; a longer history is thinned."""


def curve_figure(history: list[Record], what: str, title: str, level: tuple[str, float] | None = None) -> go.Figure:
    """Return one curve of a training; ``level`` is a named horizontal line to compare with."""
    thinned = history[:: max(1, len(history) // MOST_POINTS)]
    figure = go.Figure()
    steps = [record.step for record in thinned]
    figure.add_scatter(x=steps, y=[getattr(record, what) for record in thinned], name=title, mode="lines")
    if level:
        ends = [1, max(2, history[-1].step if history else 2)]
        figure.add_scatter(x=ends, y=[level[1]] * 2, name=level[0], mode="lines", line_dash="dash")
    figure.update_layout(xaxis_title="step of the training", yaxis_title=title, showlegend=True)
    if what == "gradient_norm":
        figure.update_layout(yaxis=log_axis([getattr(record, what) for record in thinned]) | {"title": title})
    else:
        figure.update_layout(yaxis_rangemode="tozero")
    return figure


class LiveTraining(Explorer):
    """Choose a lag, press Train, and see whether the RNN learns to remember for so long."""

    name = "Train an RNN to remember"
    lag = t.Int(5, min=1, max=80).tag(state=True)
    seed = t.Int(0, min=0).tag(state=True)
    done = t.Int(0).tag(state=True)
    """Steps taken so far."""
    running = t.Bool(False)

    def __init__(self, **state: object) -> None:
        self.loss = Chart(title="Loss", height=260)
        self.norm = Chart(title="Norm of the gradient, before clipping", height=260)
        self.accuracy = 0.0
        self._task: asyncio.Task | None = None
        self._renew()
        parts = {
            "lag": controls.slider("Lag: blanks between symbol and answer", self.lag, 1, 80, 1),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
            "train": controls.button("Train", "Train, or go on training"),
            "stop": controls.button("Stop", "Stop after this step; Train goes on from there"),
            "again": controls.button("Start afresh", "Forget what was learned"),
        }
        self.observe(self._renew, ["lag", "seed"])
        super().__init__(parts, [self.loss, self.norm], **state)
        parts["train"].on_click(lambda _: self.train())
        parts["stop"].on_click(lambda _: self.stop())
        parts["again"].on_click(lambda _: self._renew())
        self.observe(self._set_buttons, ["running", "done"])
        self._set_buttons()

    def update(self) -> dict[str, dict]:
        """Show the two curves, and in words how well fresh sequences are answered."""
        history = self.run.history[: self.done]
        chance = (f"knowing nothing: ln {SYMBOLS}", math.log(SYMBOLS))
        summary = f"Lag {self.lag}, seed {self.seed}: no step is taken yet. Press Train."
        if history:
            summary = (
                f"Step {self.done} of {self.run.steps}: loss {history[-1].loss:.3f}; on 500 fresh sequences "
                f"{self.accuracy:.0%} of the answers are right (by chance: {1 / SYMBOLS:.0%})."
            )
        return {
            "loss": dict(figure=curve_figure(history, "loss", "loss (cross-entropy in nats)", chance), summary=summary),
            "norm": dict(figure=curve_figure(history, "gradient_norm", "norm of the gradient"), summary=""),
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
        finally:
            if run is self.run:
                self.running = False

    def _bite(self, run: Training) -> None:
        until = time.monotonic() + BITE
        while run.done < run.steps and time.monotonic() < until:
            run.step()

    def _look(self, run: Training) -> None:
        self.accuracy = recall_accuracy(run.model, recall(generator(1), 500, self.lag, SYMBOLS))
        self.done = run.done

    def _renew(self, _change: object = None) -> None:
        """Start afresh: new weights, no history."""
        self.running = False
        self.run = recall_training(self.lag, self.seed)
        self.accuracy = 0.0
        self.done = 0

    def _set_buttons(self, _change: object = None) -> None:
        finished = self.done >= self.run.steps
        self.controls["train"].disabled = self.running or finished
        self.controls["train"].description = "Go on" if 0 < self.done < self.run.steps else "Train"
        self.controls["stop"].disabled = not self.running
