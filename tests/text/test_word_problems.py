"""The word problems: right, different, and of one to three steps."""

import re
from collections import Counter

import pytest

from lessons.core.seed import generator
from lessons.reasoning.answers import answer_of
from lessons.reasoning.exemplars import ROGER
from lessons.text.word_problems import (
    EACH,
    EXEMPLARS,
    LARGEST,
    OPERATIONS,
    PROBLEMS,
    STORIES,
    Story,
    problem,
    problems,
    solved,
    steps,
)

every_problem = pytest.mark.parametrize("one", [*PROBLEMS, *EXEMPLARS])


def equations(chain: str) -> list[tuple[int, str, int, int]]:
    found = re.findall(r"(\d+) ([-+*/]) (\d+) = (\d+)", chain)
    return [(int(left), sign, int(right), int(result)) for left, sign, right, result in found]


def test_there_are_enough_problems_of_every_length():
    assert len(PROBLEMS) == 12 * EACH >= 60
    assert Counter(steps(one) for one in PROBLEMS) == {1: 4 * EACH, 2: 4 * EACH, 3: 4 * EACH}
    assert 4 <= len(EXEMPLARS) <= 8 and EXEMPLARS[0] is ROGER
    assert {steps(one) for one in EXEMPLARS} == {1, 2}


@every_problem
def test_a_chain_is_right_and_ends_in_the_answer(one):
    found = equations(one.chain)
    assert len(found) == steps(one) and found[-1][3] == one.answer == answer_of(one.chain)
    for left, sign, right, result in found:
        assert OPERATIONS[sign](left, right) == result and (sign != "/" or left % right == 0)


@every_problem
def test_a_chain_starts_from_the_numbers_of_the_question_and_uses_all(one):
    told = {int(number) for number in re.findall(r"\d+", one.question)}
    known, used = set(told), set()
    for left, _, right, result in equations(one.chain):
        assert {left, right} <= known
        used |= {left, right}
        known.add(result)
    assert told <= used


@every_problem
def test_the_answer_is_small_and_not_told(one):
    assert 0 <= one.answer <= 100
    if one in PROBLEMS:  # in Roger's well-known one, too, but the exemplars keep their numbers
        assert str(one.answer) not in re.findall(r"\d+", one.question)


@every_problem
def test_it_is_one_clean_line(one):
    for text in (one.question, one.chain):
        assert text == " ".join(text.split()) and not re.search(r"[{}]", text)
    assert one.question.endswith("?") and one.question.count("?") == 1 and one.chain.endswith(".")


def test_no_problem_comes_twice_or_is_shown():
    questions = [one.question for one in (*PROBLEMS, *EXEMPLARS)]
    assert len(set(questions)) == len(questions)
    kinds = {re.sub(r"\d+|[A-Z]\w+", "", one.question) for one in PROBLEMS}
    assert not kinds & {re.sub(r"\d+|[A-Z]\w+", "", one.question) for one in EXEMPLARS}


def test_answers_vary():
    answers = Counter(one.answer for one in PROBLEMS)
    assert len(answers) >= 40 and max(answers.values()) <= 6


def test_the_same_seed_tells_the_same_and_another_others():
    assert problems(2) == PROBLEMS[:24] and problems(2, seed=1) != PROBLEMS[:24]


def test_numbers_that_do_not_work_out_are_drawn_again():
    story = STORIES[3]  # a / b
    assert solved(story, {"a": 12, "b": 3}) == {"a": 12, "b": 3, "x": 4}
    assert solved(story, {"a": 13, "b": 3}) is None  # not whole
    assert solved(story, {"a": 9, "b": 3}) is None  # the answer stands in the question
    for numbers in ({"a": 20, "b": 20}, {"a": 20, "b": 30}):
        assert solved(STORIES[1], numbers) is None  # nothing is left
    assert solved(STORIES[0], {"a": 60, "b": 50}) is None and LARGEST == 100
    one = Story(("pens",), {"a": (7, 8), "b": (4, 4)}, ("x = a / b",), "{name}: {a} {things}, {b}?", "{a} / {b} = {x}.")
    assert {problem(one, generator(seed)).answer for seed in range(5)} == {2}
