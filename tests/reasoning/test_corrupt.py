"""Chains with one changed result."""

import pytest
import torch

from lessons.reasoning.corrupt import Changed, change_one
from lessons.reasoning.problems import Event, Problem, held_out_problems

LOSE, BOXES, HALVE = Event("lose", (2,)), Event("gain boxes", (5, 4)), Event("halve")
STORY = Problem("Maria", "pens", 7, 4, (LOSE, BOXES, LOSE))  # 5, then 20 and 25, then 23


@pytest.mark.parametrize(
    "equation, result, before, implied",
    [
        (0, 9, "May: 7 - 2 = 9", 27),
        (1, 21, "May: 7 - 2 = 5. June: 5 * 4 = 21", 24),  # within a step: the sum is still to come
        (2, 20, "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 20", 18),
        (3, 50, "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 25. July: 25 - 2 = 50", 50),
        (0, 5, "May: 7 - 2 = 5", 23),  # nothing is changed
        (2, 2, "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 2", None),  # 0 pens
        (2, 0, "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 0", None),
        (3, 0, "May: 7 - 2 = 5. June: 5 * 4 = 20, 5 + 20 = 25. July: 25 - 2 = 0", None),
    ],
)
def test_what_a_change_implies(equation, result, before, implied):
    change = Changed(STORY, equation, result)
    assert change.before == before and change.implied == implied


def test_the_true_equation():
    assert [str(Changed(STORY, i, 0).true) for i in range(4)] == [
        "7 - 2 = 5",
        "5 * 4 = 20",
        "5 + 20 = 25",
        "25 - 2 = 23",
    ]


def test_an_odd_number_cannot_be_halved():
    story = Problem("Omar", "eggs", 8, 0, (LOSE, HALVE))
    assert Changed(story, 0, 7).implied is None and Changed(story, 0, 8).implied == 4


@pytest.mark.parametrize(
    "equation, result, words", [(-1, 5, "-1"), (4, 5, "0 to 3"), (0, -1, "0 to 99"), (0, 100, "0 to 99")]
)
def test_what_cannot_be_changed(equation, result, words):
    with pytest.raises(ValueError, match=words):
        Changed(STORY, equation, result)


@pytest.mark.parametrize("equation", [0, 1, 2])
def test_changes_imply_another_answer(equation):
    problems = held_out_problems(3, 30)
    changes = change_one(problems, equation)
    assert 20 < len(changes) <= 30 and changes == change_one(problems, equation) != change_one(
        problems, equation, seed=1
    )
    for change in changes:
        assert change.problem in problems and change.equation == equation
        assert 1 <= abs(change.result - change.true.result) <= 9
        assert change.implied not in (None, change.problem.answer)
    assert len({change.result - change.true.result for change in changes}) > 8


def test_problems_without_such_an_equation_are_left_out():
    short = Problem("Maria", "pens", 7, 4, (LOSE,))
    assert [change.problem for change in change_one([short, STORY], equation=1)] == [STORY]


def test_the_draw_leaves_the_outside_randomness_alone():
    state = torch.get_rng_state()
    change_one(held_out_problems(2, 5))
    assert torch.equal(state, torch.get_rng_state())
