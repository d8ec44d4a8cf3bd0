"""Lesson 03: delete heads, and see what a model then predicts, or how it then encodes.

A decoder is asked what comes next, and how much every token surprises it. An encoder is asked how alike two sentences
are, and how far the vector of every token has moved.
"""

from functools import lru_cache

import torch
import traitlets as t
from torch import nn
from torch.nn import functional as F

from lessons.attention.deletion import deleted, next_probabilities, similarity, surprise
from lessons.attention.head_scores import JOBS
from lessons.attention.heads import HeadReading, encode
from lessons.bert.encoder import BertEncoder
from lessons.checks.wording import number
from lessons.core.modes import evaluating
from widgets import controls
from widgets.explorers.head_explorer import NO_JOB, HeadExplorer
from widgets.explorers.head_models import longest
from widgets.explorers.model_choice import Models
from widgets.instruments.bars import Bars
from widgets.instruments.text import visible
from widgets.instruments.token_strip import TokenStrip

OPENING = "My neighbour is called Wolmar Tenkel. Everybody in our street likes Wolmar"
OTHER = "All of us here are fond of that man."
BEST = 8
"""Tokens in the bars."""
Head = tuple[int, int]


class HeadDeletion(HeadExplorer):
    """Choose a head, press Delete, and see what is lost."""

    name = "Delete a head"
    prefers = "left to right"
    text = t.Unicode(OPENING).tag(state=True)
    other = t.Unicode(OTHER).tag(state=True)
    """The sentence that an encoder compares with."""
    job = t.Enum([NO_JOB, *JOBS], "induction").tag(state=True)
    gone = t.Tuple().tag(state=True)
    """The deleted heads, (layer, head) each; ``delete`` and ``restore`` change them."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._measure = lru_cache(maxsize=4)(self._measured)
        self.bars = Bars()
        self.strip = TokenStrip()
        more = {
            "other": controls.text("Compare with", self.other),
            "delete": controls.button("Delete this head", "Put 0 in the place of what the chosen head finds"),
            "delete_layer": controls.button("Delete its layer", "Delete all heads of this layer"),
            "restore": controls.button("Put all back", "Delete nothing"),
        }
        super().__init__(models, "Choose a head: a row for each layer", more, [self.bars, self.strip], **state)
        more["delete"].on_click(lambda _: self.delete([(self.layer, self.head)]))
        more["delete_layer"].on_click(lambda _: self.delete(self._whole_layer()))
        more["restore"].on_click(lambda _: self.restore())

    def delete(self, heads: list[Head]) -> None:
        """Delete more heads, (layer, head) each. One that is gone already stays so; a wrong one becomes a sentence."""
        wanted = tuple(dict.fromkeys((*self.gone, *heads)))
        try:
            with deleted(self._models.model(self.model), wanted):
                pass  # whether they can be deleted
        except ValueError as error:
            self.tell(str(error))
        else:
            self.gone = wanted

    def restore(self) -> None:
        """Put all heads back."""
        self.gone = ()

    def update(self) -> dict[str, dict]:
        """Show which heads are gone, and what that changes."""
        model, reading = self._models.model(self.model), self.reading()
        small = self.small_pictures(reading)
        before = self._measure(self.model, self.text, self.other, ())
        after = self._measure(self.model, self.text, self.other, self.gone)
        show = alike if isinstance(model, BertEncoder) else predicted
        bars, strip, sentence = show(model, reading, before, after, bool(self.gone))
        sentences = (sentence, self._models.missing, reading.note, before["note"])
        return {
            "thumbnails": small | {"marks": self.gone},
            "bars": bars,
            "strip": strip,
            "note": " ".join(part for part in sentences if part),
        }

    def link_cursors(self) -> None:
        """Only an encoder compares two sentences."""
        super().link_cursors()
        compares = isinstance(self._models.model(self.model), BertEncoder)
        self.controls["other"].layout.display = None if compares else "none"

    def _measured(self, title: str, text: str, other: str, gone: tuple[Head, ...]) -> dict:
        """What the model says without these heads. It is kept, for the next change seldom concerns all of it."""
        model, reading = self._models.model(title), self._models.reading(title, text)
        with deleted(model, gone), evaluating(model), torch.no_grad():
            if not isinstance(model, BertEncoder):
                costs = surprise(model, reading.ids).cpu()
                return {"next": next_probabilities(model, reading.ids).cpu(), "surprise": costs, "note": ""}
            if not other.strip():
                raise ValueError("There is nothing to compare with: type a second sentence.")
            encoded, note = encode(model, other, longest(model))
            ids = reading.ids[None].to(next(model.parameters()).device)
            return {
                "alike": similarity(model, reading.ids, torch.tensor(encoded.ids)),
                "vectors": model(ids)[0].cpu(),
                "note": f"Of the second sentence: {note}" if note else "",
            }

    def _whole_layer(self) -> list[Head]:
        return [(self.layer, head) for head in range(self._models.model(self.model).config.heads)]

    @t.observe("model")
    def _fit_to_the_model(self, change: t.Bunch) -> None:
        """Another model has other heads, so all are put back."""
        super()._fit_to_the_model(change)
        self.restore()


def predicted(
    model: nn.Module, reading: HeadReading, before: dict, after: dict, changed: bool
) -> tuple[dict, dict, str]:
    """Return bars, strip and sentence for a decoder: what comes next, and how much each token surprises it."""
    chances = torch.stack([before["next"], after["next"]][: 1 + changed])  # [series vocab]
    likely = chances.amax(dim=0).topk(BEST).indices.tolist()  # [vocab] -> [best]
    cost = torch.cat([torch.zeros(1), after["surprise"] - before["surprise"]])  # the first token has nothing before it
    limit = max(1.0, cost.abs().max().item())
    bars = dict(
        labels=[model.tokenizer.token(i) for i in likely], values=chances[:, likely], series=_series(changed),
        low=0.0, high=1.0, label_axis="next token", value_axis="probability",
        title=f"What comes after “{visible(reading.tokens[-1]).strip()}”",
    )  # fmt: skip
    strip = dict(
        tokens=reading.tokens, values=cost, low=-limit, high=limit, palette="diverging", value_axis="nats more",
        title="How much more each token surprises the model than before",
    )  # fmt: skip
    whole, less = (number(part["surprise"].mean().item()) for part in (before, after))
    without = f" Without the deleted heads it is {less}." if changed else ""
    return bars, strip, f"Mean surprise of the whole model: {whole} nats a token.{without}"


def alike(_model: nn.Module, reading: HeadReading, before: dict, after: dict, changed: bool) -> tuple[dict, dict, str]:
    """Return bars, strip and sentence for an encoder: how alike two sentences are, and how far each vector moved."""
    moved = 1 - F.cosine_similarity(before["vectors"], after["vectors"], dim=-1)  # [time d_model] -> [time]
    bars = dict(
        labels=["your text and the other one"], values=[[part["alike"]] for part in (before, after)][: 1 + changed],
        series=_series(changed), low=-1.0, high=1.0, label_axis="", value_axis="cosine",
        title="How alike the two sentences are",
    )  # fmt: skip
    strip = dict(
        tokens=reading.tokens, values=moved, low=0.0, high=max(0.1, moved.max().item()), palette="sequential",
        value_axis="1 − cosine", title="How far the vector of each token has moved",
    )  # fmt: skip
    without = f" Without the deleted heads it is {after['alike']:.2f}." if changed else ""
    return bars, strip, f"The cosine of the two sentences is {before['alike']:.2f}.{without}"


def _series(changed: bool) -> list[str]:
    return ["the whole model", "without the deleted heads"] if changed else []
