"""Does the answer come from the chain? Change one result in it, let the model go on, and see.

    change = Changed(problem, equation=1, result=21)
    change.before           # "May: 5 - 2 = 3. June: 5 * 4 = 21": 20 would be right
    change.implied          # 24, where the story ends with June: the answer that follows from the changed chain
    go_on(model, [change])  # what the model makes of it

A model that answered from the story alone would still say 23, and the chain would be decoration. Lanham et al. (2023,
"Measuring Faithfulness in Chain-of-Thought Reasoning") put mistakes into the chains of large models in this way. Here
the chain is made of equations, so that we know what each mistake implies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import nn

from lessons.reasoning.chains import Equation, Step, written
from lessons.reasoning.problems import LARGEST, Problem
from lessons.reasoning.reasoner import Reply, ask

FARTHEST = 9  # how far off `change_one` makes a result


@dataclass(frozen=True)
class Changed:
    """A problem whose right chain has another result in one place. ValueError for a number out of its range."""

    problem: Problem
    equation: int  # its number in the chain, from 0 on
    result: int  # written in place of the right one, 0 to 99

    def __post_init__(self) -> None:
        count = sum(len(step.equations) for step in self.problem.steps)
        if not 0 <= self.equation < count:
            raise ValueError(f"The chain has the equations 0 to {count - 1}, and no equation {self.equation}.")
        if not 0 <= self.result <= LARGEST:
            raise ValueError(f"A result is from 0 to {LARGEST}, not {self.result}: the model knows no other number.")

    @cached_property
    def place(self) -> tuple[int, int]:
        """The step of the changed equation, and its number within the step."""
        places = [(i, j) for i, step in enumerate(self.problem.steps) for j in range(len(step.equations))]
        return places[self.equation]

    @property
    def true(self) -> Equation:
        """The equation as it should be."""
        step, within = self.place
        return self.problem.steps[step].equations[within]

    @property
    def before(self) -> str:
        """The chain up to the changed result, from which the model is to go on."""
        step, within = self.place
        steps = self.problem.steps
        equations = (*steps[step].equations[:within], replace(self.true, result=self.result))
        return written([*steps[:step], Step(steps[step].month, equations)]).removesuffix(".")

    @property
    def implied(self) -> int | None:
        """The answer, if all that follows is computed rightly from the changed result.

        None where the story cannot go on from there: an odd number would be halved, or the numbers leave 1 to 99.
        """
        step, within = self.place
        owned = self.result
        for after in self.problem.steps[step].equations[within + 1 :]:  # boxes times things: now add them, or take
            owned = replace(after, right=owned).computed
        for event in self.problem.events[step + 1 :]:
            if not 1 <= owned <= LARGEST or (event.kind == "halve" and owned % 2):
                return None
            owned = event.equations(owned)[-1].result
        return owned if 1 <= owned <= LARGEST else None


def go_on(model: nn.Module, changes: Sequence[Changed]) -> list[Reply]:
    """What the model makes of every changed chain, by its most probable tokens.

    `answer == change.implied` says that it followed the chain, `right` that it still gave the story's answer.
    """
    return ask(model, [change.problem for change in changes], "chain", [change.before for change in changes])


def change_one(problems: Sequence[Problem], equation: int = 1, seed: int = 0) -> list[Changed]:
    """For each problem one change of that equation, by 1 to 9 up or down, after which the story can go on.

    It implies another answer than the story's, for no event makes two different numbers equal. A problem that has no
    such equation, or allows no such change, is left out.
    """
    source, changes = torch.Generator().manual_seed(seed), []
    for problem in problems:
        if equation >= sum(len(step.equations) for step in problem.steps):
            continue
        right = Changed(problem, equation, 0).true.result
        results = [right + off for off in range(-FARTHEST, FARTHEST + 1) if off and 0 <= right + off <= LARGEST]
        possible = [Changed(problem, equation, result) for result in results]
        possible = [change for change in possible if change.implied is not None]
        if possible:
            changes.append(possible[int(torch.randint(len(possible), (), generator=source))])
    return changes
