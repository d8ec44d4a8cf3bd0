"""Call a student's function, and turn everything that can go wrong into one clear sentence.

The student sees the kind of error, its message and the line of their own function, never a traceback through
ours. An interrupt by keyboard is theirs to make and passes through.
"""

import inspect
import linecache
import re
from collections.abc import Callable

from lessons.checks.arguments import changed, copied
from lessons.checks.verdict import Verdict
from lessons.checks.wording import clean


class Trouble(Exception):
    """There is no answer to compare. Holds what the verdict will say; stays inside this package."""

    def __init__(self, headline: str, detail: str = "", status: str = "wrong"):
        super().__init__(headline)
        self.headline, self.detail, self.status = headline, detail, status

    def verdict(self, title: str) -> Verdict:
        return Verdict(self.status, title, self.headline, self.detail)


def require_signature(attempt: object, reference: Callable, arguments: tuple) -> None:
    """Raise Trouble unless `attempt` is a function that takes what the reference takes, in the same order."""
    function = reference.__name__.lstrip("_")  # the student's name for it; ours is private to its file
    expected = list(inspect.signature(reference).parameters)
    call = f"{function}({', '.join(expected)})"
    if not callable(attempt):
        raise Trouble(
            f"The check needs your function, and got an object of type {clean(type(attempt).__name__, 40)}.",
            f"Hand over the function itself, without calling it: its name, `{function}`, and no brackets.",
        )
    try:
        signature = inspect.signature(attempt)
    except (TypeError, ValueError):
        return  # functions written in C have no signature to look at
    names = list(signature.parameters)
    yours = f"({clean(', '.join(names))})"
    try:
        signature.bind(*arguments)
    except TypeError:
        raise Trouble(f"Your function takes {yours}, and the check calls {call}.") from None
    if names != expected and sorted(names) == sorted(expected):
        raise Trouble(f"Your function takes its arguments in the order {yours}; the check calls {call}.")


def answer_of(attempt: Callable, names: list[str], arguments: tuple) -> object:
    """What `attempt` returns for copies of the arguments. Trouble if it raises, or changes an argument."""
    given = copied(arguments)
    answer = call(attempt, given)
    for name, before, after in zip(names, arguments, given, strict=True):
        if changed(before, after):
            raise Trouble(
                f"Your function changes its argument `{name}` in place.",
                "Whoever calls it still needs the old values. Compute a new tensor or list in place of"
                " writing into the old one (watch out for `+=`, `*=`, names that end in `_`, and"
                " assignments to an index).",
            )
    return answer


def call(attempt: Callable, arguments: tuple) -> object:
    """`attempt(*arguments)`, with an exception turned into Trouble.

    A NotImplementedError without a message is the stub's. One with a message is torch's: an operation that it does not
    have for this type of number.
    """
    try:
        return attempt(*arguments)
    except Trouble as trouble:  # a function that the case handed over has something to say
        raise Trouble(trouble.headline, _line(attempt, trouble)) from None
    except Exception as error:
        message = clean(_message(error))
        if isinstance(error, NotImplementedError) and not message:
            headline = "Replace the line that raises NotImplementedError by your code, then run this cell again."
            raise Trouble(headline, status="not tried") from None
        kind = clean(type(error).__name__, 60) + (f": {message}" if message else "")
        detail = f"{_help(message)} {_line(attempt, error)}".strip()
        raise Trouble(f"Your function stops with {kind}", detail) from None


def _message(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # an exception of the student's own may be broken as well
        return ""


def _help(message: str) -> str:
    """What a message of torch means, where it does not say so itself."""
    if re.match('"bitwise_(and|or|xor)_.* not implemented for', message):
        return "Python joins with &, | and ^ before it compares: put each comparison in parentheses."
    return ""


def _line(attempt: Callable, error: Exception) -> str:
    """The line of the student's function where the error came up; counted from its first line, which is 1."""
    code = getattr(inspect.unwrap(attempt), "__code__", None)
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is code:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    if code is None or line is None:
        return ""
    source = clean(linecache.getline(code.co_filename, line).strip(), 100)
    place = f"Look at line {line - code.co_firstlineno + 1} of your function"
    return f"{place}: {source}" if source else f"{place}."
