"""What SmolLM2 does with word problems, asked for the answer at once and with a chain of thought (Wei et al. 2022).

    replies()["chain"].accuracy         # Interval(mean=…, low=…, high=…)
    replies()["chain"].texts[0]         # what it wrote on the first problem

Both prompts show the same five exemplars and differ in their chains alone. The model writes greedily; its answer is
what `lessons.reasoning.answers` reads, and a reply without an answer is wrong. Wei et al. find that chains begin to
help at about a thousand times as many parameters. Here the model hardly reads the problem when it is asked for the
answer at once; with a chain it does every third problem of one step, and still hardly any of two or three.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn
from tqdm.auto import tqdm

from lessons import zoo
from lessons.core.bootstrap import Interval, bootstrap
from lessons.gpt.generate import generate
from lessons.reasoning.answers import answer_of
from lessons.reasoning.exemplars import STOP, chain_prompt, standard_prompt
from lessons.text.word_problems import EXEMPLARS, PROBLEMS, steps
from lessons.zoo.recipes import Measurement

NAME, MODEL = "word-problems-smollm2", "smollm2-135m"
WAYS = {"direct": (standard_prompt, 12), "chain": (chain_prompt, 80)}
"""Way to ask -> what builds the prompt, and how many tokens the model may write."""
BATCH = 16  # problems at a time


@dataclass(frozen=True)
class Replies:
    """What a model wrote on every problem, and how often it was right."""

    texts: list[str]
    right: list[bool]

    @property
    def accuracy(self) -> Interval:
        """The share of right answers."""
        return bootstrap(self.right)

    def accuracy_of(self, count: int) -> Interval:
        """The share among the problems of so many steps, 1 to 3."""
        return bootstrap([right for right, one in zip(self.right, PROBLEMS, strict=True) if steps(one) == count])


def replies() -> dict[str, Replies]:
    """What was measured: way -> replies. ZooError."""
    return {way: judged(found["texts"]) for way, found in zoo.measured(NAME).items()}


def judged(texts: list[str]) -> Replies:
    """The replies to the first problems, read and compared with the right answers."""
    return Replies(texts, [answer_of(text) == one.answer for text, one in zip(texts, PROBLEMS, strict=False)])


def written(model: nn.Module, way: str, first: int, last: int) -> list[str]:
    """What the model writes on the problems from number `first` to before `last`, asked in one of the WAYS."""
    build, tokens = WAYS[way]
    prompts = [build(EXEMPLARS, one.question) for one in PROBLEMS[first:last]]
    return [reply.text.strip() for reply in generate(model, prompts, tokens=tokens, stop=STOP)]


def measure(model: nn.Module) -> dict[str, Any]:
    """All problems in both ways. The means and their intervals stand there for those who read the file alone."""
    rounds = [(way, first) for way in WAYS for first in range(0, len(PROBLEMS), BATCH)]
    texts: dict[str, list[str]] = {way: [] for way in WAYS}
    for way, first in tqdm(rounds):
        texts[way] += written(model, way, first, first + BATCH)
    figures = {}
    for way, found in texts.items():
        mean = judged(found).accuracy
        figures[way] = {"accuracy": [round(value, 6) for value in (mean.mean, mean.low, mean.high)], "texts": found}
    return figures


def word_problems() -> Measurement:
    """The measurement. Greedy decoding draws nothing; the seed is that of the problems."""
    return Measurement(name=NAME, title="Word problems, direct and chain", model=MODEL, seed=0, measure=measure)
