"""Lesson 05: pre-train a small BERT, live, and watch the same blanks being filled at every checkpoint.

The training is ``lessons.bert.pretraining.pretraining``, the same that a cell of the notebook would run.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import plotly.graph_objects as go
import torch
import traitlets as t

from lessons.bert.blanks import MASK, candidates
from lessons.bert.masking import Masking
from lessons.bert.pretraining import BLANKS, MASKING, STEPS, TEST_SEED, MaskedScore, fillings, held_out, pretraining
from lessons.bert.pretraining import drawn as drawn_reviews
from lessons.bert.pretraining import rows as rows_of
from lessons.core.seed import generator
from lessons.core.training import Record, Training
from lessons.text.reviews import review_tokenizer
from widgets import controls
from widgets.explorers.training_panel import TrainingPanel, thinned
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart

EVERY = 60
"""Steps from one checkpoint to the next."""
NEWEST = -1
"""In place of a step: the newest checkpoint there is."""
COUNTED = 1000
"""Reviews whose words are counted."""
GAP = "____"
CELL, CHOSEN = "rgba(47, 125, 187, {:.3f})", "#e69f00"
"""Colours of the table, to be read on a light page and on a dark one: a filled cell, and the chosen one's frame."""


@dataclass(frozen=True)
class Checkpoint:
    """What the panel keeps of the model after some steps."""

    step: int  # taken so far
    score: MaskedScore  # on held-out reviews
    best: tuple[tuple[tuple[str, float], ...], ...]  # for each of BLANKS the ten best words and their probabilities


class PreTraining(TrainingPanel):
    """Choose how many words are hidden, press Train, and see nonsense become sense.

    steps: of a whole training. every: steps from one checkpoint to the next.
    """

    name = "Pre-train a small BERT: watch it learn"
    settings = ("rate", "seed")
    bite = 0.25
    rate = t.Float(MASKING.rate, min=0.0, max=1.0).tag(state=True)
    """The chance of a word to be chosen, to be foretold."""
    seed = t.Int(0, min=0, max=9).tag(state=True)
    blank = t.Int(0, min=0, max=len(BLANKS) - 1).tag(state=True)
    """Which of the sentences is looked at closely, counted from 0."""
    checkpoint = t.Int(NEWEST).tag(state=True)
    """Steps after which it is looked at, or NEWEST. Where they are not taken yet, it is the newest."""

    def __init__(self, steps: int = STEPS, every: int = EVERY, **state: object) -> None:
        self.steps, self.every = steps, every
        self.loss = Chart(title="Loss by step", height=270)
        self.score = Chart(title="Hidden words found again, in reviews that it has not read", height=270)
        for chart in (self.loss, self.score):
            chart.layout = {"width": "auto", "flex": "1 1 380px"}
        self.words = Chart(title="The best word for the same blanks at every checkpoint", height=460)
        self.bars = Bars(label_axis="word", value_axis="probability")
        ends = [*self.moments(), NEWEST]
        parts = {
            "rate": controls.slider("Masking rate", self.rate, 0.0, 1.0, 0.05),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
            "blank": controls.choice("Look closely at", [(gapped(text), i) for i, text in enumerate(BLANKS)], 0),
            "checkpoint": controls.steps(
                "after step", [(str(step) if step != NEWEST else "the newest", step) for step in ends], NEWEST
            ),
        }
        super().__init__(parts, [self.loss, self.score, self.words, self.bars], **state)

    def moments(self) -> list[int]:
        """Return after which steps there is, or will be, a checkpoint."""
        return sorted({*range(0, self.steps, self.every), self.steps})

    @t.validate("checkpoint")
    def _there_is_one(self, proposal: t.Bunch) -> int:
        if proposal.value not in (*self.moments(), NEWEST):
            raise t.TraitError(f"There is a checkpoint every {self.every} steps, none after step {proposal.value}.")
        return proposal.value

    def fresh(self) -> Training:
        """Return a training with new weights, on reviews of its own. ValueError where no word is hidden."""
        if self.rate == 0:
            raise ValueError("At a masking rate of 0 nothing is asked, so nothing is learned: choose a larger rate.")
        return pretraining(self.seed, self.steps, Masking(rate=self.rate))

    def look(self, run: Training) -> Checkpoint:
        """Return the score of this moment and how the blanks are filled."""
        best = tuple(tuple(fillings(run.model, text)[0]) for text in BLANKS)
        return Checkpoint(run.done, held_out(run.model), best)

    def link_cursors(self) -> None:
        """Before the first look there is no checkpoint to choose."""
        for name in ("blank", "checkpoint"):
            self.controls[name].disabled = not self.looks

    def update(self) -> dict[str, dict]:
        """Show loss and score by step, the table of best words, and the ten best of one blank at one checkpoint."""
        vocab, (nats, share) = len(review_tokenizer()), word_frequencies()
        summary = f"Masking rate {self.rate:.0%}, seed {self.seed}: no step is taken yet. Press Train."
        found = said = ""
        ten, chosen = dict(labels=[], values=[], title="The ten best words for one blank"), None
        if self.history:
            summary = f"Step {self.done} of {self.steps}: loss {self.history[-1].loss:.2f}."
        if self.looks:
            newest = self.looks[-1]
            chosen = next((look for look in self.looks if look.step == self.checkpoint), newest)
            found = (
                f"After step {newest.step}, {newest.score.top1:.0%} of the hidden words are the model's best word; who "
                f"always says the commonest word is right for {share:.0%}."
            )
            said = f"After step {newest.step}: " + " ".join(
                filled(text, best[0]) for text, best in zip(BLANKS, newest.best, strict=True)
            )
            labels, values = zip(*chosen.best[self.blank], strict=True)
            title = f"After step {chosen.step}: the ten best words for “{gapped(BLANKS[self.blank])}”"
            ten = dict(labels=labels, values=values, low=0.0, high=1.0, title=title)
        table = words_figure(tuple(self.looks), tuple(self.moments()), chosen, self.blank)
        return {
            "loss": dict(figure=loss_figure(self.history, math.log(vocab), nats), summary=summary),
            "score": dict(figure=score_figure(tuple(self.looks), share, self.steps), summary=found),
            "words": dict(figure=table, summary=said),
            "bars": ten,
            "note": "At a masking rate of 0 nothing is asked, so nothing can be learned." if self.rate == 0 else "",
        }


def gapped(text: str) -> str:
    """Return a sentence with a gap for its blank."""
    return text.replace(MASK, GAP).replace(" ,", ",").replace(" .", ".").replace(" !", "!")


def filled(text: str, best: tuple[str, float]) -> str:
    """Return a sentence whose blank is filled, with how probable the word is."""
    return gapped(text).replace(GAP, f"{best[0].upper()} ({best[1]:.0%})")


@cache
def word_frequencies() -> tuple[float, float]:
    """Return what is lost, in nats, by knowing nothing but how often each word is, and the share of the commonest."""
    tokenizer = review_tokenizer()
    ids = rows_of(drawn_reviews(COUNTED, generator(TEST_SEED)), tokenizer)
    counts = torch.bincount(ids.flatten(), minlength=len(tokenizer)) * candidates(tokenizer)  # [vocab]
    shares = counts[counts > 0] / counts.sum()
    return -(shares * shares.log()).sum().item(), shares.max().item()


def loss_figure(history: Sequence[Record], nothing: float, frequencies: float) -> go.Figure:
    """Return the loss by step, and what is lost by who knows nothing, and who knows how often each word is."""
    figure, points = go.Figure(), thinned(history)
    figure.add_scatter(x=[r.step for r in points], y=[r.loss for r in points], name="loss", mode="lines")
    ends = [1, max(2, len(history))]
    for name, level, dash in (
        ("knowing nothing", nothing, "dash"), ("knowing how often each word is", frequencies, "dot")
    ):  # fmt: skip
        figure.add_scatter(x=ends, y=[level] * 2, name=name, mode="lines", line_dash=dash)
    figure.update_layout(xaxis_title="step of the training", yaxis_title="loss, nats", yaxis_rangemode="tozero")
    return figure


@lru_cache(maxsize=2)  # it changes at checkpoints alone, and is asked for more often
def score_figure(looks: tuple[Checkpoint, ...], share: float, steps: int) -> go.Figure:
    """Return the share of hidden words that the model finds again, by step, and how many there are by chance."""
    figure, at = go.Figure(), [look.step for look in looks]
    for name, values in (
        ("its best word", [look.score.top1 for look in looks]),
        ("among its best five", [look.score.top5 for look in looks]),
    ):
        figure.add_scatter(x=at, y=values, name=name, mode="lines+markers")
    figure.add_scatter(x=[0, steps], y=[share] * 2, name="always the commonest word", mode="lines", line_dash="dash")
    figure.update_layout(
        xaxis={"title": "step of the training", "range": [-0.02 * steps, 1.02 * steps]},
        yaxis={"title": "share of the words", "range": [0, 1.02]},
    )
    return figure


@lru_cache(maxsize=2)
def words_figure(
    looks: tuple[Checkpoint, ...], moments: tuple[int, ...], chosen: Checkpoint | None, blank: int
) -> go.Figure:
    """Return a table: a row for each checkpoint, a column for each blank, in it the best word on its probability.

    The cell that is looked at closely has a frame.
    """
    figure, steps, shapes = go.Figure(), [str(step) for step in moments], []
    for column, text in enumerate(BLANKS):
        best = [look.best[column][0] for look in looks]
        figure.add_scatter(
            x=[gapped(text)] * len(looks), y=[str(look.step) for look in looks], mode="text", showlegend=False,
            text=[f"{word} {chance:.0%}" for word, chance in best], name=f"blank {column + 1}", hoverinfo="none",
            textfont={"size": 11.5},
        )  # fmt: skip
        shapes += [
            cell(row, column) | {"fillcolor": CELL.format(0.8 * chance), "line": {"width": 0}, "layer": "below"}
            for row, (_, chance) in enumerate(best)
        ]
    if chosen is not None:
        shapes.append(cell(looks.index(chosen), blank) | {"line": {"color": CHOSEN, "width": 3}})
    titles = [gapped(text) for text in BLANKS]
    nameless = " "  # the sentences need no name in front of them; without one they would be read out as x
    figure.update_layout(
        xaxis={
            "type": "category", "categoryarray": titles, "range": [-0.5, len(BLANKS) - 0.5], "side": "top",
            "tickvals": list(range(len(titles))), "ticktext": [folded(title) for title in titles], "tickangle": 0,
            "title": nameless, "showgrid": False, "fixedrange": True,
        },
        yaxis={
            "type": "category", "categoryarray": steps, "range": [len(steps) - 0.5, -0.5], "title": "after step",
            "tickvals": list(range(len(steps))), "ticktext": steps, "showgrid": False, "fixedrange": True,
        },
        shapes=shapes, margin={"l": 60, "r": 4, "t": 84, "b": 12},
    )  # fmt: skip
    return figure


def cell(row: int, column: int) -> dict:
    """Return where a cell of the table is."""
    return dict(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.46, y1=row + 0.46)


def folded(text: str, width: int = 17) -> str:
    """Return a sentence of ours in short lines, for the head of a column."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
