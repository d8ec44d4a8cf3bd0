"""Lesson 05: what a masked model trains on. Move the rates, the seed and the epoch, and see what becomes of your text.

The strip above is what the model reads, the one below what the loss asks of it. The masking is that of
``lessons.bert.masking``.
"""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import torch
import traitlets as t
from torch import Tensor, nn

from lessons.attention.heads import encode
from lessons.bert.blanks import MASK
from lessons.bert.masked_text import Masker
from lessons.bert.masking import IGNORE, KEPT, MASKED, RANDOM, UNTOUCHED, Masked, Masking, epoch_generator
from lessons.text.tokenizer import Encoded
from widgets import controls
from widgets.explorers.blanks import TITLES
from widgets.explorers.explorer import Explorer
from widgets.explorers.model_choice import ModelChoice, Models
from widgets.instruments.bars import Bars
from widgets.instruments.token_strip import TokenStrip

OPENING = (
    "My mother poured some milk into her tea, and my father read the newspaper. "
    "The unfriendly cat sat under the table and slept."
)
EPOCHS = 40
BERT_READS = 512
"""Tokens of the longest text; a small model reads fewer."""
COPIES = {"static: in every epoch the same": 1, "BERT: ten copies in turn": 10, "dynamic: in every epoch anew": None}
"""How a panel calls the number of masked copies of `epoch_generator`."""
FATES = {
    UNTOUCHED: "not chosen",
    MASKED: f"chosen, hidden by {MASK}",
    RANDOM: "chosen, replaced at random",
    KEPT: "chosen, kept as it is",
}

masker_of = lru_cache(maxsize=2)(Masker)
"""A masker reads the whole vocabulary once."""


class MaskingExplorer(Explorer):
    """Type a text and see which tokens are hidden, replaced, kept, and asked for, from epoch to epoch.

    ``models`` maps a title to a function that gives a model; the tokenizer of the first is used. Left out, the models
    are those of the lesson.
    """

    name = "What is masked"
    text = t.Unicode(OPENING).tag(state=True)
    rate = t.Float(0.15, min=0, max=1).tag(state=True)
    """The chance of a token to be chosen."""
    masked = t.Float(0.8, min=0, max=1).tag(state=True)
    """The share of the chosen tokens that is hidden by [MASK]."""
    random = t.Float(0.1, min=0, max=1).tag(state=True)
    """The share of the chosen tokens that is replaced at random. What remains is kept."""
    whole_words = t.Bool(False).tag(state=True)
    way = t.Enum(list(COPIES), "dynamic: in every epoch anew").tag(state=True)
    epoch = t.Int(1, min=1, max=EPOCHS).tag(state=True)
    """From 1 to 40."""
    seed = t.Int(0, min=0, max=99).tag(state=True)

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = ModelChoice(models, TITLES)
        self._title = self._models.first()
        self.strip = TokenStrip(value_axis="fate:")
        self.labels = TokenStrip(value_axis="label:")
        self.bars = Bars(label_axis="tokens", value_axis="how many")
        parts = {
            "text": controls.area("Your text", self.text, rows=2),
            "rate": controls.slider("Chosen, of all tokens", self.rate, 0.0, 1.0, 0.05),
            "masked": controls.slider(f"Hidden by {MASK}, of the chosen", self.masked, 0.0, 1.0, 0.05),
            "random": controls.slider("Replaced at random, of the chosen", self.random, 0.0, 1.0, 0.05),
            "way": controls.choice("Masking", list(COPIES), self.way),
            "epoch": controls.slider("Epoch", self.epoch, 1, EPOCHS, 1),
            "seed": controls.slider("Seed", self.seed, 0, 99, 1),
            "whole_words": controls.toggle("Whole words", self.whole_words),
        }
        super().__init__(parts, [self.strip, self.labels, self.bars], **state)

    def update(self) -> dict[str, dict]:
        """Show what is read, what is asked, and how many tokens met which fate."""
        masking = self._masking()
        model = self._models.model(self._title)
        encoded, cut = self._encode(model)
        masker, ids = masker_of(model.tokenizer), torch.tensor([encoded.ids])
        draws = [self._draw(masker, ids, masking, epoch) for epoch in range(EPOCHS)]
        now, may = draws[self.epoch - 1], masker.maskable(ids)[0].tolist()
        counts = torch.stack([fate_counts(draw) for draw in draws])  # [epoch fate]
        kept = round(1 - masking.masked - masking.random, 2)  # no rest of a rounding in place of 0
        expected = sum(may) * masking.rate * torch.tensor([1.0, masking.masked, masking.random, kept])
        said = self._in_words(counts, expected, sum(may))
        return {
            "strip": dict(
                title="What the model reads", tokens=read_tokens(encoded, now, model.tokenizer.token),
                values=now.fate[0], categories=list(FATES.values()), notes=notes(encoded, now, may),
            ),
            "labels": labels_strip(encoded, now),
            "bars": dict(
                labels=["chosen", *(fate.removeprefix("chosen, ") for fate in list(FATES.values())[1:])],
                values=torch.stack([counts[self.epoch - 1], counts.mean(dim=0), expected]), low=0.0,
                high=max(1.0, counts.max().item()),
                series=[f"epoch {self.epoch}", f"mean of {EPOCHS} epochs", "expected"],
                title=f"Of {counted(sum(may))} that may be chosen",
            ),
            "note": " ".join(filter(None, (self._models.missing, cut, said))),
        }  # fmt: skip

    def _encode(self, model: nn.Module) -> tuple[Encoded, str]:
        """The text in tokens, and what there is to say about it."""
        whole, longest = model.tokenizer.encode(self.text), model.config.context
        if len(whole) > 2 and all(whole.special):  # [CLS] and [SEP] alone are an empty text
            raise ValueError("Your text is nothing but signs, and signs are never masked: type a word beside them.")
        encoded, said = encode(model, self.text, longest)
        if len(whole) > longest < BERT_READS:
            said = f"{said} This small model reads {longest} tokens at most, where BERT reads {BERT_READS}."
        return encoded, said

    def _masking(self) -> Masking:
        return Masking(*(round(share, 2) for share in (self.rate, self.masked, self.random)))

    @t.observe("masked", "random")
    def _make_room(self, change: t.Bunch) -> None:
        """Both are shares of the chosen tokens, together at most all: where one grows, the other one gives way."""
        other = "random" if change["name"] == "masked" else "masked"
        setattr(self, other, min(getattr(self, other), round(1 - change["new"], 2)))

    def _draw(self, masker: Masker, ids: Tensor, masking: Masking, epoch: int) -> Masked:
        """epoch: counted from 0."""
        return masker.mask(ids, masking, epoch_generator(self.seed, epoch, COPIES[self.way]), self.whole_words)

    def _in_words(self, counts: Tensor, expected: Tensor, may: int) -> str:
        if not may:
            return "No token of this text can be chosen: signs never are, nor what the model does not know."
        chosen, hidden, replaced, kept = (int(count) for count in counts[self.epoch - 1])
        if not self.rate:
            return "At a rate of 0 nothing is hidden and nothing asked: there is nothing to learn."
        sentences = [
            f"{chosen} of {counted(may)} {'is' if 1 in (chosen, may) else 'are'} chosen: {hidden} hidden, {replaced} "
            f"replaced at random, {kept} kept. The loss asks for the chosen ones alone."
        ]
        if chosen == may:
            sentences.append("Every token is asked for, and hardly any is left to tell it from.")
        if COPIES[self.way] == 1:
            sentences.append(f"Static masking: all {EPOCHS} epochs show this one draw.")
        else:
            mean, wanted = counts[:, 0].mean().item() / may, expected[0].item() / may
            sentences.append(
                f"Over {EPOCHS} epochs {percent(mean, 1)} are chosen on average, where {percent(wanted)} are expected."
            )
        return " ".join(sentences)


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a person reads it."""
    return f"{100 * share:.{digits}f} %"


def counted(count: int) -> str:
    """Write a number of tokens as a person reads it."""
    return f"{count} token" if count == 1 else f"{count} tokens"


def fate_counts(draw: Masked) -> Tensor:
    """Return how many tokens were chosen, and of these hidden, replaced and kept: 4 numbers."""
    found = Counter(draw.fate[0].tolist())
    each = [found[fate] for fate in (MASKED, RANDOM, KEPT)]
    return torch.tensor([float(sum(each)), *each])


def read_tokens(encoded: Encoded, draw: Masked, token: Callable[[int], str]) -> list[str]:
    """Return what the model reads: what was typed, where it still stands. ``token`` gives the word of an id."""
    changed = {MASKED: lambda i: MASK, RANDOM: token}
    read = zip(encoded.tokens, draw.fate[0].tolist(), draw.ids[0].tolist(), strict=True)
    return [changed[fate](i) if fate in changed else typed for typed, fate, i in read]


def notes(encoded: Encoded, draw: Masked, may: list[bool]) -> list[str]:
    """Return in a few words what has happened to each token, and why; nothing for one that was not chosen."""
    said = {UNTOUCHED: "", MASKED: "was {}", RANDOM: "random, was {}", KEPT: "kept, but asked"}
    tokens = zip(encoded.tokens, draw.fate[0].tolist(), may, encoded.special, strict=True)
    return [
        said[fate].replace("{}", token) if maskable else "never: a sign" if special else "never: not known"
        for token, fate, maskable, special in tokens
    ]


def labels_strip(encoded: Encoded, draw: Masked) -> dict:
    """Return what the loss asks for: the token that was there, or nothing."""
    asked = draw.labels[0] != IGNORE
    ignore = f"−{-IGNORE}"
    tokens = [token if wanted else ignore for token, wanted in zip(encoded.tokens, asked.tolist(), strict=True)]
    names = [f"{ignore}: the loss does not ask", "the loss asks for this token"]
    return dict(tokens=tokens, values=asked.float(), categories=names, title="What the loss asks: the labels")
