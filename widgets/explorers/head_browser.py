"""Lesson 03: every attention head of a model, on a text of the student's, in views that follow each other.

Choose a head among the small pictures, a word in the strip, a row of the heat map or a word beside the arcs: all
the others go along.
"""

import traitlets as t

from lessons.attention.head_scores import JOBS
from lessons.attention.heads import HeadReading
from widgets.explorers.head_explorer import HeadExplorer
from widgets.explorers.head_models import as_bytes
from widgets.explorers.model_choice import Models
from widgets.instruments.arcs import Arcs
from widgets.instruments.bars import Bars
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.text import visible
from widgets.instruments.token_strip import TokenStrip

OPENING = "The cat sat on the mat because the cat was tired, and the dog sat on the mat, too."
EXACT = 128
"""Tokens up to which a head travels as it is. Above, its weights are rounded to 1/255."""


def repeated(reading: HeadReading) -> int:
    """Return the last token of letters that stood in the text before: many heads look back from there. -1 for none."""
    ids = reading.ids.tolist()
    again = [i for i, word in enumerate(reading.tokens) if word.strip().isalpha() and ids[i] in ids[:i]]
    return again[-1] if again else -1


class HeadBrowser(HeadExplorer):
    """Type a text, choose a model, and look through its heads."""

    name = "Head browser"
    text = t.Unicode(OPENING).tag(state=True)
    token = t.Int(-1, min=-1).tag(state=True)
    """The token that looks, counted from 0; -1 for none. In a text that has become shorter it is the last one."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self.strip = TokenStrip(value_axis="weight")
        self.heat = HeatMap(row_axis="token that looks", column_axis="token that is looked at", value_axis="weight")
        self.arcs = Arcs()
        self.bars = Bars(label_axis="what a head may do", value_axis="share of its weight")
        self.heat.layout, self.arcs.layout = ({"width": "auto", "flex": flex} for flex in ("3 1 440px", "2 1 300px"))
        views = [self.strip, self.heat, self.arcs, self.bars]
        super().__init__(models, "All heads: one small picture each, a row for each layer", {}, views, **state)
        self.strip.observe(self._follow_token, "selected")
        self.arcs.observe(self._follow_token, "selected")
        self.heat.observe(self._follow_heat_map, "cursor")
        if "token" not in state and self.heat.data:
            self.token = repeated(self.reading())

    def update(self) -> dict[str, dict]:
        """Show all heads small, the chosen one large, and where the chosen token looks."""
        reading = self.reading()
        small = self.small_pictures(reading)
        pattern = reading.patterns[self.layer, self.head]  # [query key]
        time = len(pattern)
        token = min(self.token, time - 1)
        name = f"layer {self.layer}, head {self.head}"
        looks = pattern[token] if token >= 0 else pattern.mean(dim=0)
        who = (
            "what is looked at, on average" if token < 0 else f"where “{visible(reading.tokens[token]).strip()}” looks"
        )
        scores = {job: score[self.layer, self.head].item() for job, score in reading.scores.items()}
        jobs = [job for job, score in scores.items() if score == score]  # nan: this text cannot tell
        return {
            "thumbnails": small,
            "strip": dict(tokens=reading.tokens, values=looks, low=0.0, high=1.0, title=f"{name}: {who}"),
            "heat": dict(
                values=pattern if time <= EXACT else as_bytes(pattern), row_labels=reading.tokens,
                column_labels=reading.tokens, low=0.0, high=1.0, title=f"{name}: who looks at whom",
            ),
            "arcs": dict(tokens=reading.tokens, weights=pattern, title=f"{name}: from left to right"),
            "bars": dict(
                labels=[JOBS[job] for job in jobs],
                values=[[scores[job] for job in jobs], [reading.chance[job] for job in jobs]],
                series=["this head", "looking everywhere alike"], low=0.0, high=1.0, title=f"{name}: what it does here",
            ),
            "note": " ".join(sentence for sentence in (self._models.missing, reading.note) if sentence),
        }  # fmt: skip

    def link_cursors(self) -> None:
        """Mark the chosen head and token in every view."""
        super().link_cursors()
        token = min(self.token, len(self.strip.tokens) - 1)
        self.strip.selected = self.arcs.selected = token
        if token >= 0:
            self.heat.cursor = [0, token, self.heat.cursor[2]]

    def _follow_token(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, the panel moves the marks, not the student
            self.token = change["new"]

    def _follow_heat_map(self, change: t.Bunch) -> None:
        if not self.status.busy:
            self.token = change["new"][1]
