"""The proof that a check does its work: it passes what is right, fails what is wrong, and names each mistake.

A checker that cannot fail is worse than none. Whoever writes a check calls `faults(check)` until the list is
empty; the tests do it for every check of the course.
"""

from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor

from lessons.checks.arguments import changed, copied, decimals_in
from lessons.checks.check import Check
from lessons.checks.compare import compare

MARGIN = 100  # two functions count as told apart when they differ by this many tolerances


def faults(check: Check) -> list[str]:
    """What is wrong with a check, one sentence each; empty when it is sound."""
    return [
        *_faults_of_cases(check),
        *_faults_of_verdicts(check),
        *_faults_of_pairs(check),
    ]


def _faults_of_cases(check: Check) -> list[str]:
    found = []
    if changed(check.all_cases(), check.all_cases()):
        found.append("The cases are not the same twice: draw from the generator that is handed over.")
    if any(tensor.dtype != torch.float64 for tensor in decimals_in(check.all_cases())):
        found.append("A case holds decimals that are not float64.")
    return found


def _faults_of_verdicts(check: Check) -> list[str]:
    found = []
    if not check.examine(check.reference).passed:
        found.append(f"The reference fails: {check.examine(check.reference)!r}")
    if check.examine(_stub(check)).status != "not tried":
        found.append("An untouched stub is not seen as such.")
    for misconception in check.misconceptions:
        verdict = check.examine(_called_like(check, misconception.wrong))
        if verdict.misconception != misconception.name:
            found.append(f"The misconception {misconception.name!r} is not named; the verdict is {verdict!r}")
    for what, useless in _useless(check).items():
        if check.examine(useless).status != "wrong":
            found.append(f"A function that returns {what} is not found wrong.")
    return found


def _faults_of_pairs(check: Check) -> list[str]:
    functions = {"the reference": check.reference} | {m.name: m.wrong for m in check.misconceptions}
    answers = {name: [function(*copied(case)) for case in check.all_cases()] for name, function in functions.items()}
    return [
        f"No case tells {one!r} from {other!r} by {MARGIN} tolerances."
        for one, other in combinations(answers, 2)
        if not any(
            (finding := compare(*pair, check.tolerance)) and finding.size > MARGIN * check.tolerance
            for pair in zip(answers[one], answers[other], strict=True)
        )
    ]


def _called_like(check: Check, function: Callable) -> Callable:
    """A function of the student's in the place of ours: another object, and without our signature."""
    return lambda *arguments: function(*arguments)


def _stub(check: Check) -> Callable:
    def stub(*arguments):
        raise NotImplementedError

    return stub


def _useless(check: Check) -> dict[str, Callable]:
    return {
        "nothing": lambda *arguments: None,
        "its first argument": lambda *arguments: arguments[0],
        "zeros": lambda *arguments: _zeros(check.reference(*arguments)),
    }


def _zeros(value: object) -> object:
    if isinstance(value, Tensor):
        return torch.zeros_like(value)
    if isinstance(value, list | tuple):
        return type(value)(_zeros(item) for item in value)
    if isinstance(value, dict):
        return {key: _zeros(item) for key, item in value.items()}
    return None if value is None else type(value)()  # 0, 0.0, False, or the empty text
