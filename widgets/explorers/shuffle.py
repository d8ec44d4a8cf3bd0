"""Lesson 04: put the words of a sentence in another order, and see what one attention block notices of it.

Without positions it notices nothing: the same vectors come out, in the new order. The block is that of
``lessons.positions.shuffle``: untrained, and without a mask.
"""

import unicodedata

import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.checks.wording import number
from lessons.core.seed import generator
from lessons.positions.encodings import ENCODINGS, TITLES
from lessons.positions.shuffle import read
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.token_strip import TokenStrip

OPENING = "the dog bites the man and runs away"
MOST = 30
"""Words that are read; more rows are not compared by anybody."""
ORDERS = 12
ROUNDING = 1e-5
"""A sum in another order is rounded in another way: float32 leaves some 1e-7 of a vector's length."""


def order_of(words: int, order: int) -> list[int]:
    """Return which word comes first, second, …: as typed for order 0, else shuffled, and never as typed."""
    typed = list(range(words))
    if not order:
        return typed
    places = torch.randperm(words, generator=generator(order)).tolist()
    return places if places != typed else [*typed[1:], *typed[:1]]


def size(change: float) -> str:
    """Write a change as a number; what is no more than rounding is 0."""
    return "0" if change < ROUNDING else number(change)


class Shuffle(Explorer):
    """Type a sentence, choose an encoding, and move the slider from order to order."""

    name = "Shuffle the words"
    text = t.Unicode(OPENING).tag(state=True)
    encoding = t.Enum(ENCODINGS, "none").tag(state=True)
    order = t.Int(1, min=0, max=ORDERS).tag(state=True)
    """0 is as typed, any other number another order. A short text has few orders: there, some numbers give the same."""

    def __init__(self, **state: object) -> None:
        self.strip = TokenStrip(value_axis="change of the word's vector")
        self.heat = HeatMap(
            title="What the block makes of each word", square=False, palette="diverging", row_axis="word",
            column_axis="dimension", value_axis="output",
        )  # fmt: skip
        parts = {
            "text": controls.text("Your sentence", self.text),
            "encoding": controls.choice("Positions", [(TITLES[name], name) for name in ENCODINGS], self.encoding),
            "order": controls.slider("Order (0: as typed)", self.order, 0, ORDERS, 1),
        }
        super().__init__(parts, [self.strip, self.heat], **state)
        self.strip.observe(lambda _: self.link_cursors(), "selected")

    def words(self) -> list[str]:
        """Return the words that are read. Two equal words are two words, with the same vector at the input."""
        return unicodedata.normalize("NFC", self.text).split()[:MOST]

    def places(self) -> list[int]:
        """Return where each word of the shuffled sentence stood before."""
        return order_of(len(self.words()), self.order)

    def update(self) -> dict[str, dict]:
        """Show how much each word's vector has changed, and the vectors of both orders, the rows on the same words."""
        words, places = self.words(), self.places()
        before = read(words, self.encoding)  # [time d_model]
        shuffled = [words[place] for place in places]
        after = torch.empty_like(before)
        after[places] = read(shuffled, self.encoding)  # back in the order as typed
        change = (after - before).norm(dim=1) / before.norm(dim=1)  # [time d_model] -> [time]
        most = change.max().item()
        return {
            "strip": dict(
                tokens=shuffled, values=change[places], low=0.0, high=most if most > ROUNDING else 1.0,
                title=f"The words in their new order: the largest change is {size(most)}"
                if self.order
                else "The words as typed",
            ),
            "heat": dict(
                values=torch.stack([before, after]), row_labels=words, panel_titles=["as typed", "in the new order"]
            ),
            "note": self._note(change, backwards=shuffled == words[::-1]),
        }  # fmt: skip

    def _note(self, change: Float[Tensor, "time"], backwards: bool) -> str:
        count = len(self.text.split())
        cut = f"Your sentence has {count:,} words. This panel reads the first {MOST}. " * (count > MOST)
        least, most = change.min().item(), change.max().item()
        if len(change) == 1:
            return f"{cut}One word has no order: type another one."
        if not self.order:
            return f"{cut}The words stand as typed, so nothing has changed. Move the slider."
        if self.encoding == "none":
            same = "Without positions every word gets the very same vector: the largest change is"
            return f"{cut}{same} {size(most)}."
        if most < ROUNDING and backwards and self.encoding == "alibi":
            side = "and ALiBi knows how far away a word is, not on which side"
            return f"{cut}This is the sentence turned around, {side}. So nothing has changed."
        if most < ROUNDING:
            return f"{cut}The new order reads the same as the old one, so nothing has changed."
        return f"{cut}With {TITLES[self.encoding]}, vectors change by {size(least)} to {size(most)} of their length."

    def link_cursors(self) -> None:
        """Move the heat map's cursor to the word that is chosen on the strip, wherever it now stands."""
        places, chosen = self.places(), self.strip.selected
        if 0 <= chosen < len(places):  # a text that has just become shorter may have lost it
            self.heat.cursor = [self.heat.cursor[0], places[chosen], self.heat.cursor[2]]
