"""Lesson 03: delete heads, and see what a model then predicts, or how it then encodes.

A decoder is asked what comes next, and how much every token surprises it. An encoder is asked how alike two sentences
are, and how far the vector of every token has moved.
"""

from contextlib import nullcontext
from functools import lru_cache

import torch
import traitlets as t
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.deletion import deleted, next_token, similarity, surprise
from lessons.attention.head_scores import JOBS
from lessons.attention.heads import HeadReading
from lessons.bert.encoder import BertEncoder
from lessons.checks.wording import number
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.explorers.head_models import HeadModels, Models
from widgets.instruments.bars import Bars
from widgets.instruments.text import visible
from widgets.instruments.thumbnails import Thumbnails
from widgets.instruments.token_strip import TokenStrip

OPENING = "My neighbour is called Wolmar Tenkel. Everybody in our street likes Wolmar"
OTHER = "All of us here are fond of that man."
BEST = 8
"""Tokens in the bars."""
NO_JOB = ""
WHERE = [("nothing", NO_JOB), *((title, job) for job, title in JOBS.items())]
Head = tuple[int, int]


class HeadDeletion(Explorer):
    """Choose a head, press Delete, and see what is lost. ``models`` as in ``HeadBrowser``."""

    name = "Delete a head"
    text = t.Unicode(OPENING).tag(state=True)
    other = t.Unicode(OTHER).tag(state=True)
    """The sentence that an encoder compares with."""
    model = t.Unicode().tag(state=True)
    job = t.Unicode("induction").tag(state=True)
    gone = t.Tuple().tag(state=True)
    """The deleted heads, (layer, head) each; ``delete`` and ``restore`` change them."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = HeadModels(models)
        self._measure = lru_cache(maxsize=4)(self._measured)
        self.thumbnails = Thumbnails(title="Choose a head: a row for each layer")
        self.bars = Bars(value_axis="probability")
        self.strip = TokenStrip(palette="diverging")
        parts = {
            "text": controls.area("Your text", self.text, rows=2),
            "other": controls.text("Compare with", self.other),
            "model": controls.choice("Model", self._models.titles, None),
            "job": controls.choice("Mark the heads that look at", WHERE, NO_JOB),
            "delete": controls.button("Delete this head", "Put 0 in the place of what the chosen head finds"),
            "layer": controls.button("Delete its layer", "Delete all heads of this layer"),
            "restore": controls.button("Put all back", "Delete nothing"),
        }
        state.setdefault(
            "model", next((title for title in self._models.titles if "left to right" in title), self._models.titles[0])
        )
        self.controls = parts  # before the state is set: the title of a model is checked against the list
        super().__init__(parts, [self.thumbnails, self.bars, self.strip], **state)
        parts["delete"].on_click(lambda _: self.delete([tuple(self.thumbnails.selected)]))
        parts["layer"].on_click(lambda _: self.delete(self._layer()))
        parts["restore"].on_click(lambda _: self.restore())

    def delete(self, heads: list[Head]) -> None:
        """Delete more heads, (layer, head) each. One that is gone already stays so; a wrong one becomes a sentence."""
        try:
            wanted = tuple(dict.fromkeys((*self.gone, *heads)))
            with deleted(self._models.model(self.model), wanted):
                self.gone = wanted
        except ValueError as error:
            self.tell(str(error))

    def restore(self) -> None:
        """Put all heads back."""
        self.gone = ()

    def update(self) -> dict[str, dict]:
        """Show which heads are gone, and what that changes."""
        model, reading = self._models.model(self.model), self._models.reading(self.model, self.text)
        encoder = isinstance(model, BertEncoder)
        marked = {"scores": reading.scores[self.job], "score_axis": JOBS[self.job]} if self.job else {}
        before = self._measure(self.model, self.text, self.other, ())
        after = self._measure(self.model, self.text, self.other, self.gone)
        bars, strip, sentence = (alike if encoder else predicted)(model, reading, before, after, bool(self.gone))
        return {
            "thumbnails": dict(pictures=self._models.small(reading), low=0.0, high=1.0, marks=self.gone, **marked),
            "bars": bars,
            "strip": strip,
            "note": " ".join(part for part in (sentence, self._models.missing, reading.note) if part),
        }

    def _measured(self, title: str, text: str, other: str, gone: tuple[Head, ...]) -> dict[str, Tensor]:
        """What the model says without these heads. Other texts and heads were asked lately, so it is kept."""
        model, reading = self._models.model(title), self._models.reading(title, text)
        with deleted(model, gone) if gone else nullcontext(), torch.no_grad():
            if not isinstance(model, BertEncoder):
                return {"next": next_token(model, reading.ids), "surprise": surprise(model, reading.ids)}
            encoded = model.tokenizer.encode(other)
            if not other.strip():
                raise ValueError("There is nothing to compare with: type a second sentence.")
            ids = torch.tensor(encoded.ids[: model.config.context])
            return {
                "alike": torch.tensor([similarity(model, reading.ids, ids)]),
                "vectors": model(reading.ids[None])[0],
            }

    def _layer(self) -> list[Head]:
        heads = self._models.model(self.model).config.heads
        return [(self.thumbnails.selected[0], head) for head in range(heads)]

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        if proposal.value not in self._models.titles:
            there = ", ".join(self._models.titles)
            raise t.TraitError(f"model must be one of {there}, not {visible(proposal.value)!r}.")
        return proposal.value

    @t.observe("model")
    def _fit_to_the_model(self, _change: t.Bunch) -> None:
        """Another model has other heads, so all are put back; only an encoder compares two sentences."""
        self.restore()
        compares = "both ways" in self.model
        self.controls["other"].layout.display = None if compares else "none"


def predicted(
    model: nn.Module, reading: HeadReading, before: dict[str, Tensor], after: dict[str, Tensor], changed: bool
) -> tuple[dict, dict, str]:
    """Return bars, strip and sentence for a decoder: what comes next, and how much each token surprises it."""
    chances = torch.stack([before["next"], after["next"]][: 1 + changed])  # [series vocab]
    likely = chances.amax(dim=0).topk(BEST).indices.tolist()  # [vocab] -> [best]
    cost = torch.cat([torch.zeros(1), after["surprise"] - before["surprise"]])  # the first token has nothing before it
    limit = max(1.0, cost.abs().max().item())
    bars = dict(
        labels=[model.tokenizer.decode([i]) for i in likely], values=chances[:, likely], series=_series(changed),
        low=0.0, high=1.0, label_axis="next token", value_axis="probability",
        title=f"What comes after “{visible(reading.tokens[-1]).strip()}”",
    )  # fmt: skip
    strip = dict(
        tokens=reading.tokens, values=cost, low=-limit, high=limit, value_axis="nats more",
        title="How much more each token surprises the model than before",
    )  # fmt: skip
    means = [number(part["surprise"].mean().item()) for part in (before, after)]
    return (
        bars,
        strip,
        f"Mean surprise: {means[0]} nats a token" + f", and {means[1]} without." * changed + "." * (not changed),
    )


def alike(
    _model: nn.Module, reading: HeadReading, before: dict[str, Tensor], after: dict[str, Tensor], changed: bool
) -> tuple[dict, dict, str]:
    """Return bars, strip and sentence for an encoder: how alike two sentences are, and how far each vector moved."""
    moved = 1 - F.cosine_similarity(before["vectors"], after["vectors"], dim=-1)  # [time d_model] -> [time]
    values = [[part["alike"].item()] for part in (before, after)][: 1 + changed]
    bars = dict(
        labels=["your text and the other one"], values=values, series=_series(changed), low=-1.0, high=1.0,
        label_axis="", value_axis="cosine", title="How alike the two sentences are",
    )  # fmt: skip
    strip = dict(
        tokens=reading.tokens, values=moved, low=-1.0, high=1.0, value_axis="1 − cosine",
        title="How far the vector of each token has moved",
    )  # fmt: skip
    return bars, strip, ""


def _series(changed: bool) -> list[str]:
    return ["the whole model", "without the deleted heads"] if changed else []
