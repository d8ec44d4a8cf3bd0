"""Questions: scores, feedback, and guesses that are none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.checks import Choice, Estimate
from lessons.checks.wording import clean, number

choice = Choice(key="01.which", text="Which?", options=("one", "two", "three"), answer=1, why="Because.")
estimate = Estimate(key="01.how_many", text="How many?", answer=100.0, within=3.0, unit="steps", why="Counted.")


def test_a_choice_is_right_or_not():
    assert [choice.score(guess) for guess in range(3)] == [0.0, 1.0, 0.0]
    assert choice.feedback(1) == "Right. Because."
    assert choice.feedback(2) == "You chose “three”; it is “two”. Because."


@pytest.mark.parametrize("guess", [-1, 3, 1.0, "two", "1", None, True, math.nan])
def test_what_is_no_option_is_refused(guess):
    for method in (choice.score, choice.feedback):
        with pytest.raises(ValueError, match="is no option: choose a number from 0 to 2"):
            method(guess)


@pytest.mark.parametrize(
    ("guess", "score"),
    [(100, 1), (299, 1), (34, 1), (900, 0.5), (100 / 9, 0.5), (2701, 0), (3.7, 0), ("1e2", 1)],
)
def test_an_estimate_is_scored_by_its_factor(guess, score):
    assert estimate.score(guess) == pytest.approx(score, abs=1e-9)


def test_the_feedback_of_an_estimate_says_how_far_off():
    assert estimate.feedback(100) == "Right. The answer is 100 steps. Counted."
    assert estimate.feedback(250).startswith(
        "Close enough: your guess is 2.5 times too large. The answer is 100 steps."
    )
    assert estimate.feedback("20").startswith("Close: your guess is 5 times too small.")
    assert estimate.feedback(1e6).startswith("Far off: your guess is 10000 times too large.")
    assert estimate.feedback(0).startswith("The answer is above 0, your guess is not.")
    tiny = Estimate(key="01.tiny", text="?", answer=1e-200, why="Tiny.")
    assert "10^500 times too large" in tiny.feedback(1e300)
    assert "The answer is 1e-200. Tiny." in tiny.feedback(1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_guess_has_a_score_and_feedback(guess):
    assert 0.0 <= estimate.score(guess) <= 1.0
    assert estimate.feedback(guess).endswith("Counted.")


@pytest.mark.parametrize("guess", ["many", "", "2,5", None, math.nan, math.inf, "1e400", True, [1], "<img src=x>"])
def test_what_is_no_number_is_refused(guess):
    for method in (estimate.score, estimate.feedback):
        with pytest.raises(ValueError, match="is no number: write one like 0.002"):
            method(guess)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": "decay"}, "two digits"),
        ({"key": "01.Decay time"}, "two digits"),
        ({"text": " "}, "empty text"),
        ({"why": ""}, "empty why"),
        ({"options": ("one",), "answer": 0}, "two different options"),
        ({"options": ("one", "one")}, "two different options"),
        ({"options": ("one", "")}, "two different options"),
        ({"answer": 3}, "from 0 to 2"),
        ({"answer": -1}, "from 0 to 2"),
    ],
)
def test_a_choice_that_could_not_be_asked_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        Choice(**(vars(choice) | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": "1.decay"}, "two digits"),
        ({"answer": 0.0}, "above 0"),
        ({"answer": math.inf}, "above 0"),
        ({"within": 1.0}, "must be above 1"),
        ({"within": math.nan}, "must be above 1"),
    ],
)
def test_an_estimate_that_could_not_be_asked_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        Estimate(**(vars(estimate) | changes))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.9**100, "0.0000266"),
        (1.1**100, "13781"),
        (0.0, "0"),
        (-0.5, "-0.5"),
        (2.0, "2"),
        (1e-9, "1e-09"),
        (1234567.8, "1.23e+06"),
        (999.96, "1000"),
        (math.inf, "inf"),
    ],
)
def test_numbers_are_written_with_three_digits_that_matter(value, written):
    assert number(value) == written


def test_foreign_text_becomes_one_short_line():
    assert clean("a\n  b\tc") == "a b c"
    assert clean("left\u202eright\x1b[31m") == "left\\u202eright\\x1b[31m"
    assert clean("x" * 300) == "x" * 199 + "…"
    assert clean("<object at 0x7f12ab34cd56>") == "<object at 0x…>"
