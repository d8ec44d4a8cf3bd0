"""Text of a user is text: how a token is made visible, in one place for all views.

The page only ever sets ``textContent``, so nothing here is about safety. It is about being able to *see*
a token: a space, a line break, a mark that turns the writing direction, or ten thousand letters.
"""

import unicodedata
from collections.abc import Iterable

LONGEST = 60
"""Characters of one label that are shown; what is cut is replaced by an ellipsis."""

_NAMED = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍", "": "∅"}


def visible(token: object, longest: int = LONGEST) -> str:
    """Return ``token`` as a short label in which every character can be seen.

    Characters that draw nothing or change the direction of what follows (Unicode categories Cc, Cf, Zl,
    Zp, Cs, and unassigned ones) are written as their code, such as ``U+202E``. A joiner between two
    emoji is left alone.
    """
    text = str(token)
    if text in _NAMED:
        return _NAMED[text]
    if text == "\u200d":  # alone, it joins nothing
        return "U+200D"
    shown = "".join(_visible_character(c) for c in text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def visible_all(tokens: Iterable[object], longest: int = LONGEST) -> list[str]:
    """Return ``visible`` of every token, as a list."""
    return [visible(token, longest) for token in tokens]


def _visible_character(c: str) -> str:
    if c in "\n\t\r":
        return _NAMED[c]
    if c == "\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp", "Cs", "Cn"}:
        return c
    return f"U+{ord(c):04X}"
