"""Lesson 03: every attention head of a model, on a text of the student's, in views that follow each other.

Choose a head among the small pictures, a word in the strip, a row of the heat map or a word beside the arcs: all
the others go along.
"""

import traitlets as t

from lessons.attention.head_scores import JOBS
from lessons.attention.heads import HeadReading
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.explorers.head_models import HeadModels, Models, as_bytes
from widgets.instruments.arcs import Arcs
from widgets.instruments.bars import Bars
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.text import visible
from widgets.instruments.thumbnails import Thumbnails
from widgets.instruments.token_strip import TokenStrip

OPENING = "The cat sat on the mat because the cat was tired, and the dog sat on the mat, too."
EXACT = 128
"""Tokens up to which a head travels as it is. Above, its weights are rounded to 1/255 of the scale."""
NO_JOB = ""
WHERE = [(title, job) for job, title in JOBS.items()]


class HeadBrowser(Explorer):
    """Type a text, choose a model, and look through its heads.

    ``models`` maps a title to a function that gives the model; it is called when the model is first chosen. Left out,
    they are those of the lesson.
    """

    name = "Head browser"
    text = t.Unicode(OPENING).tag(state=True)
    model = t.Unicode().tag(state=True)
    """The title of the model."""
    job = t.Unicode(NO_JOB).tag(state=True)
    """Which score marks the small pictures: a key of ``JOBS``, or empty for none."""
    layer = t.Int(2).tag(state=True)
    head = t.Int(9).tag(state=True)
    token = t.Int(9).tag(state=True)
    """The token that looks, counted from 0; -1 for none."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = HeadModels(models)
        self.thumbnails = Thumbnails(title="All heads: one small picture each, a row for each layer")
        self.strip = TokenStrip(value_axis="weight")
        self.heat = HeatMap(row_axis="token that looks", column_axis="token that is looked at", value_axis="weight")
        self.arcs = Arcs()
        self.bars = Bars(label_axis="what a head may do", value_axis="share of its weight")
        self.heat.layout, self.arcs.layout = ({"width": "auto", "flex": flex} for flex in ("3 1 440px", "2 1 300px"))
        parts = {
            "text": controls.area("Your text", self.text, rows=2),
            "model": controls.choice("Model", self._models.titles, None),
            "job": controls.choice("Mark the heads that look at", [("nothing", NO_JOB), *WHERE], NO_JOB),
        }
        state.setdefault("model", self._models.titles[0])
        self.controls = parts  # before the state is set: the title of a model is checked against the list
        super().__init__(parts, [self.thumbnails, self.strip, self.heat, self.arcs, self.bars], **state)
        self.observe(self._follow_state, ["layer", "head", "token"])
        self._follow_state()
        self.thumbnails.observe(self._follow_thumbnails, "selected")
        self.strip.observe(self._follow_token, "selected")
        self.arcs.observe(self._follow_token, "selected")
        self.heat.observe(self._follow_heat_map, "cursor")

    def reading(self) -> HeadReading:
        """Return what every head does with the text. ValueError, in a sentence, when it cannot be read."""
        return self._models.reading(self.model, self.text)

    def update(self) -> dict[str, dict]:
        """Show all heads small, the chosen one large, and where the chosen token looks."""
        reading = self.reading()
        layers, heads, _, time = reading.patterns.shape
        layer, head = min(self.layer, layers - 1), min(self.head, heads - 1)
        token = min(self.token, time - 1)
        pattern = reading.patterns[layer, head]  # [query key]
        name = f"layer {layer}, head {head}"
        scores = reading.scores
        marked = {"scores": scores[self.job], "score_axis": JOBS[self.job]} if self.job else {}
        words = [visible(word) for word in reading.tokens]
        looks = pattern[token] if token >= 0 else pattern.mean(dim=0)
        who = f"where “{words[token].strip()}” looks" if token >= 0 else "what is looked at, on average"
        jobs = [job for job in JOBS if not scores[job].isnan().all()]
        return {
            "thumbnails": dict(pictures=self._models.small(reading), low=0.0, high=1.0, **marked),
            "strip": dict(tokens=reading.tokens, values=looks, low=0.0, high=1.0, title=f"{name}: {who}"),
            "heat": dict(
                values=pattern if time <= EXACT else as_bytes(pattern), row_labels=reading.tokens,
                column_labels=reading.tokens, low=0.0, high=1.0, title=f"{name}: who looks at whom",
            ),
            "arcs": dict(tokens=reading.tokens, weights=pattern, title=f"{name}: from left to right"),
            "bars": dict(
                labels=[JOBS[job] for job in jobs],
                values=[[scores[job][layer, head].item() for job in jobs], [reading.chance[job] for job in jobs]],
                series=["this head", "looking everywhere alike"], low=0.0, high=1.0, title=f"{name}: what it does here",
            ),
            "note": " ".join(sentence for sentence in (self._models.missing, reading.note) if sentence),
        }  # fmt: skip

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        if proposal.value not in self._models.titles:
            there = ", ".join(self._models.titles)
            raise t.TraitError(f"model must be one of {there}, not {visible(proposal.value)!r}.")
        return proposal.value

    def _follow_state(self, _change: t.Bunch | None = None) -> None:
        self.thumbnails.selected = [self.layer, self.head]
        self.strip.selected = self.arcs.selected = self.token
        if self.token >= 0:
            self.heat.cursor = [0, self.token, self.heat.cursor[2]]

    def _follow_thumbnails(self, change: t.Bunch) -> None:
        with self.together():
            self.layer, self.head = change["new"]

    def _follow_token(self, change: t.Bunch) -> None:
        self.token = change["new"]

    def _follow_heat_map(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, a shorter text moves the cursor, not the student
            self.token = change["new"][1]
