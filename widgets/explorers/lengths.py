"""Lesson 04: train short, test long. Six models that differ in their positions alone read beyond their length."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import plotly.graph_objects as go
import traitlets as t

from lessons import zoo
from lessons.checks.wording import number
from lessons.positions.encodings import ENCODINGS, TITLES
from lessons.positions.length import TIMES, LengthRow, loss_by_position
from lessons.positions.model import PositionedModel
from lessons.text.tale import TALE
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.text import visible

LONGEST = 5000
"""Characters of a text that are used."""
WINDOWS = 32
"""Pieces of the text that are read. They overlap in a short text."""
STRETCHES = 4
"""Points of a line in each length of training: single positions jump up and down too much."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

Models = Mapping[str, Callable[[], PositionedModel]]


def length_figure(rows: Mapping[str, LengthRow], shown: set[str], context: int, times: int) -> go.Figure:
    """Return the loss along a window, a line for each encoding, and a mark where the length of training ends.

    A line that is not shown stays, empty: so every other one keeps its colour.
    """
    figure, step = go.Figure(), max(1, context // STRETCHES)
    drawn = []
    for (name, row), dash in zip(rows.items(), DASHES, strict=True):
        loss = row.by_position[: times * context] if name in shown else row.by_position[:0]
        loss = loss[: len(loss) // step * step].view(-1, step).mean(dim=1)  # [time] -> [time/step]
        middle = [step * i + (step + 1) / 2 for i in range(len(loss))]
        drawn += loss.tolist()
        line = {"dash": dash, "width": 2.5}
        figure.add_scatter(x=middle, y=loss.numpy(), name=TITLES[name], mode="lines", line=line)
    ends = [min(drawn), max(drawn)] if drawn else [0.0, 1.0]
    figure.add_scatter(
        x=[context, context], y=ends, name=f"length of training: {context}", mode="lines",
        line={"color": "#808080", "width": 1.5},
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "character of the window", "range": [0, times * context]}, yaxis_title="nats a character"
    )
    return figure


class Lengths(Explorer):
    """Choose how far the models read, and which of them to compare, on our tale or on a text of your own.

    ``models`` maps each of ``ENCODINGS`` to a function that gives its model. Left out, they are those in the box.
    """

    name = "Beyond the length of training"
    text = t.Unicode(TALE).tag(state=True)
    times = t.Enum(TIMES, TIMES[-1]).tag(state=True)
    """How many times the length of training is read."""
    none, sinusoidal, learned, relative, rotary, alibi = (t.Bool(True).tag(state=True) for _ in ENCODINGS)

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = {name: partial(zoo.load, f"lengths-{name}") for name in ENCODINGS} if models is None else models
        self._loaded = lru_cache(maxsize=None)(lambda name: self._models[name]())
        self._measured = lru_cache(maxsize=4 * len(ENCODINGS))(self._measure)
        self.chart = Chart(title="Loss along the window, lower is better", height=340)
        self.bars = Bars(label_axis="the model has", value_axis="nats a character")
        parts = {
            "text": controls.area("Your text, read when you leave the field", self.text, rows=3),
            "times": controls.steps("Window", [(f"{times} L", times) for times in TIMES], self.times),
            **{name: controls.toggle(TITLES[name], True) for name in ENCODINGS},
        }
        parts["text"].continuous_update = False  # six models read it: not at every key
        super().__init__(parts, [self.chart, self.bars], **state)

    def rows(self) -> dict[str, LengthRow]:
        """Return what every model loses on the text. ValueError, in a sentence, when it is too short."""
        context = self._model(ENCODINGS[0]).config.context
        needed = TIMES[-1] * context + 1
        if len(self.text) < needed:
            raise ValueError(
                f"Your text has {len(self.text)} characters. It takes {needed} or more: a window of {TIMES[-1]} times "
                f"the length of training, {context}, and one character to predict."
            )
        return {name: self._measured(name, self.text[:LONGEST]) for name in ENCODINGS}

    def update(self) -> dict[str, dict]:
        """Show the loss by position, and the mean over windows of the chosen length."""
        rows = self.rows()
        context = rows[ENCODINGS[0]].context
        shown = [name for name in ENCODINGS if getattr(self, name)]
        asked = [name for name in shown if rows[name].nats(self.times) is not None]
        compared = dict.fromkeys((1, self.times))  # once, when the window is that of training
        values = [[rows[name].nats(times) for name in asked] for times in compared]
        series = [f"{times * context} characters" for times in compared]
        means = ", ".join(f"{TITLES[name]} {number(rows[name].nats(self.times))}" for name in asked)
        return {
            "chart": dict(
                figure=length_figure(rows, set(shown), context, self.times),
                summary=f"Mean over {self.times * context} characters: {means or 'no model is chosen'}.",
            ),
            "bars": dict(
                labels=[TITLES[name] for name in asked], values=values, series=series, low=0.0,
                title=f"Mean loss over whole windows; in training they had {context} characters",
            ),
            "note": self._note([name for name in shown if name not in asked], context),
        }  # fmt: skip

    def _model(self, name: str) -> PositionedModel:
        try:
            return self._loaded(name)
        except (RuntimeError, OSError) as error:
            raise ValueError(str(error)) from error

    def _measure(self, name: str, text: str) -> LengthRow:
        model = self._model(name)
        return LengthRow(TITLES[name], model.config.context, loss_by_position(model, text, WINDOWS))

    def _note(self, silent: list[str], context: int) -> str:
        count = len(self.text)
        cut = f"Your text has {count:,} characters. This panel reads the first {LONGEST:,}. " * (count > LONGEST)
        if unknown := self._model(ENCODINGS[0]).vocabulary.unknown(self.text[:LONGEST]):
            cut += f"The models do not know {', '.join(map(visible, unknown[:5]))}: they read □ there. "
        ends = "".join(f"The model with {TITLES[name]} cannot be asked beyond {context}. " for name in silent)
        return (cut + ends).strip()
