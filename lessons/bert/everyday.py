"""What a masked model knows of everyday things: sixty blanks, asked as a student would ask them."""

from dataclasses import dataclass

import torch

from lessons.bert.blanks import fill
from lessons.bert.models import MaskedLanguageModel
from lessons.text.everyday import EVERYDAY, MASK, Blank


@dataclass(frozen=True)
class Answered:
    """One blank, and what the model says."""

    blank: Blank
    words: tuple[str, ...]  # the best ones, the best first

    @property
    def right(self) -> bool:
        """Whether a word that fits is among them."""
        return not set(self.words).isdisjoint(self.blank.answers)


def ask_everyday(model: MaskedLanguageModel, best: int = 10) -> list[Answered]:
    """The answers of a model with a tokenizer to all blanks of `lessons.text.everyday`."""
    answered = []
    for blank in EVERYDAY:
        ids = torch.tensor(model.tokenizer.encode(blank.text).ids)
        place = ids.tolist().index(model.tokenizer.special(MASK))
        (guess,) = fill(model, ids, [place], best)
        answered.append(Answered(blank, tuple(model.tokenizer.token(i) for i in guess.words)))
    return answered
