"""How often a model answers right after so many examples, all numbers of examples in one pass.

    marks = exact_matches(model, exercises)     # [exercise pair]: whether each answer is right as a whole

The answer is the one that greedy generation would give. It need not be generated: an answer is generated right if and
only if the model, given the right characters so far, finds each next one the most likely. So one pass over the text
marks the answer to the first pair, without an example, and that to the ninth, after eight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lessons.core.bootstrap import Interval, bootstrap
from lessons.core.modes import evaluating
from lessons.gpt.in_context import Exercise, draw_exercises, known
from lessons.gpt.llama import Llama


def batch_ids(model: Llama, exercises: Sequence[Exercise]) -> Int[Tensor, "batch time"]:
    """The texts in tokens, on the CPU. Behind a text that is shorter than the longest stands token 0."""
    texts = [torch.tensor(model.tokenizer.encode(exercise.text).ids) for exercise in exercises]
    return torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)


@torch.no_grad()
def exact_matches(model: Llama, exercises: Sequence[Exercise]) -> Bool[Tensor, "..."]:
    """Whether each answer is right as a whole, its end included, after the pairs before it: [exercise pair].

    All exercises have equally many pairs.
    """
    ids = batch_ids(model, exercises)
    with evaluating(model):
        likely = model(ids[:, :-1].to(model.embed.weight.device)).argmax(dim=-1).cpu()
    right = torch.cat([torch.zeros(len(ids), 1, dtype=torch.bool), likely == ids[:, 1:]], dim=1)  # [exercise time]
    rows = [[bool(row[place].all()) for place in e.answers] for row, e in zip(right, exercises, strict=True)]
    return torch.tensor(rows)


@dataclass(frozen=True)
class Curve:
    """How often answers are right after 0, 1, 2, … examples."""

    model: list[Interval]  # the share that the model answers right, with 95 % of what other rules would have given
    ideal: list[float]  # the share that an ideal observer knows, see `in_context.known`


def learning_curve(model: Llama, family: str, rules: int = 200, seed: int = 0) -> Curve:
    """The curve of a model on so many rules that it was not trained on. The same seed gives the same rules."""
    exercises = draw_exercises(family, rules, seed)
    right = exact_matches(model, exercises)
    ideal = torch.tensor([known(family, exercise.pairs) for exercise in exercises]).double().mean(dim=0)
    return Curve([bootstrap(column.tolist()) for column in right.T], ideal.tolist())
