"""A chain of thought as equations, and the way from its words to them and back.

    May: 5 - 2 = 3. June: 5 * 4 = 20, 3 + 20 = 23. The answer is 23.

A step is a month and one equation or more; the last result of a step is what the next one begins with. A model may
write anything, so `read_chain` takes what it finds and leaves the rest out: a wrong equation is read as it stands.
"""

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
EQUATION = re.compile(r"(\d+) ?([-+*/]) ?(\d+) ?= ?(\d+)")
STEP = re.compile(r"([A-Z][a-z]+) ?:([^.:]*)")


@dataclass(frozen=True)
class Equation:
    """left sign right = result, true or not."""

    left: int
    sign: str  # + - * or /
    right: int
    result: int

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right} = {self.result}"

    @property
    def computed(self) -> int | None:
        """What should stand as the result; None where that is no whole number."""
        if self.sign == "/":
            return self.left // self.right if self.right and self.left % self.right == 0 else None
        return OPERATIONS[self.sign](self.left, self.right)

    @property
    def holds(self) -> bool:
        """Whether it is true."""
        return self.computed == self.result


@dataclass(frozen=True)
class Step:
    """What a chain says of one month."""

    month: str
    equations: tuple[Equation, ...]  # one or more

    def __str__(self) -> str:
        return f"{self.month}: {', '.join(map(str, self.equations))}."

    @property
    def result(self) -> int:
        """What there is after it."""
        return self.equations[-1].result


def written(steps: Sequence[Step]) -> str:
    """The words of a chain, without the answer."""
    return " ".join(map(str, steps))


def read_chain(text: str) -> tuple[Step, ...]:
    """The steps that a text holds, in its order: a name, a colon, and equations up to the full stop. May be empty."""
    steps = []
    for month, rest in STEP.findall(text):
        equations = tuple(Equation(int(a), sign, int(b), int(c)) for a, sign, b, c in EQUATION.findall(rest))
        if equations:
            steps.append(Step(month, equations))
    return tuple(steps)
