"""Lesson 07: accuracy against the number of steps, for the answer at once and for a chain of thought (Wei et al. 2022).

The small reasoner is asked live, about problems that it was never trained on. It learned both ways to answer, from
stories of 1 to 6 events; those of 7 and 8 show what it does where the training stopped.
"""

from collections.abc import Callable, Generator, Mapping
from functools import cache

import plotly.graph_objects as go
import traitlets as t
from torch import nn

from lessons.core.bootstrap import Interval, bootstrap
from lessons.reasoning.problems import MOST_EVENTS, TRAINED_EVENTS
from lessons.reasoning.prompts import WAYS
from lessons.reasoning.reasoner import Reply, ask
from widgets import controls
from widgets.explorers.background import BackgroundPanel
from widgets.explorers.intervals import add_line
from widgets.explorers.reasoner import KEY, LARGEST_SEED, MOST_PROBLEMS, Reasoner, reply_passage
from widgets.instruments.chart import Chart
from widgets.instruments.passages import Passages

LENGTHS = range(1, MOST_EVENTS + 1)
BITE = 10
"""Problems that are asked at once; the buttons are heard in between."""
MORE = (10, 20, 50)
NAMES = {"direct": "direct", "chain": "with a chain of thought"}
STYLES = {"direct": ("dot", "square"), "chain": ("solid", "circle")}
"""Dash and symbol of each line."""

Counts = Mapping[tuple[int, str], tuple[int, int]]
"""Events and way -> right answers, and all answers."""


class ReasoningSteps(BackgroundPanel):
    """Ask the reasoner about fresh problems of 1 to 8 events, see the two curves grow, and read what it answered.

    ``model`` returns a model with the reasoner's tokenizer; left out, it is the zoo's ``reasoner``.
    """

    name = "Accuracy against the number of steps, live"
    seed = t.Int(0, min=0, max=LARGEST_SEED).tag(state=True)
    """Of the problems. Another one forgets the answers."""
    more = t.Enum(MORE, 20).tag(state=True)
    """Problems of every length that one press asks."""
    events = t.Int(4, min=1, max=MOST_EVENTS).tag(state=True)
    """Events of the problem that is shown."""
    problem = t.Int(1, min=1, max=MOST_PROBLEMS).tag(state=True)
    """Which problem of this length is shown, counted from 1."""

    def __init__(self, model: Callable[[], nn.Module] | None = None, **state: object) -> None:
        self._reasoner = Reasoner(model)
        self._replies: dict[tuple[int, str], list[Reply]] = {}
        self._single: dict[tuple[int, int, str], Reply] = {}
        self.chart = Chart(title="Right answers, with 95% bootstrap intervals", height=340)
        self.answers = Passages(columns=2, height=520)
        buttons = {
            "ask": controls.button("Ask", "Ask the model about more problems of every length"),
            "stop": controls.button("Stop", "Stop; what has been answered stays"),
            "again": controls.button("Start afresh", "Forget all answers"),
        }
        parts = {
            "seed": controls.slider("Seed of the problems", self.seed, 0, LARGEST_SEED, 1),
            "more": controls.choice("Problems of every length to ask", [(str(n), n) for n in MORE], self.more),
            **buttons,
            "events": controls.slider("Show a problem with events", self.events, 1, MOST_EVENTS, 1),
            "problem": controls.slider("Number of the problem", self.problem, 1, MOST_PROBLEMS, 1),
        }
        self.observe(self._forget, "seed")
        super().__init__(parts, [self.chart, self.answers], **state)
        self.keep_together(list(buttons))
        buttons["ask"].on_click(lambda _: self.ask())
        buttons["stop"].on_click(lambda _: self.stop())
        buttons["again"].on_click(lambda _: self.start_afresh())
        self.observe(self._set_buttons, ["running", "more"])
        self._set_buttons()

    def ask(self) -> None:
        """Ask about ``more`` problems of every length: in the background of a notebook, at once in a test."""
        if not self.running:
            self.begin(self._asked(self.more))

    def start_afresh(self) -> None:
        """Forget all answers."""
        self._forget()
        self.refresh()

    def counts(self) -> Counts:
        """Return how many answers are right, and how many there are."""
        return {key: (sum(reply.right for reply in replies), len(replies)) for key, replies in self._replies.items()}

    def update(self) -> dict[str, dict]:
        """Show the share of right answers by number of events, and one problem with both answers."""
        counts = self.counts()
        (problem,) = self._reasoner.problems(self.events, self.seed, self.problem - 1, 1)
        passages = [reply_passage(problem, way, self._reply(way)) for way in WAYS]
        title = f"Problem {self.problem} with {events_of(self.events)}. The right answer is {problem.answer}"
        return {
            "chart": dict(figure=steps_figure(counts), summary=summary(counts, self.events, self.more)),
            "answers": dict(passages=passages, key=KEY, title=title),
        }

    def _reply(self, way: str) -> Reply:
        """Return what the model says of the problem that is shown, from what was asked, or asked now."""
        replies, number = self._replies.get((self.events, way), []), self.problem - 1
        if number < len(replies):
            return replies[number]
        key = (self.events, number, way)
        if key not in self._single:
            problems = self._reasoner.problems(self.events, self.seed, number, 1)
            (self._single[key],) = ask(self._reasoner.model, problems, way)
        return self._single[key]

    def _asked(self, count: int) -> Generator[None, None, None]:
        """Ask about so many more problems of every length, a few at a time."""
        for _ in range(count // BITE):
            for events in LENGTHS:
                start = len(self._replies.get((events, "chain"), []))
                problems = self._reasoner.problems(events, self.seed, start, BITE)
                answered = {way: ask(self._reasoner.model, problems, way) for way in WAYS}
                for way, replies in answered.items():
                    self._replies.setdefault((events, way), []).extend(replies)
                yield

    def _forget(self, _change: object = None) -> None:
        self.stop()
        self._replies, self._single = {}, {}

    def _set_buttons(self, _change: object = None) -> None:
        self.controls["ask"].description = f"Ask {self.more} more"
        self.controls["ask"].disabled = self.running
        self.controls["stop"].disabled = not self.running


@cache
def interval(right: int, asked: int) -> Interval:
    """Return the share of right answers with its bootstrap interval. asked: 1 or more."""
    return bootstrap([1.0] * right + [0.0] * (asked - right))


def steps_figure(counts: Counts) -> go.Figure:
    """Return the share of right answers by number of events, a line for each way, and where the training stopped."""
    figure = go.Figure()
    for way, (dash, symbol) in STYLES.items():
        lengths = [events for events in LENGTHS if counts.get((events, way), (0, 0))[1]]
        found = [interval(*counts[events, way]) for events in lengths]
        style = {"line": {"dash": dash, "width": 2.5}, "marker": {"symbol": symbol, "size": 9}}
        add_line(figure, lengths, found, NAMES[way], **style)
    figure.add_scatter(
        x=[TRAINED_EVENTS + 0.5] * 2, y=[0.0, 1.0], name=f"up to here it was trained: {TRAINED_EVENTS} events",
        mode="lines", line={"color": "#808080", "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "events in the story", "range": [0.5, MOST_EVENTS + 0.5], "dtick": 1},
        yaxis={"title": "share of right answers", "range": [-0.02, 1.04], "tickformat": ".0%"},
    )
    return figure


def summary(counts: Counts, events: int, more: int) -> str:
    """Return in a sentence how many answers are right for one number of events."""
    if not counts:
        return f"No curve yet: press “Ask {more} more”. The problem below is answered already."
    if (events, "chain") not in counts:
        return f"No problem with {events_of(events)} has been asked yet."
    said = []
    for way, name in NAMES.items():
        found = interval(*counts[events, way])
        said.append(f"{name} {found.mean:.0%} right (interval {found.low:.0%} to {found.high:.0%})")
    return f"Of {counts[events, 'chain'][1]} problems with {events_of(events)}: {', '.join(said)}."


def events_of(count: int) -> str:
    """Return a number of events in words."""
    return f"{count} event{'s' * (count > 1)}"
