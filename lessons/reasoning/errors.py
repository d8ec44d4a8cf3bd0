"""Where a chain goes wrong first, and in what way.

    first_error(problem, "May: 5 - 2 = 4. The answer is 4.")        # Mistake("arithmetic", step=0)

Only the first mistake counts: what comes after it may be right reasoning from something wrong.
"""

from dataclasses import dataclass

from lessons.reasoning.answers import answer_of
from lessons.reasoning.chains import Step, read_chain
from lessons.reasoning.problems import Problem

KINDS = {
    "months": "a month is left out, comes twice, or stands in the wrong place",
    "story": "the equation is not what the story tells of this month",
    "carried": "the equation takes up another number than the one computed before",
    "arithmetic": "the equation is false",
    "answer": "the chain is right, but the answer is another number, or none",
}
"""What can go wrong, in the order in which it is looked for."""


@dataclass(frozen=True)
class Mistake:
    """The first mistake of a chain."""

    kind: str  # a key of KINDS
    step: int  # of the right chain, from 0 on; for "answer", and for a month too many, the number of steps


def first_error(problem: Problem, text: str) -> Mistake | None:
    """The first mistake in a reply, which was asked for with a chain; None where chain and answer are right."""
    steps = read_chain(text)
    for place, right in enumerate(problem.steps):
        if place >= len(steps) or steps[place].month != right.month:
            return Mistake("months", place)
        if kind := _wrong(steps[place], right):
            return Mistake(kind, place)
    if len(steps) > len(problem.steps):
        return Mistake("months", len(problem.steps))
    return None if answer_of(text) == problem.answer else Mistake("answer", len(problem.steps))


def _wrong(step: Step, right: Step) -> str:
    """The kind of the first mistake in a step that all before was right for; "" for none."""
    if len(step.equations) != len(right.equations):
        return "story"
    for number, (equation, true) in enumerate(zip(step.equations, right.equations, strict=True)):
        if len(right.equations) == 1:
            told = equation.right == true.right  # 23 + 5: the story tells the 5
        else:
            told = number > 0 or (equation.left, equation.right) == (true.left, true.right)  # boxes, and things in each
        if equation.sign != true.sign or not told:
            return "story"
        if (equation.left, equation.right) != (true.left, true.right):
            return "carried"
        if not equation.holds:
            return "arithmetic"
    return ""
