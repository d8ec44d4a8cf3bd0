"""Train short, test long: what happens beyond the length that a model was trained at (Press et al. 2022, figure 1).

A model with a look-ahead mask says after every character what comes next. So one pass over windows of 4 L characters
gives the loss at every position, and the loss of shorter windows is the mean over its first part. Up to L more context
helps. Beyond L stand positions, or distances, that the model never met.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from lessons.core.modes import evaluating
from lessons.positions.model import PositionedModel

TIMES = (1, 2, 4)  # how many times the length in training a model is tested at


@dataclass(frozen=True, eq=False)
class LengthRow:
    """What one model loses, in nats a character; log(size of the vocabulary) is knowing nothing."""

    name: str
    context: int  # L, the characters of a window in training
    by_position: Float[Tensor, "time"]  # the loss of the character after each position, a mean over windows

    def nats(self, times: int) -> float | None:
        """The mean over windows of `times` L characters; None where the model cannot be asked."""
        return self._mean(0, times * self.context)

    def between(self, first: int, last: int) -> float | None:
        """The mean from `first` L up to `last` L alone: that beyond L is what a longer text costs."""
        return self._mean(first * self.context, last * self.context)

    def _mean(self, start: int, end: int) -> float | None:
        return self.by_position[start:end].mean().item() if end <= len(self.by_position) else None


def length_table(models: Mapping[str, PositionedModel], text: str, windows: int = 48) -> list[LengthRow]:
    """A row for each model, all measured on the same windows of `text`. ValueError for a text too short."""
    return [LengthRow(name, m.config.context, loss_by_position(m, text, windows)) for name, m in models.items()]


@torch.no_grad()
def loss_by_position(model: PositionedModel, text: str, windows: int = 48) -> Float[Tensor, "time"]:
    """The mean loss of the next character after 1, 2, … 4 L characters, in nats: as far as the model can be asked.

    windows: how many are taken, spread evenly over the text; each has 4 L characters, and one to predict.
    ValueError for a text that is shorter than that, or less than 1 window.
    """
    length = max(TIMES) * model.config.context + 1
    if len(text) < length or windows < 1:
        raise ValueError(f"It takes 1 window and {length} characters or more, not {windows} and {len(text)}.")
    device = next(model.parameters()).device
    ids = model.vocabulary.encode(text).to(device)
    starts = torch.linspace(0, len(ids) - length, windows).long().to(device)  # the same for every encoding
    reach = length - 1 if model.longest is None else model.longest
    pieces = ids[starts[:, None] + torch.arange(reach + 1, device=device)]  # [batch time+1]
    with evaluating(model):
        losses = [
            F.cross_entropy(model(some[:, :-1]).transpose(1, 2), some[:, 1:], reduction="none")
            for some in pieces.split(16)
        ]  # [batch time]
    return torch.cat(losses).mean(dim=0).cpu()
