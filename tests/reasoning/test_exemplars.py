"""Prompts for a model of general texts."""

import re

import pytest

from lessons.reasoning.answers import answer_of
from lessons.reasoning.chains import EQUATION, Equation
from lessons.reasoning.exemplars import (
    CAFETERIA,
    ROGER,
    STOP,
    Exemplar,
    chain_prompt,
    standard_prompt,
    step_by_step_prompt,
)

TWO = [Exemplar("1 and 1?", "1 + 1 = 2.", 2), Exemplar("2 and 2?", "2 + 2 = 4.", 4)]


def test_the_standard_prompt():
    assert standard_prompt(TWO, "3 and 3?") == (
        "Q: 1 and 1?\nA: The answer is 2.\n\nQ: 2 and 2?\nA: The answer is 4.\n\nQ: 3 and 3?\nA:"
    )


def test_the_chain_prompt():
    assert chain_prompt(TWO, " 3 and 3?\n") == (
        "Q: 1 and 1?\nA: 1 + 1 = 2. The answer is 2.\n\nQ: 2 and 2?\nA: 2 + 2 = 4. The answer is 4.\n\nQ: 3 and 3?\nA:"
    )


def test_without_exemplars():
    assert standard_prompt([], "3 and 3?") == chain_prompt([], "3 and 3?") == "Q: 3 and 3?\nA:"
    assert step_by_step_prompt("3 and 3?") == "Q: 3 and 3?\nA: Let's think step by step."


def test_the_two_prompts_differ_in_the_chains_alone():
    chains = chain_prompt([ROGER, CAFETERIA], "How many?")
    for exemplar in (ROGER, CAFETERIA):
        chains = chains.replace(exemplar.chain + " ", "")
    assert chains == standard_prompt([ROGER, CAFETERIA], "How many?")


@pytest.mark.parametrize("exemplar, numbers", [(ROGER, ["5", "2", "3"]), (CAFETERIA, ["23", "20", "6"])])
def test_the_well_known_problems_are_right(exemplar, numbers):
    assert re.findall(r"\d+", exemplar.question) == numbers
    equations = [Equation(int(a), sign, int(b), int(c)) for a, sign, b, c in EQUATION.findall(exemplar.chain)]
    assert len(equations) == 2 and all(equation.holds for equation in equations)
    assert equations[-1].result == exemplar.answer
    assert answer_of(chain_prompt([exemplar], "?")) == exemplar.answer


def test_the_next_question_ends_a_reply():
    assert all(sign in standard_prompt(TWO, "3 and 3?") for sign in STOP)


def test_nothing_may_be_empty():
    for build in (lambda text: standard_prompt(TWO, text), lambda text: chain_prompt(TWO, text), step_by_step_prompt):
        with pytest.raises(ValueError, match="The question is empty"):
            build("  ")
    with pytest.raises(ValueError, match="The chain of an exemplar is empty"):
        Exemplar("1 and 1?", " ", 2)
    with pytest.raises(ValueError, match="The question of an exemplar is empty"):
        Exemplar("", "1 + 1 = 2.", 2)
