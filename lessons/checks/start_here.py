"""Lesson 00: one easy check and two questions that show how exercises and predictions work.

The exercise is the smallest recurrent memory: it fades by a factor at every step and takes in the new input,
m_t = factor * m_{t-1} + x_t. It is a linear RNN with the identity as its matrices, and comes back in lesson
01.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.check import Check, Misconception
from lessons.checks.question import Choice, Estimate


def _fade(memory: Float[Tensor, "hidden"], x: Float[Tensor, "hidden"], factor: float) -> Float[Tensor, "hidden"]:
    return factor * memory + x


def _fade_cases(generator: Generator) -> list[tuple]:
    def vector(hidden: int) -> Tensor:
        return torch.randn(hidden, generator=generator, dtype=torch.float64)

    return [(vector(3), vector(3), 0.9), (vector(5), vector(5), 0.5), (vector(4), vector(4), 1.1)]


fade = Check(
    title="A memory that fades",
    reference=_fade,
    cases=_fade_cases,
    differentiable=True,
    misconceptions=[
        Misconception(
            "forgot to fade",
            "The factor seems to play no part. What should happen to the old memory before the input arrives?",
            lambda memory, x, factor: memory + x,
        ),
        Misconception(
            "faded the new input too",
            "The input of this very step comes out smaller as well. Which of the two parts is old?",
            lambda memory, x, factor: factor * (memory + x),
        ),
        Misconception(
            "faded the input in place of the memory",
            "The factor seems to sit on the wrong part. Which of the two is old?",
            lambda memory, x, factor: memory + factor * x,
        ),
        Misconception(
            "forgot the new input",
            "The result does not depend on x. Where does something new come in?",
            lambda memory, x, factor: factor * memory,
        ),
        Misconception(
            "took a weighted average",
            "The two parts seem to share the weight between them. Look at the formula: what stands before x_t?",
            lambda memory, x, factor: factor * memory + (1 - factor) * x,
        ),
    ],
)

ask_first = Choice(
    key="00.first",
    text="The memory fades by 0.5 at every step and takes in a 1 at each of ten steps. Which input counts most?",
    options=("the first", "the last", "all count the same"),
    answer=1,
    why="Every step halves what came before: the last input counts 1, the first 0.5^9, about 0.002.",
)

ask_half = Estimate(
    key="00.half",
    text="The memory fades by 0.9 at every step. After how many steps is less than half of an input left?",
    answer=7,
    within=1.5,
    unit="steps",
    why="0.9^6 is 0.53 and 0.9^7 is 0.48.",
)
