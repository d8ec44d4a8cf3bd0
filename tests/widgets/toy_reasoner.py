"""A reasoner for tests: an untrained model with its words, and replies that are written for it."""

from collections.abc import Callable, Sequence
from functools import cache

from lessons.core.seed import seeded
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.reasoning.answers import answer_of
from lessons.reasoning.problems import Problem
from lessons.reasoning.prompts import WAYS, response
from lessons.reasoning.reasoner import Reply
from lessons.reasoning.vocabulary import tokenizer

Writer = Callable[[Problem, str, str, int], str]
"""Problem, way, the beginning of the reply and the number in the batch -> all that is replied."""


@cache
def toy_reasoner() -> Llama:
    """A tiny untrained model with the reasoner's words. Nobody changes it."""
    words = tokenizer()
    with seeded(3):
        model = Llama(LlamaConfig(len(words), 8, layers=1, heads=2, key_value_heads=1, d_head=4, d_ff=12, context=256))
    model.tokenizer = words
    return model.eval()


def right_reply(problem: Problem, way: str, begun: str, i: int) -> str:
    return response(problem, way)


class Asked:
    """Stands in for `ask`: replies what a function writes, and keeps what it was asked."""

    def __init__(self, writer: Writer = right_reply) -> None:
        self.writer, self.calls, self.questions = writer, [], []

    def __call__(
        self,
        model: object,
        problems: Sequence[Problem],
        way: str = "chain",
        begun: Sequence[str] | None = None,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Reply]:
        self.calls.append((len(problems), way, temperature, seed))
        self.questions += [(problem.question, way) for problem in problems]
        replies = []
        for i, (problem, first) in enumerate(zip(problems, begun or [""] * len(problems), strict=True)):
            text = self.writer(problem, way, first, i)
            answer = answer_of(f"{WAYS[way]} {text}")
            replies.append(Reply(text, answer, answer == problem.answer, "end"))
        return replies
