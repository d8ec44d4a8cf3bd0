"""Checks and questions are found by themselves, and two with one name are an error."""

from types import ModuleType

import pytest

from lessons.checks import (
    Check,
    Estimate,
    Misconception,
    all_checks,
    all_questions,
    rnn_gradients,
    truncated_bptt,
)
from lessons.checks.arguments import normal
from lessons.checks.registry import checks_in, questions_in


def module(name: str, **values) -> ModuleType:
    made = ModuleType(f"lessons.checks.{name}")
    vars(made).update(values)
    return made


def check(title: str) -> Check:
    wrong = [Misconception(f"added {n}", "It adds.", lambda x, n=n: x + n) for n in range(1, 5)]
    return Check(title, lambda x: x, lambda generator: [(normal(generator, 2),)], wrong)


def question(key: str) -> Estimate:
    return Estimate(key=key, text="How many?", answer=1.0, why="Counted.")


def test_a_new_module_is_found_by_its_name():
    first = check("First")
    assert checks_in([module("new_lesson", first=first, other=3)]) == {"new_lesson.first": first}
    assert list(questions_in([module("new_lesson", ask=question("09.new"))])) == ["09.new"]


def test_all_are_found_under_the_names_that_notebooks_use():
    assert all_checks()["rnn_gradients.truncated_gradient"] is truncated_bptt.truncated_gradient
    assert rnn_gradients.truncated_gradient is truncated_bptt.truncated_gradient
    assert all(key == found.key for key, found in all_questions().items())


def test_one_check_that_two_modules_show_counts_once():
    shared = check("Shared")
    assert list(checks_in([module("a", shared=shared), module("b", shared=shared)])) == ["a.shared"]


def test_two_checks_with_one_title_are_an_error():
    with pytest.raises(ValueError, match="a.one and b.two have the same title, 'Same'"):
        checks_in([module("a", one=check("Same")), module("b", two=check("Same"))])


def test_two_questions_with_one_key_are_an_error():
    with pytest.raises(ValueError, match="a.one and a.two have the same key, '01.same'"):
        questions_in([module("a", one=question("01.same"), two=question("01.same"))])
