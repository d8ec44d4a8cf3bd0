"""Lesson 07: self-consistency (Wang et al. 2022). Many chains for one problem, a vote over their answers, and its gain.

Chains are drawn, not taken greedily, so they differ where the model is unsure. Each answer is one vote.
"""

from collections.abc import Callable, Generator

import traitlets as t
from torch import nn

from lessons.reasoning.problems import MOST_EVENTS, Problem
from lessons.reasoning.reasoner import Reply, ask
from lessons.reasoning.voting import sample_chains, vote
from widgets import controls
from widgets.explorers import vote_views
from widgets.explorers.background import BackgroundPanel
from widgets.explorers.reasoner import KEY, LARGEST_SEED, Reasoner
from widgets.explorers.vote_views import MOST_CHAINS, Measured
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.passages import Passage, Passages

BITE = 8
"""Chains that are drawn at once; the buttons are heard in between."""
MORE = 10
"""Problems that one press adds to the curve."""
CURVE_SEED = LARGEST_SEED + 1
"""Of the curve's problems, which are none of those that can be shown."""


class SelfConsistency(BackgroundPanel):
    """Draw chains for a problem, read them, and see the vote; then measure what voting gains over many problems.

    ``model`` returns a model with the reasoner's tokenizer; left out, it is the zoo's ``reasoner``.
    """

    name = "Self-consistency: many chains, one vote"
    events = t.Int(6, min=1, max=MOST_EVENTS).tag(state=True)
    """Events of the problem, and of those of the curve."""
    seed = t.Int(0, min=0, max=LARGEST_SEED).tag(state=True)
    """Of the problem and of the draws."""
    temperature = t.Float(1.5, min=0.0, max=2.0).tag(state=True)
    """At 1 the reasoner is so sure of its chains that a vote has nothing to win."""
    samples = t.Int(10, min=1, max=MOST_CHAINS).tag(state=True)
    """Chains that are shown and vote."""

    def __init__(self, model: Callable[[], nn.Module] | None = None, **state: object) -> None:
        self._reasoner = Reasoner(model)
        self._chains: tuple[object, list[Reply]] = (None, [])  # of which problem and temperature; what has been drawn
        self._measured: tuple[object, list[Measured]] = (None, [])
        self.chains = Passages(columns=2, height=420)
        self.votes = Bars(label_axis="answer", value_axis="votes")
        self.chart = Chart(title="What voting gains, over many problems", height=300)
        self.votes.layout, self.chart.layout = ({"width": "auto", "flex": flex} for flex in ("2 1 300px", "3 1 380px"))
        buttons = {
            "draw": controls.button("Draw the chains", "Draw chains for this problem"),
            "measure": controls.button(
                f"Vote on {MORE} more problems", "Draw chains for other problems as long as this"
            ),
            "stop": controls.button("Stop", "Stop; what has come stays"),
        }
        parts = {
            "events": controls.slider("Events in the story", self.events, 1, MOST_EVENTS, 1),
            "seed": controls.slider("Seed of problem and draws", self.seed, 0, LARGEST_SEED, 1),
            "temperature": controls.slider("Temperature", self.temperature, 0.0, 2.0, 0.1, form=".1f"),
            "samples": controls.slider("Chains that vote", self.samples, 1, MOST_CHAINS, 1),
            **buttons,
        }
        super().__init__(parts, [self.chains, self.votes, self.chart], **state)
        self.keep_together(list(buttons))
        buttons["draw"].on_click(lambda _: self.draw())
        buttons["measure"].on_click(lambda _: self.measure())
        buttons["stop"].on_click(lambda _: self.stop())
        self.observe(self._renew, ["events", "seed", "temperature"])
        self.observe(self._set_buttons, ["running", "come"])
        self.draw()
        self._set_buttons()

    def draw(self) -> None:
        """Draw what is missing of the chains: in the background of a notebook, at once in a test."""
        self.begin(self._drawing())

    def measure(self) -> None:
        """Draw chains for more problems."""
        self.begin(self._measuring())

    @property
    def problem(self) -> Problem:
        """The problem that is shown."""
        return self._reasoner.problems(self.events, self.seed, 0, 1)[0]

    def drawn(self) -> list[Reply]:
        """Return the chains of this problem at this temperature that have come so far, MOST_CHAINS in the end."""
        return self._chains[1] if self._chains[0] == self._setting() else []

    def measured(self) -> list[Measured]:
        """Return the problems of the curve with their chains and the greedy chain, as far as they have come."""
        return self._measured[1] if self._measured[0] == self._lengths() else []

    def update(self) -> dict[str, dict]:
        """Show the chains that vote, the votes, and the share of right votes by number of chains."""
        problem, drawn, measured = self.problem, self.drawn(), self.measured()
        replies = drawn[: self.samples]
        result = vote([reply.answer for reply in replies])
        story = Passage("The problem", [(problem.question, "given")], f"The right answer is {problem.answer}.")
        chains = [vote_views.chain_passage(problem, reply, i) for i, reply in enumerate(replies, start=1)]
        note = "At temperature 0 every chain is the same, so a vote gains nothing." if self.temperature == 0 else ""
        return {
            "chains": dict(
                passages=[story, *chains],
                key=KEY,
                title=vote_views.heading(problem, replies),
                summary=vote_views.outcome(problem, result),
            ),
            "votes": vote_views.votes_bars(problem, result),
            "chart": dict(figure=vote_views.voting_figure(measured), summary=vote_views.gain(measured, self.events)),
            "note": note,
        }

    def _setting(self) -> tuple:
        return self.events, self.seed, self.temperature

    def _lengths(self) -> tuple:
        return self.events, self.temperature  # the curve stays while one problem after the other is looked at

    def _drawing(self) -> Generator[None, None, None]:
        """Draw the chains of this problem that are missing."""
        if self._chains[0] != self._setting():
            self._chains = (self._setting(), [])
        yield from self._filled(self.problem, self._chains[1])

    def _filled(self, problem: Problem, chains: list[Reply]) -> Generator[None, None, None]:
        """Draw chains until there are enough, a few at a time."""
        while len(chains) < MOST_CHAINS:
            seed = MOST_CHAINS * self.seed + len(chains)
            chains += sample_chains(self._reasoner.model, [problem], BITE, self.temperature, seed)[0]
            yield

    def _measuring(self) -> Generator[None, None, None]:
        """Draw the chains of more problems, after those of this one."""
        yield from self._drawing()
        if self._measured[0] != self._lengths():
            self._measured = (self._lengths(), [])
        measured = self._measured[1]
        for problem in self._reasoner.problems(self.events, CURVE_SEED, len(measured), MORE):
            chains: list[Reply] = []
            yield from self._filled(problem, chains)
            measured.append(Measured(problem, chains, *ask(self._reasoner.model, [problem], "chain")))
            yield

    def _renew(self, _change: t.Bunch) -> None:
        self.draw()

    def _set_buttons(self, _change: object = None) -> None:
        self.controls["draw"].disabled = self.running or len(self.drawn()) >= MOST_CHAINS
        self.controls["measure"].disabled = self.running
        self.controls["stop"].disabled = not self.running
