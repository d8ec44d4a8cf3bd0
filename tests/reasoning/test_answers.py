"""The number in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.reasoning.answers import answer_of


@pytest.mark.parametrize(
    "text, answer",
    [
        ("May: 5 - 2 = 3. The answer is 3.", 3),
        ("The answer is 3. No: the answer is 4. Then 9 went.", 4),  # the last one that is called so
        ("The answer is 5 * 4 = 20 pens.", 20),  # what an equation gives
        ("The answer is 20 = 5 * 4", 5),  # by the rule, also where it is silly
        ("The answer is 1,200 pens, or 3.", 1200),
        ("The answer is $18.00.", 18),
        ("the ANSWER: 7", 7),
        ("The answer is about 7 pens and 2 caps", 7),
        ("The answer is -3.", -3),
        ("The answer is 5-3 pens", 5),
        ("There are 4 * 1 = 4 cookies.", 4),  # nothing is called the answer
        ("We have 3, then 5.", 5),
        ("5", 5),
        ("lists 1,2,3", 3),
    ],
)
def test_it_is_found(text, answer):
    assert answer_of(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nobody knows.",
        "5 - 2 = 3. The answer is",  # cut off: what was computed before is not called the answer
        "The answer is unknown. 5 pens were there.",
        "The answer is\n5",
        "The answer is 3.5.",
        "The answer is twelve.",
        "The answer is x9.",
        "The answer is " + "9" * 5000,
    ],
)
def test_it_is_none(text):
    assert answer_of(text) is None


@given(st.text())
def test_any_text_may_be_read(text):
    assert answer_of(text) is None or isinstance(answer_of(text), int)


@given(st.text(alphabet="answer is0123456789.,-$=: \n"))
def test_any_text_of_its_own_letters_may_be_read(text):
    assert answer_of(text) is None or isinstance(answer_of(text), int)


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_every_number_is_read(number):
    assert answer_of(f"The answer is {number}.") == number
    assert answer_of(f"The answer is {number:,}.") == number
