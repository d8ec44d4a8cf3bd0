"""Predict, then look: the student commits a guess before an instrument reveals the answer.

The question and its answer come from ``lessons.checks`` (so that a test can compute the answer again); the
guess is kept in ``widgets.guesses`` and scored. The answer is not in the page until a guess is committed.
"""

import re

import traitlets as t

from lessons.checks.question import Choice, Estimate
from widgets import guesses
from widgets.instruments.instrument import Instrument


class Prediction(Instrument, script="prediction"):
    """One question, with options to choose from or a field for a number, and a button that commits."""

    text = t.Unicode("").tag(sync=True)
    options = t.List(t.Unicode()).tag(sync=True)
    """What there is to choose from; empty when a number is asked for."""
    unit = t.Unicode("").tag(sync=True)
    guess = t.Unicode("").tag(sync=True)
    """The committed guess in words; empty before."""
    feedback = t.Unicode("").tag(sync=True)
    kind = t.Enum(["open", "right", "close", "wrong"], "open").tag(sync=True)
    message = t.Unicode("").tag(sync=True)

    def __init__(self, question: Choice | Estimate) -> None:
        self.question = question
        is_choice = isinstance(question, Choice)
        super().__init__(
            title="Predict, then look",
            text=question.text,
            options=list(question.options) if is_choice else [],
            unit="" if is_choice else question.unit,
        )
        self.on_msg(self._on_message)
        kept = guesses.load().get(question.key)
        if kept is not None:
            self._reveal(kept)

    def commit(self, guess: object) -> None:
        """Commit ``guess`` (the number of an option from 0, or a number, also as text), keep it, score it.

        A guess that is none leaves a sentence in ``message`` and nothing else changes. The first guess
        counts: a second one is refused until ``forget``.
        """
        if self.guess:
            self.message = "Your guess is committed. Press “Guess again” to forget it first."
        elif self._reveal(guess) and not guesses.keep(self.question.key, self._value(guess)):
            self.message = f"Your guess counts now, but could not be kept in {guesses.folder()}."

    def forget(self) -> None:
        """Forget the guess, here and in the file."""
        guesses.keep(self.question.key, None)
        with self.hold_sync():
            self.guess = self.feedback = self.message = ""
            self.kind = "open"

    def _value(self, guess: object) -> int | float:
        text = str(guess).strip()
        if self.options:
            return int(text)
        if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d*)?", text):  # 13,781 is a number; 1,5 may be another than it seems
            text = text.replace(",", "")
        return float(text)

    def _reveal(self, guess: object) -> bool:
        try:
            guess = self._value(guess)
            score, feedback = self.question.score(guess), self.question.feedback(guess)
        except (TypeError, ValueError):
            self.message = (
                f"“{str(guess)[:40]}” is not one of the options. Choose one first."
                if self.options
                else f"“{str(guess)[:40]}” is not a number. Write one such as 250 or 1.5e-3, with a point."
            )
            return False
        with self.hold_sync():
            self.message = ""
            self.guess = self.options[guess] if self.options else f"{guess:g} {self.unit}".strip()
            self.feedback = feedback
            self.kind = "right" if score == 1 else "close" if score > 0 else "wrong"
        return True

    def _on_message(self, _widget: object, content: dict, _buffers: list) -> None:
        if "commit" in content:
            self.commit(content["commit"])
        elif content.get("forget"):
            self.forget()


class Scoreboard(Instrument, script="scoreboard"):
    """How a student's committed guesses went, in one lesson or in all."""

    rows = t.List().tag(sync=True)
    """[question, guess, "right" | "close" | "wrong"] for every committed guess."""
    message = t.Unicode("").tag(sync=True)

    def __init__(self, questions: dict[str, Choice | Estimate]) -> None:
        super().__init__(title="Your predictions")
        kept = guesses.load()
        boards = [Prediction(q) for key, q in questions.items() if key in kept]
        boards = [b for b in boards if b.guess]
        self.rows = [[b.text, b.guess, b.kind] for b in boards]
        points = sum(b.question.score(kept[b.question.key]) for b in boards)
        self.message = (
            f"{len(boards)} of {len(questions)} predictions committed; {points:g} of {len(boards)} points. "
            "A wrong guess that surprised you is worth more than a right one that did not."
            if boards
            else "No prediction is committed yet. Commit one above, then run this cell again."
        )
