"""Lesson 07: the check of reading an answer out of what a model wrote.

What differs from `lessons.reasoning.answers`: one rule. That one also reads an equation, or a number in the middle of
the sentence, and where nothing is called the answer it takes the last number.
`chain_of_thought` shows this check to the notebook.
"""

import re

from torch import Generator

from lessons.checks.check import Check, Misconception


def _answer_of(text: str) -> int | None:
    """The whole number directly behind the last "answer is", or None where there is none."""
    found = _said(text)
    return int(found[-1]) if found else None


def _said(text: str) -> list[str]:
    return re.findall(r"answer is (-?\d+)", text)


def _numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+", text)


def _answer_cases(generator: Generator) -> list[tuple]:
    """Numbers before and behind the answer, two answers, one below 0, none, and words where a number should be."""
    return [
        ("May: 5 - 2 = 3. June: 5 * 4 = 20, 3 + 20 = 23. The answer is 23.",),
        ("She had 20 apples and used 3. The answer is 17. You can test it: 17 + 3 = 20.",),
        ("The answer is 12. No, 12 + 3 = 15. The answer is 15. With 3 more, the answer is 18. It was 12.",),
        ("6 - 10 = -4. The answer is -4.",),
        ("First 8 + 5 = 13. Then 13 - 4 = 9.",),
        ("The answer is not clear. There may be 7 of them.",),
        ("The answer is 0. Nothing is left of the 15.",),
        ("",),
    ]


def _answer_mistake(name: str, says: str, read) -> Misconception:
    """Another way to read. read(text) gives a number, None or whatever the mistake makes of it."""
    return Misconception(name, says, read)


def _one_of(find, place: int):
    """A way to read that takes the number at `place` among those that `find` gives, and None where there are none."""
    return lambda text: int(found[place]) if (found := find(text)) else None


def _or_any_number(text: str) -> int | None:
    found = _said(text) or _numbers(text)
    return int(found[-1]) if found else None


def _behind_the_last_words(text: str) -> int | None:
    """Every number behind the last "answer is" counts, directly behind it or not; the last of them is taken."""
    found = _numbers(text.rpartition("answer is")[2]) if "answer is" in text else []
    return int(found[-1]) if found else None


def _anywhere_behind(text: str) -> int | None:
    """The first number that comes somewhere behind the words."""
    found = re.findall(r"answer is\D*?(-?\d+)", text)
    return int(found[-1]) if found else None


def _or(nothing):
    """The right number, and `nothing` where there is none."""
    return lambda text: nothing if (found := _answer_of(text)) is None else found


answer_of = Check(
    title="Reading the answer",
    reference=_answer_of,
    cases=_answer_cases,
    misconceptions=[
        _answer_mistake(
            "the first number of the text",
            "You take the first number that stands there. Where does a chain say its answer, at its beginning?",
            _one_of(_numbers, 0),
        ),
        _answer_mistake(
            "the last number of the text",
            "You take the last number, whatever stands before it. What if the model goes on, or never says an answer?",
            _one_of(_numbers, -1),
        ),
        _answer_mistake(
            "the first answer, not the last",
            "Where a text says two answers, you take the first. Which one did the model end with?",
            _one_of(_said, 0),
        ),
        _answer_mistake(
            "the last number behind the words",
            "You take the last number that follows somewhere behind “answer is”. Which number is the answer itself?",
            _behind_the_last_words,
        ),
        _answer_mistake(
            "a number anywhere behind the words",
            "Where “answer is” is followed by other words, you go on to a later number. What does the task want when"
            " there is none directly behind it?",
            _anywhere_behind,
        ),
        _answer_mistake(
            "guessed from another number where there is no answer",
            "Where the text says no answer, you take another number in its place. Then nobody can see that the model"
            " did not answer: what should you return?",
            _or_any_number,
        ),
        _answer_mistake(
            "one digit only",
            "Your numbers have one digit. What does a + do behind \\d?",
            _one_of(lambda text: re.findall(r"answer is (-?\d)", text), -1),
        ),
        _answer_mistake(
            "lost the minus sign",
            "An answer below 0 has lost its sign. Which character may stand before the digits?",
            _one_of(lambda text: re.findall(r"answer is -?(\d+)", text), -1),
        ),
        _answer_mistake(
            "no answer where there is a minus sign",
            "You find no answer that is below 0. Which character may stand before the digits?",
            _one_of(lambda text: re.findall(r"answer is (\d+)", text), -1),
        ),
        _answer_mistake(
            "only at the beginning of a sentence",
            "You find “The answer is”, and not “the answer is” in the middle of a sentence. Which words does the task"
            " name?",
            _one_of(lambda text: re.findall(r"The answer is (-?\d+)", text), -1),
        ),
        _answer_mistake(
            "the result of the last equation",
            "You take what stands behind the last =. A chain may end with another number than it"
            " says: what is asked for?",
            _one_of(lambda text: re.findall(r"= (-?\d+)", text), -1),
        ),
        _answer_mistake(
            "a text in place of a number",
            "You return the digits as a text. “23” is not 23: what makes a number of it?",
            lambda text: found[-1] if (found := _said(text)) else None,
        ),
        _answer_mistake(
            "all the answers",
            "You return a list. Which of its entries counts, and what if there is none?",
            lambda text: [int(number) for number in _said(text)],
        ),
        _answer_mistake(
            "gave 0 where there is no answer",
            "Where nothing was found you return 0, which could be an answer. What says that there is none?",
            _or(0),
        ),
        _answer_mistake(
            "gave -1 where there is no answer",
            "Where nothing was found you return -1, which could be an answer. What says that there is none?",
            _or(-1),
        ),
        _answer_mistake(
            "gave an empty text where there is no answer",
            "Where nothing was found you return an empty text. What says in Python that there is none?",
            _or(""),
        ),
        _answer_mistake(
            "took 0 for no answer",
            "An answer of 0 is lost in your function. For Python 0 is as false as None: what do you ask for?",
            lambda text: _answer_of(text) or None,
        ),
        _answer_mistake(
            "the whole sentence",
            "You return words. The task wants the number alone.",
            lambda text: found[-1] if (found := re.findall(r"answer is -?\d+", text)) else None,
        ),
    ],
)
