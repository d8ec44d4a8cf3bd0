"""A check: what an exercise's check cell calls.

A check declares a reference, cases, and *misconceptions*: wrong functions that students are known to write.
It compares the student's function with the reference on cases that tell the misconceptions apart, and names
the one that fits on all of them. After the diagnosing tests of the ARENA course; here `lessons.checks.proof`
proves the diagnosis.
"""

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from lessons.checks.arguments import changed, copied, decimals_in, described, generator, watched
from lessons.checks.attempt import Trouble, answer_of, call, require_signature
from lessons.checks.compare import compare
from lessons.checks.verdict import CheckFailed, Verdict
from lessons.checks.wording import clean

FEWEST_MISCONCEPTIONS = 4  # with fewer, an exercise says little more than right or wrong


@dataclass(frozen=True)
class Misconception:
    """A known mistake.

    name: what was done, as a phrase: "forgot the bias".
    says: one or two sentences to the student: what the code seems to do, what to look at; no solution.
    wrong: a function that makes the mistake, called like the reference.
    """

    name: str
    says: str
    wrong: Callable


@dataclass(frozen=True)
class Check:
    """Compare a student's function with the reference: `check(attempt)` gives a Verdict.

    title: names the exercise, unique in the course.
    reference: the right function; its parameter names are what the student is told.
    cases: takes a torch.Generator and gives tuples of arguments, always the same, tensors in float64.
    misconceptions: at least four. `proof.faults(check)` says whether the cases tell them apart.
    tolerance: largest difference that passes, relative to the largest entry of the expected tensor.
    differentiable: also compare the gradients with respect to every tensor argument.

    Raises ValueError when it holds no cases or too few misconceptions.
    """

    title: str
    reference: Callable
    cases: Callable[[torch.Generator], Sequence[tuple]]
    misconceptions: Sequence[Misconception]
    tolerance: float = 1e-8
    differentiable: bool = False

    def __post_init__(self):
        if not self.all_cases():
            raise ValueError(f"The check {self.title!r} has no cases: its function must give at least one tuple.")
        names = [misconception.name for misconception in self.misconceptions]
        if len(names) < FEWEST_MISCONCEPTIONS:
            raise ValueError(
                f"The check {self.title!r} has {len(names)} misconceptions, and needs at least"
                f" {FEWEST_MISCONCEPTIONS}: add wrong functions that students write."
            )
        if len(set(names)) < len(names):
            raise ValueError(f"The check {self.title!r} has two misconceptions of the same name among {names}.")

    def __call__(self, attempt: object) -> Verdict:
        """The verdict on `attempt`. In strict mode (UNROLLED_STRICT=1) a CheckFailed unless it passed."""
        verdict = self.examine(attempt)
        if os.environ.get("UNROLLED_STRICT") == "1" and not verdict.passed:
            raise CheckFailed(repr(verdict))
        return verdict

    def examine(self, attempt: object) -> Verdict:
        """The verdict on `attempt`, in strict mode too."""
        with torch.enable_grad():
            try:
                return self._judge(attempt)
            except Trouble as trouble:
                return trouble.verdict(self.title)

    def all_cases(self) -> list[tuple]:
        """The arguments of every case, made anew."""
        return list(self.cases(generator(0)))

    def case(self, number: int) -> tuple:
        """The arguments of one case, counted from 1 as in a verdict: `rnn_step(*check.rnn_step.case(2))`."""
        cases = self.all_cases()
        if not 1 <= number <= len(cases):
            raise ValueError(f"There is no case {number}: choose from 1 to {len(cases)}.")
        return cases[number - 1]

    def _judge(self, attempt: object) -> Verdict:
        cases = self.all_cases()
        require_signature(attempt, self.reference, cases[0])
        names = list(inspect.signature(self.reference).parameters)
        expected = [self.reference(*copied(case)) for case in cases]
        # Copied, because a function that returns one tensor each time would rewrite its earlier answers.
        answers = [copied(self._answer(attempt, names, cases, place)) for place in range(len(cases))]
        findings = [compare(*pair, self.tolerance) for pair in zip(expected, answers, strict=True)]
        wrong = [place for place, finding in enumerate(findings) if finding is not None]
        if not wrong:
            self._require_gradient(attempt, names, cases[0])
            return Verdict("passed", self.title, f"All {len(cases)} cases agree with the reference.")
        place = wrong[0]
        where = self._where(names, cases, place)
        misconception = self._diagnose(cases, answers)
        if misconception is None:
            self._require_same_answer(attempt, names, cases, place, answers[place])
            return Verdict("wrong", self.title, findings[place].says, where)
        detail = f"{misconception.says} {findings[place].says} {where}"
        return Verdict("wrong", self.title, f"This looks like: {misconception.name}.", detail, misconception.name)

    def _answer(self, attempt: Callable, names: list[str], cases: list[tuple], place: int) -> object:
        """The attempt's answer to one case; Trouble says which case, as its inputs may explain an error."""
        try:
            return answer_of(attempt, names, cases[place])
        except Trouble as trouble:
            if trouble.status == "wrong":
                trouble.detail = f"{trouble.detail} {self._where(names, cases, place)}".strip()
            raise

    def _require_same_answer(self, attempt: Callable, names: list[str], cases: list[tuple], place: int, answer) -> None:
        """Raise Trouble if a second call answers otherwise: to say where the first one is off would help nobody."""
        if changed(answer, copied(self._answer(attempt, names, cases, place))):
            raise Trouble(
                "Your function gives another answer each time, and this one is not right.",
                "Does it draw random numbers of its own, or keep something from the last call? All that it needs is"
                f" among its arguments. {self._where(names, cases, place)}",
            )

    @staticmethod
    def _where(names: list[str], cases: list[tuple], place: int) -> str:
        return f"(Case {place + 1} of {len(cases)}: {described(names, cases[place])}.)"

    def _diagnose(self, cases: list[tuple], answers: list) -> Misconception | None:
        """The first misconception that gives the student's answer in all cases."""
        for misconception in self.misconceptions:
            findings = (
                compare(misconception.wrong(*copied(case)), answer, self.tolerance)
                for case, answer in zip(cases, answers, strict=True)
            )
            if all(finding is None or finding.kind == "precision" for finding in findings):
                return misconception
        return None

    def _require_gradient(self, attempt: Callable, names: list[str], case: tuple) -> None:
        """Raise Trouble if gradients do not flow through `attempt` as they do through the reference."""
        if not self.differentiable:
            return
        advice = "Do .detach(), .item(), .data, torch.tensor(…) or torch.no_grad() cut it off?"
        expected, answer = self._gradients(self.reference, case), self._gradients(attempt, case)
        if answer is None:
            raise Trouble("The values are right, but no gradient flows through your result.", advice)
        for name, one, other in zip(names, expected, answer, strict=True):
            finding = compare(one, other, self.tolerance, name="It")
            if finding is not None:
                headline = f"The values are right, but the gradient with respect to `{name}` is not."
                raise Trouble(headline, f"{finding.says} {advice}")

    @staticmethod
    def _gradients(function: Callable, case: tuple) -> list[list[torch.Tensor]] | None:
        """For every argument, the gradients of the summed results with respect to its tensors.

        None when no gradient flows at all.
        """
        case = watched(case)
        total = sum(result.sum() for result in decimals_in(call(function, case)))
        if not (isinstance(total, torch.Tensor) and total.requires_grad):
            return None
        inputs = decimals_in(case)
        try:
            flat = iter(torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True))
        except RuntimeError as error:  # autograd notices in-place changes of values that it needs
            raise Trouble("The values are right, but autograd cannot go back through them.", clean(error)) from None
        return [[next(flat) for _ in decimals_in(argument)] for argument in case]
