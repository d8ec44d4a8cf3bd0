"""A question to answer before an instrument shows the answer: predict, then look.

A question holds its answer, scores a guess between 0 and 1 and gives feedback in words. It draws nothing: the
notebook's prediction widget asks it.
"""

import math
import re
from dataclasses import dataclass

from lessons.checks.wording import clean, number


def _require_words(question: object, *fields: str) -> None:
    if not re.fullmatch(r"\d\d\.[a-z_]+", question.key):
        raise ValueError(f"The key {question.key!r} must be the lesson's two digits, a point and a word: 01.decay.")
    for field in fields:
        if not getattr(question, field).strip():
            raise ValueError(f"The question {question.key} has an empty {field}: write at least one sentence.")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of several options.

    key: "01.saturation"; unique in the course. text: the question. options: two or more.
    answer: index from 0.
    why: one or two sentences, shown after the guess.
    Raises ValueError for anything that could not be asked.
    """

    key: str
    text: str
    options: tuple[str, ...]
    answer: int
    why: str

    def __post_init__(self):
        _require_words(self, "text", "why")
        if len(self.options) < 2 or len(set(self.options)) < len(self.options) or not all(self.options):
            raise ValueError(f"The question {self.key} needs at least two different options, none of them empty.")
        if not 0 <= self.answer < len(self.options):
            raise ValueError(
                f"The answer of {self.key} is {self.answer}: it must be from 0 to {len(self.options) - 1}."
            )

    def score(self, guess: object) -> float:
        """1.0 for the right option, 0.0 for another. ValueError when `guess` is no index of an option."""
        return 1.0 if self._index(guess) == self.answer else 0.0

    def feedback(self, guess: object) -> str:
        """Whether the guess is right, and why. ValueError as for `score`."""
        chosen, right = self.options[self._index(guess)], self.options[self.answer]
        return f"Right. {self.why}" if chosen == right else f"You chose “{chosen}”; it is “{right}”. {self.why}"

    def _index(self, guess: object) -> int:
        if isinstance(guess, bool) or not isinstance(guess, int) or not 0 <= guess < len(self.options):
            raise ValueError(
                f"{clean(repr(guess), 40)} is no option: choose a number from 0 to {len(self.options) - 1}."
            )
        return guess


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A positive number to guess; what counts is the factor between guess and answer.

    key, text, why: as for Choice. answer: above 0. unit: "steps", or empty.
    within: a guess that is off by at most this factor gets the full score.
    Raises ValueError for anything that could not be asked.
    """

    key: str
    text: str
    answer: int | float
    within: int | float = 3.0
    unit: str = ""
    why: str

    def __post_init__(self):
        _require_words(self, "text", "why")
        if not (math.isfinite(self.answer) and self.answer > 0):
            raise ValueError(f"The answer of {self.key} is {self.answer}: factors need a finite number above 0.")
        if not (math.isfinite(self.within) and self.within > 1):
            raise ValueError(f"The factor of {self.key} is {self.within}: it must be above 1, 3.0 for instance.")

    def score(self, guess: object) -> float:
        """1.0 up to the factor `within`, 0.0 from its cube on, in between falling evenly on a log scale.

        ValueError when `guess` is no finite number. A guess of 0 or below scores 0.0.
        """
        value = self._value(guess)
        if value <= 0:
            return 0.0
        factors = abs(math.log(value) - math.log(self.answer)) / math.log(self.within)
        return min(1.0, max(0.0, (3 - factors) / 2))

    def feedback(self, guess: object) -> str:
        """How far off the guess is, the answer, and why. ValueError as for `score`."""
        value = self._value(guess)
        answer = f"The answer is {number(self.answer)}" + (f" {self.unit}. " if self.unit else ". ")
        if value <= 0:
            return f"The answer is above 0, your guess is not. {answer}{self.why}"
        power = math.log10(value) - math.log10(self.answer)  # the factor itself may be too large for a float
        factor = number(10 ** abs(power)) if abs(power) < 300 else f"10^{round(abs(power))}"
        if factor == "1":
            return f"Right. {answer}{self.why}"
        verdict = "Close enough" if self.score(guess) == 1.0 else "Close" if self.score(guess) > 0 else "Far off"
        way = f"{factor} times too {'large' if power > 0 else 'small'}"
        return f"{verdict}: your guess is {way}. {answer}{self.why}"

    def _value(self, guess: object) -> float:
        try:
            value = math.nan if isinstance(guess, bool) else float(guess)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"{clean(repr(guess), 40)} is no number: write one like 0.002 or 2e-3, with a point.")
        return value
