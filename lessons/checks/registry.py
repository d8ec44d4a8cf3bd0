"""Every check and every question of the course, found by walking the modules of this package.

A new lesson's file is found because it is there. So the proofs in tests/checks cover it without being
touched.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

import lessons.checks
from lessons.checks.check import Check
from lessons.checks.question import Choice, Estimate


def all_checks() -> dict[str, Check]:
    """Every check by module and name, "rnn_gradients.rnn_step". ValueError when two have the same title."""
    return checks_in(_modules())


def all_questions() -> dict[str, Choice | Estimate]:
    """Every question by its key, "01.decay". ValueError when two have the same key."""
    return questions_in(_modules())


def checks_in(modules: Iterable[ModuleType]) -> dict[str, Check]:
    """The checks of some modules, see `all_checks`."""
    found = _found(modules, Check)
    _require_unique("title", {place: check.title for place, check in found.items()})
    return found


def questions_in(modules: Iterable[ModuleType]) -> dict[str, Choice | Estimate]:
    """The questions of some modules, see `all_questions`."""
    found = _found(modules, (Choice, Estimate))
    _require_unique("key", {place: question.key for place, question in found.items()})
    return {question.key: question for question in found.values()}


def _modules() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(lessons.checks.__path__))
    return [importlib.import_module(f"lessons.checks.{name}") for name in names]


def _found(modules: Iterable[ModuleType], kind: type | tuple[type, ...]) -> dict:
    found: dict = {}
    for module in modules:
        for name, value in vars(module).items():
            # A lesson may show a check that lies in another file: one object counts once.
            if isinstance(value, kind) and not any(value is other for other in found.values()):
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = value
    return found


def _require_unique(word: str, names: dict[str, str]) -> None:
    places: dict[str, str] = {}
    for place, name in names.items():
        if name in places:
            raise ValueError(f"{places[name]} and {place} have the same {word}, {name!r}: rename one.")
        places[name] = place
