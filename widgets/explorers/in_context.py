"""Lesson 06: a small model learns a rule from the examples in front of it, and a head shows how.

The curve is measured on rules that the model was never trained on. Below it stands one text, with the answer of the
model and the attention of one head from one place: see ``lessons.gpt.in_context_heads`` for what the heads do.
"""

from functools import lru_cache

import traitlets as t

from lessons.attention.head_scores import best_head
from lessons.core.seed import generator
from lessons.gpt.in_context import ARROW, CIPHERED, FAMILIES, draw_exercise, draw_exercises
from lessons.gpt.in_context_curve import Curve, learning_curve
from lessons.gpt.in_context_heads import JOBS, job_scores
from widgets import controls
from widgets.explorers import in_context_views as views
from widgets.explorers.explorer import Explorer
from widgets.explorers.in_context_views import LONGEST_ANSWER, Read
from widgets.explorers.model_choice import load_once
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.thumbnails import Thumbnails
from widgets.instruments.token_strip import TokenStrip

TITLES = {
    "cipher": f"cipher: {CIPHERED} letters stand for others",
    "affix": "affix: something is put before or after the word",
    "pick": "pick: which letter of the word, small or capital",
}
"""Family -> what the list calls it."""
NO_JOB = ""
MEASURED = 50
"""Texts on which the heads are measured."""
CLEAR = 0.4
"""Share of its attention from which on a head is one that looks up; the notes that it finds are then named."""


def opening(family: str, seed: int) -> str:
    """Return a text with eight examples of a rule that was kept from training, and a question."""
    text = draw_exercise(family, generator(seed)).text
    return text[: text.rindex(ARROW) + 1]


class InContext(Explorer):
    """Choose a family of rules and watch the answers get better with every example; then look into one text."""

    name = "A rule that stands nowhere but in the text"
    family = t.Enum(list(FAMILIES), "cipher").tag(state=True)
    rules = t.Int(100, min=20, max=400).tag(state=True)
    """On how many rules the curve is measured."""
    seed = t.Int(0, min=0, max=99).tag(state=True)
    """Of the rules, and of the text that a new family or seed brings."""
    text = t.Unicode().tag(state=True)
    """Pairs and a question: ``abc>xyz;cab>``."""
    job = t.Enum([NO_JOB, *JOBS], "lookup").tag(state=True)
    """Which score marks the small pictures; empty for none."""
    layer = t.Int(0, min=0).tag(state=True)
    head = t.Int(0, min=0).tag(state=True)
    place = t.Int(-1, min=-1).tag(state=True)
    """The character from which the head looks, counted from 0; -1 for the arrow of the question."""

    def __init__(self, **state: object) -> None:
        self._model = load_once("in-context")
        self._curve = lru_cache(maxsize=16)(lambda *asked: learning_curve(self._model, *asked))
        self._read = lru_cache(maxsize=4)(lambda text: views.read(self._model, text))
        self._scores = job_scores(self._model, draw_exercises("cipher", MEASURED))
        self.chart = Chart(title="Right answers on rules it was not trained on", height=300)
        self.bars = Bars(label_axis="character", value_axis="probability")
        self.next = Bars(label_axis="character", value_axis="probability")
        self.bars.layout, self.next.layout = ({"width": "auto", "flex": "1 1 320px"} for _ in range(2))
        self.thumbnails = Thumbnails(title="Choose a head: a row for each layer")
        self.strip = TokenStrip()
        self.layer, self.head = best_head(self._scores["lookup"])
        self.text = opening(state.get("family", self.family), state.get("seed", self.seed))
        parts = {
            "family": controls.choice("Rules", [(title, name) for name, title in TITLES.items()], self.family),
            "rules": controls.slider("How many rules", self.rules, 20, 400, 20),
            "seed": controls.slider("Seed", self.seed, 0, 99, 1),
            "text": controls.area("Your pairs, and a question", self.text, rows=2),
            "job": controls.choice(
                "Mark the heads that look at",
                [("nothing", NO_JOB), *((where, job) for job, where in JOBS.items())],
                None,
            ),
        }
        instruments = [self.chart, self.strip, self.bars, self.next, self.thumbnails]
        super().__init__(parts, instruments, **state)
        self.thumbnails.observe(self._follow_thumbnails, "selected")
        self.strip.observe(self._follow_strip, "selected")

    def curve(self) -> Curve:
        """Return the curve on view."""
        return self._curve(self.family, self.rules, self.seed)

    def reading(self) -> Read:
        """Return the text on view, with the model's answer. ValueError, in a sentence, for a text that is none."""
        return self._read(views.typed(self.text, self._model.config.context - LONGEST_ANSWER))

    def update(self) -> dict[str, dict]:
        """Show the curve, the answer to the text, and where the chosen head looks."""
        for what, value, size in zip(
            ("layer", "head"), (self.layer, self.head), self._scores["lookup"].shape, strict=True
        ):
            if value >= size:
                raise ValueError(f"There is no {what} {value}: this model has the {what}s 0 to {size - 1}.")
        curve, seen, place = self.curve(), self.reading(), self.looking_from()
        found = views.noted(seen) if self._scores["lookup"][self.layer, self.head] >= CLEAR else {}
        marked = {"scores": self._scores[self.job], "score_axis": JOBS[self.job]} if self.job else {}
        return {
            "chart": dict(figure=views.curve_figure(self.family, curve), summary=views.told(self.family, curve)),
            "strip": views.attention_strip(seen, self.layer, self.head, place, found),
            "bars": views.answer_bars(seen),
            "next": views.next_bars(seen, place),
            "thumbnails": dict(pictures=seen.patterns, low=0.0, high=1.0, **marked),
            "note": views.answered(seen),
        }

    def looking_from(self) -> int:
        """Return the place from which the head looks."""
        seen = self.reading()
        return self.place if 0 <= self.place < len(seen.text) else seen.question

    def link_cursors(self) -> None:
        """Frame the chosen head, and the character from which it looks."""
        self.thumbnails.selected = [self.layer, self.head]
        self.strip.selected = self.looking_from()

    @t.observe("family", "seed")
    def _another_text(self, change: t.Bunch) -> None:
        """A new rule brings its own text, unless the student has typed one."""
        old = {"family": self.family, "seed": self.seed} | {change.name: change.old}
        if self.text == opening(**old):
            self.text = opening(self.family, self.seed)

    @t.observe("text")
    def _back_to_the_question(self, _change: t.Bunch) -> None:
        self.place = -1

    def _follow_thumbnails(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, the panel moves the frame, not the student
            with self.together():
                self.layer, self.head = change["new"]

    def _follow_strip(self, change: t.Bunch) -> None:
        """Who moves to a character looks from there."""
        if not self.status.busy:
            self.place = change["new"]
