"""Lesson 00: a first instrument. How much of each word is left in a memory that fades?

The memory is the simplest recurrence there is, ``m_t = factor * m_{t-1} + x_t``: at every step all that was
there is multiplied by the factor, and the new word comes in whole. After step ``t`` word ``s`` has the
weight ``factor ** (t - s)``. Lesson 01 meets the same power again, as a gradient.
"""

import ipywidgets as ipw
import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from widgets import controls
from widgets.explorers.explorer import Explorer, loop_of_a_message
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.token_strip import TokenStrip

FACTORS = [round(0.05 * i, 2) for i in range(21)]
MOST_WORDS = 40


def fading_weights(words: int, factors: list[float]) -> Float[Tensor, "factor step word"]:
    """Return how much of every word is left after every step, for every factor; 0 for words to come."""
    step, word = torch.arange(words)[:, None], torch.arange(words)[None, :]
    distance = (step - word).clamp(min=0)
    return torch.stack([torch.tril(float(factor) ** distance.double()) for factor in factors])


class FadingMemory(Explorer):
    """Type a sentence, move the factor, and see which words a fading memory still holds."""

    name = "A memory that fades"
    text = t.Unicode("The cat that the dog chased ran up the tree").tag(state=True)
    factor = t.Float(0.8, min=0.0, max=1.0).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.strip = TokenStrip(title="What is left after the last word", value_axis="weight")
        self.heat = HeatMap(
            title="What is left after every step",
            row_axis="after word",
            column_axis="weight of word",
            value_axis="weight",
        )
        options = [(f"{factor:.2f}", factor) for factor in FACTORS]
        parts = {
            "text": controls.text("Your sentence", self.text),
            "factor": controls.steps("Factor", options, self.factor),
        }
        super().__init__(parts, [self.strip, self.heat], **state)
        # All 21 pictures are in the page already: the slider scrubs them there, without the kernel.
        slider = self.controls["factor"]
        self.links = [ipw.jslink((slider, "index"), (view, "frame")) for view in (self.strip, self.heat)]

    @t.validate("factor")
    def _nearest_factor(self, proposal: t.Bunch) -> float:
        return min(FACTORS, key=lambda factor: abs(factor - proposal["value"]))

    def _on_state(self, change: t.Bunch) -> None:
        # A slider that moved in the page has scrubbed its pictures there already. An answer would only push it back.
        if change["name"] != "factor" or loop_of_a_message() is None:
            super()._on_state(change)

    def update(self) -> dict[str, dict]:
        """Show the weights of every word, for all factors at once."""
        words = self.text.split()
        if not words:
            raise ValueError("Your sentence is empty. Type at least one word to see what the memory holds.")
        if len(words) > MOST_WORDS:
            raise ValueError(
                f"Your sentence has {len(words)} words, and this panel shows {MOST_WORDS}. Take some away."
            )
        weights = fading_weights(len(words), FACTORS)
        frame = FACTORS.index(self.factor)
        ends = {"low": 0.0, "high": 1.0, "frame": frame}
        return {
            "strip": dict(tokens=words, values=weights[:, -1], **ends),
            "heat": dict(values=weights[:, None], row_labels=words, column_labels=words, **ends),
        }
