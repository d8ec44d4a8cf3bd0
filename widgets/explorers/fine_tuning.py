"""Lesson 05: fine-tune two sentence classifiers side by side, live: one from scratch, one from pre-trained weights.

The trainings are those of ``lessons.bert.fine_tuning.fine_tuning``: same sentences, same batches, same optimiser. They
are tested on words that were never labelled, and on words that may have been.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go
import traitlets as t

from lessons import zoo
from lessons.bert.fine_tuning import LABELS, fine_tuning, kind_probability, right
from lessons.bert.models import MaskedLanguageModel
from lessons.core.training import Record, Training
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import UNKNOWN
from widgets import controls
from widgets.explorers.training_panel import TrainingPanel
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.text import visible

STARTS = {"scratch": "from scratch", "fine-tuned": "from pre-trained weights"}
"""How a classifier starts -> what the panel calls it."""
EVERY = 4
"""Steps between two tests."""
OPENING = "The pie was soggy."
MOST_NAMED = 5
"""Unknown words that are named."""


@dataclass
class SideBySide:
    """Two trainings or more that take their steps together."""

    runs: list[Training]

    @property
    def steps(self) -> int:
        """How many there are in all."""
        return self.runs[0].steps

    @property
    def done(self) -> int:
        """Steps that all of them have taken."""
        return min(run.done for run in self.runs)

    @property
    def history(self) -> list[tuple[Record, ...]]:
        """What each step had to tell, a record for each training."""
        return list(zip(*(run.history for run in self.runs), strict=False))

    def step(self) -> None:
        """Take one step in each training."""
        for run in self.runs:
            run.step()


@dataclass(frozen=True)
class Tested:
    """Shares of right answers after some steps, in the order of STARTS."""

    step: int
    new: tuple[float, ...]  # on words that were never labelled
    labelled: tuple[float, ...]  # on words that may have been


class FineTuning(TrainingPanel):
    """Choose how many sentences are labelled, press Train, and compare; then ask both models about your own sentence.

    ``pretrained`` returns the model that one of the two starts from; left out, it is the zoo's ``reviews-bert``.
    """

    name = "Fine-tune: from scratch, and from pre-trained weights"
    settings = ("labels", "seed")
    every = EVERY
    labels = t.Enum(LABELS, 32).tag(state=True)
    """Labelled sentences."""
    seed = t.Int(0, min=0, max=9).tag(state=True)
    text = t.Unicode(OPENING).tag(state=True)
    """A sentence of the student's."""

    def __init__(self, pretrained: Callable[[], MaskedLanguageModel] | None = None, **state: object) -> None:
        self._load = partial(zoo.load, "reviews-bert") if pretrained is None else pretrained
        self._pretrained: MaskedLanguageModel | None = None
        self.new = Chart(title="Words that were never labelled", height=300)
        self.labelled = Chart(title="Words that may have been labelled", height=300)
        for chart in (self.new, self.labelled):
            chart.layout = {"width": "auto", "flex": "1 1 380px"}
        self.verdict = Bars(label_axis="the sentence is", value_axis="probability")
        parts = {
            "labels": controls.steps("Labelled sentences", [(str(count), count) for count in LABELS], self.labels),
            "seed": controls.slider("Seed", self.seed, 0, 9, 1),
            "text": controls.text("Your sentence", self.text),
        }
        super().__init__(parts, [self.new, self.labelled, self.verdict], **state)

    def fresh(self) -> SideBySide:
        """Return both trainings, untouched. ValueError or RuntimeError where the weights are not here."""
        if self._pretrained is None:
            self._pretrained = self._load()
        return SideBySide([fine_tuning(self._pretrained, self.labels, start, self.seed) for start in STARTS])

    def look(self, run: SideBySide) -> Tested:
        """Return how both do on held-out sentences."""
        models = [each.model for each in run.runs]
        return Tested(run.done, *(tuple(right(model, test) for model in models) for test in (True, False)))

    def update(self) -> dict[str, dict]:
        """Show the share of right answers by step on both kinds of words, and the verdicts on the sentence."""
        steps = self.run.steps
        verdict, note = self.verdicts()
        said = f"{self.labels} labelled sentences, seed {self.seed}: no step is taken yet. Press Train."
        other = ""
        if self.looks:
            last = self.looks[-1]
            said, other = (f"After step {last.step} of {steps}: {scores(each)}." for each in (last.new, last.labelled))
        return {
            "new": dict(figure=right_figure(self.looks, "new", steps), summary=said),
            "labelled": dict(figure=right_figure(self.looks, "labelled", steps), summary=other),
            "verdict": verdict,
            "note": note,
        }

    def verdicts(self) -> tuple[dict, str]:
        """Return what both models say of the student's sentence, as bars, and a remark on the sentence."""
        models = [run.model for run in self.run.runs]
        when = f"After step {self.done}" if self.done else "Untrained"
        title = f"Does your sentence praise (kind) or complain (unkind)? {when}"
        bars = dict(labels=[], values=[], title=title)
        tokenizer, longest = models[0].tokenizer, models[0].config.context
        wrong, note = problem(self.text, tokenizer, longest), unknown_words(self.text, tokenizer)
        if wrong:
            return bars, wrong
        kind = [kind_probability(model, self.text) for model in models]
        values = [[round(1 - chance, 3), round(chance, 3)] for chance in kind]  # nobody reads 5.9e-4 off a bar
        return bars | dict(
            labels=["unkind", "kind"], values=values, series=list(STARTS.values()), low=0.0, high=1.0
        ), note  # fmt: skip


def problem(text: str, tokenizer: Tokenizer, longest: int) -> str:
    """Return in a sentence why a text cannot be judged; nothing where it can. longest: tokens, signs included."""
    if not text.strip():
        return "Your sentence is empty: type what was good or bad, such as “The soup was tasty.”"
    encoded = tokenizer.encode(text)
    spans = [span for span, sign in zip(encoded.spans, encoded.special, strict=True) if not sign]
    if not any(c.isalnum() for start, end in spans for c in text[start:end]):
        return "Your sentence has no word in it: type what was good or bad, such as “The soup was tasty.”"
    if len(encoded) > longest:
        return f"Your sentence has {len(encoded) - 2} tokens, and the models read {longest - 2}: make it shorter."
    return ""


def unknown_words(text: str, tokenizer: Tokenizer) -> str:
    """Return in a sentence which words the models do not know; nothing where they know all."""
    encoded = tokenizer.encode(text)
    names = tokenizer.entries
    words = [text[start:end] for i, (start, end) in zip(encoded.ids, encoded.spans, strict=True) if names[i] == UNKNOWN]
    words = list(dict.fromkeys(visible(word) for word in words))
    if not words:
        return ""
    more = f" and {len(words) - MOST_NAMED} more" * (len(words) > MOST_NAMED)
    return f"The models never met {', '.join(f'“{word}”' for word in words[:MOST_NAMED])}{more}: they read {UNKNOWN}."


def scores(shares: Sequence[float]) -> str:
    """Return how many answers are right, in words."""
    each = (f"{name} {share:.0%}" for name, share in zip(STARTS.values(), shares, strict=True))
    return f"{', '.join(each)} of the answers are right; guessing gives 50%"


def right_figure(looks: Sequence[Tested], words: str, steps: int) -> go.Figure:
    """Return the share of right answers by step for both starts, and what guessing gives. words: "new", "labelled"."""
    figure, at = go.Figure(), [look.step for look in looks]
    for i, (name, dash) in enumerate(zip(STARTS.values(), ("dot", "solid"), strict=True)):
        shares = [getattr(look, words)[i] for look in looks]
        figure.add_scatter(x=at, y=shares, name=name, mode="lines+markers", line={"dash": dash, "width": 2.5})
    figure.add_scatter(x=[0, steps], y=[0.5, 0.5], name="guessing", mode="lines", line_dash="dash")
    figure.update_layout(
        xaxis={"title": "step of the training", "range": [-0.02 * steps, 1.02 * steps]},
        yaxis={"title": "share of right answers", "range": [0, 1.02]},
    )
    return figure
