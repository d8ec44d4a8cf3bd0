"""Lesson 01: train an RNN on a task with a lag, live; stop it, look, and go on.

The training is ``lessons.recurrent.experiments.recall_training``, the same that a cell of the notebook would run.
"""

import math

import plotly.graph_objects as go
import traitlets as t

from lessons.checks.wording import number
from lessons.core.seed import generator
from lessons.core.training import Record, Training
from lessons.recurrent.experiments import BATCH, SYMBOLS, recall_reach, recall_training
from lessons.recurrent.tasks import recall, recall_accuracy
from widgets import controls
from widgets.explorers.training_panel import TrainingPanel, thinned
from widgets.instruments.chart import Chart, log_axis


def loss_figure(history: list[Record]) -> go.Figure:
    """Return the loss by step, and the loss of knowing nothing."""
    drawn = thinned(history)
    figure = go.Figure()
    figure.add_scatter(x=[r.step for r in drawn], y=[r.loss for r in drawn], name="loss", mode="lines")
    ends = [1, max(2, len(history))]
    name = f"knowing nothing: ln {SYMBOLS}"
    figure.add_scatter(x=ends, y=[math.log(SYMBOLS)] * 2, name=name, mode="lines", line_dash="dash")
    figure.update_layout(xaxis_title="step of the training", yaxis_title="loss", yaxis_rangemode="tozero")
    return figure


def reach_figure(history: list[Record], looks: list[tuple[int, float, float]]) -> go.Figure:
    """Return three norms by step: of all weights' gradient, and of what arrives at the last and the first state."""
    drawn = thinned(history)
    norms = [r.gradient_norm for r in drawn]
    steps, first, last = ([look[i] for look in looks] for i in range(3))
    figure = go.Figure()
    figure.add_scatter(x=[r.step for r in drawn], y=norms, name="all weights, before clipping", mode="lines")
    figure.add_scatter(x=steps, y=last, name="at the last state", mode="lines+markers", line_dash="dash")
    figure.add_scatter(x=steps, y=first, name="at the first state", mode="lines+markers", line_dash="dot")
    axis = log_axis(norms, first, last) | {"title": "norm of the gradient"}
    figure.update_layout(xaxis_title="step of the training", yaxis=axis)
    return figure


class LiveTraining(TrainingPanel):
    """Choose a lag, press Train, and see whether the RNN learns to remember for so long."""

    name = "Train an RNN to remember"
    settings = ("lag", "seed")
    lag = t.Int(5, min=1, max=80).tag(state=True)
    seed = t.Int(0, min=0, max=9).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.loss = Chart(title="Loss", height=260)
        self.reach = Chart(title="Norm of the gradient: of the weights, and where it arrives", height=280)
        parts = {
            "lag": controls.slider("Lag, in blanks", self.lag, 1, 80, 1),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
        }
        super().__init__(parts, [self.loss, self.reach], **state)

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

    def fresh(self) -> Training:
        """Return a training with new weights."""
        return recall_training(self.lag, self.seed)

    def look(self, run: Training) -> tuple[int, float, float]:
        """Return the step, and the gradients that arrive at the first and the last state; measure the accuracy."""
        self.accuracy = recall_accuracy(run.model, recall(generator(1), 500, self.lag, SYMBOLS))
        return (run.done, *recall_reach(run.model, recall(generator(1), BATCH, self.lag, SYMBOLS)))
