"""Prompts for a model of general texts: some problems with their answers, and then the problem.

    standard_prompt([ROGER], question)      # Q: … A: The answer is 11.             Q: … A:
    chain_prompt([ROGER], question)         # Q: … A: Roger … The answer is 11.     Q: … A:
    step_by_step_prompt(question)           # Q: … A: Let's think step by step.

The first two differ in nothing but the chains of the exemplars (Wei et al. 2022, "Chain-of-Thought Prompting Elicits
Reasoning in Large Language Models"); the third needs no exemplar (Kojima et al. 2022, "Large Language Models are
Zero-Shot Reasoners"). The two well-known problems are those of Wei et al. in our own words, with their numbers. What
differs: Kojima et al. ask a second time, to have the answer named; we read it from the first reply.
"""

from collections.abc import Sequence
from dataclasses import dataclass

STOP = ("\nQ:",)
"""Where a reply ends: models like to go on with a question of their own."""


@dataclass(frozen=True)
class Exemplar:
    """A problem with its solution. ValueError where the question or the chain is empty."""

    question: str
    chain: str  # the thoughts, without the sentence that names the answer
    answer: int

    def __post_init__(self) -> None:
        for name in ("question", "chain"):
            if not getattr(self, name).strip():
                raise ValueError(f"The {name} of an exemplar is empty: write a sentence or more.")


ROGER = Exemplar(
    question="Roger owns 5 tennis balls. He gets 2 more cans of tennis balls, and there are 3 balls in each can. "
    "How many tennis balls does he own now?",
    chain="Roger began with 5 balls. 2 cans of 3 balls each are 2 * 3 = 6 balls. 5 + 6 = 11.",
    answer=11,
)
CAFETERIA = Exemplar(
    question="There were 23 apples in the cafeteria. The cooks used 20 of them for lunch, and then 6 more were bought. "
    "How many apples are there now?",
    chain="The cafeteria began with 23 apples. 20 were used, so there were 23 - 20 = 3. Then 6 were bought: 3 + 6 = 9.",
    answer=9,
)


def standard_prompt(exemplars: Sequence[Exemplar], question: str) -> str:
    """Every exemplar with its answer alone, and the question. There may be no exemplars. ValueError: empty question."""
    return _prompt([(exemplar.question, _answer(exemplar)) for exemplar in exemplars], question)


def chain_prompt(exemplars: Sequence[Exemplar], question: str) -> str:
    """Every exemplar with its chain and then its answer, and the question. ValueError for an empty question."""
    return _prompt([(exemplar.question, f"{exemplar.chain} {_answer(exemplar)}") for exemplar in exemplars], question)


def step_by_step_prompt(question: str) -> str:
    """No exemplar, but the beginning of a chain. ValueError for an empty question."""
    return _prompt([], question) + " Let's think step by step."


def _answer(exemplar: Exemplar) -> str:
    return f"The answer is {exemplar.answer}."


def _prompt(solved: list[tuple[str, str]], question: str) -> str:
    if not question.strip():
        raise ValueError("The question is empty: write a sentence or more.")
    return "".join(f"Q: {first}\nA: {then}\n\n" for first, then in solved) + f"Q: {question.strip()}\nA:"
