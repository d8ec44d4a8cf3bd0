"""Asking the small reasoner: many problems at once, directly or with a chain of thought (Wei et al. 2022).

    model = zoo.load("reasoner")
    replies = ask(model, held_out_problems(4, 40), "chain")
    replies[0].text          # "May: 5 - 2 = 3. June: … The answer is 23."
    accuracy(replies)        # Interval(mean=…, low=…, high=…)

The weights are those of one model, and so are the problems: all that differs is the beginning of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from lessons.core.bootstrap import Interval, bootstrap
from lessons.gpt.decoding import Decoding
from lessons.gpt.generate import generate
from lessons.reasoning.answers import answer_of
from lessons.reasoning.problems import MOST_EVENTS, TRAINED_EVENTS, Problem, held_out_problems
from lessons.reasoning.prompts import WAYS, prompt

TOKENS = 15 * MOST_EVENTS + 10  # room for the longest chain, of 14 tokens an event, and for the answer


@dataclass(frozen=True)
class Reply:
    """What the model said to one problem."""

    text: str  # all that follows the prompt, with what it was given to begin with
    answer: int | None  # None where it gave none, or did not come to an end
    right: bool  # whether that is the problem's answer
    ended: str  # as in `lessons.gpt.generate.Step`: "end" where the model came to an end by itself


def ask(
    model: nn.Module,
    problems: Sequence[Problem],
    way: str = "chain",
    begun: Sequence[str] | None = None,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[Reply]:
    """One reply to every problem, all in one batch. A problem may stand there several times, to draw several chains.

    way: "direct" or "chain". begun: for every problem the first words of its reply, which the model goes on from.
    temperature: 0 takes the most probable token; above, tokens are drawn, with `seed`. ValueError.
    """
    begun = [""] * len(problems) if begun is None else begun
    if len(begun) != len(problems):
        raise ValueError(f"There are {len(problems)} problems, but beginnings for {len(begun)}: give one for each.")
    prompts = [f"{prompt(problem, way)} {first}" for problem, first in zip(problems, begun, strict=True)]
    replies = []
    written = generate(model, prompts, TOKENS, Decoding(temperature=temperature), seed=seed)
    for problem, first, more in zip(problems, begun, written, strict=True):
        text = _joined(model, first, more.ids[:-1] if more.ended == "end" else more.ids)
        answer = answer_of(text) if more.ended == "end" else None
        replies.append(Reply(text, answer, answer == problem.answer, more.ended))
    return replies


def accuracy(replies: Sequence[Reply]) -> Interval:
    """The share of right replies, 0 to 1, and how far other problems could have moved it. ValueError for none."""
    return bootstrap([reply.right for reply in replies])


def by_events(
    model: nn.Module, events: Sequence[int] = range(1, TRAINED_EVENTS + 1), problems: int = 40, seed: int = 0
) -> dict[str, list[Interval]]:
    """For both ways the accuracy at every number of events, on so many held-out problems. ValueError as those have."""
    return {
        way: [accuracy(ask(model, held_out_problems(count, problems, seed), way)) for count in events] for way in WAYS
    }


def _joined(model: nn.Module, first: str, ids: list[int]) -> str:
    """The first words and the tokens that follow them, with the spaces where they belong."""
    return model.tokenizer.decode(model.tokenizer.encode(first).ids + ids)
