"""The tree of what could have been, at any place of a text that was read.

The text is there already, in a cache, and the tree may begin anywhere in it. What really stands there is among the
branches, wherever it ranks. All branches of a column are read at once, as texts side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lessons.core.modes import evaluating
from widgets.explorers.next_token_reading import Reading

WIDTHS = (3, 2, 2)
"""How many branches there are at a fork, a number for each column; one more where the text goes another way."""


@dataclass(frozen=True)
class Branch:
    """A token that could stand behind its parent."""

    id: int
    parent: int  # the branch it follows, counted from 0; -1 where the tree begins
    probability: float  # the model's own, after the text and all that leads here
    stands: bool  # whether the text goes on so


@torch.inference_mode()
def grow(reading: Reading, place: int, widths: Sequence[int] = WIDTHS) -> list[Branch]:
    """The tree whose first fork is at `place`, 1 or more: column by column, the best branch of a fork first.

    Nothing grows behind a sign such as <|endoftext|>, nor beyond the model's context.
    """
    model, rest = reading.model, reading.ids[place:]
    branches: list[Branch] = []
    forks, scores = [-1], reading.logits(place)[None]  # the branches that fork, and what follows each: [batch vocab]
    cache = reading.cache_up_to(place)
    for column, width in enumerate(widths):
        first, texts = len(branches), []  # the text of the batch that each new branch goes on
        chances = scores.softmax(dim=-1)
        best = chances.topk(min(width, chances.shape[-1])).indices.tolist()
        for text, (fork, ids) in enumerate(zip(forks, best, strict=True)):
            stands = rest[column] if column < len(rest) and (fork < 0 or branches[fork].stands) else None
            ids += [stands] * (stands is not None and stands not in ids)
            branches += [Branch(i, fork, chances[text, i].item(), i == stands) for i in ids]
            texts += [text] * len(ids)
        forks = [i for i in range(first, len(branches)) if branches[i].id not in model.tokenizer.signs]
        if not forks or column == len(widths) - 1 or cache.length == model.config.context:
            break
        cache.choose(torch.tensor([texts[i - first] for i in forks]))
        unread = torch.tensor([[branches[i].id] for i in forks], device=next(model.parameters()).device)
        with evaluating(model):
            scores = model.unembed(model.hidden(unread, cache=cache)[:, -1])  # [batch time=1 d_model] -> [batch vocab]
    return branches
