"""How numbers and foreign text are written in a sentence to a student.

Foreign text is what we did not write: a message of an exception, a line of the student's code. It is shown as
text, on one line, cut, and without the invisible characters that can turn a sentence around.
"""

import math
import re

LONGEST = 200  # characters of foreign text in one sentence; more buries what we have to say


def number(value: int | float) -> str:
    """Write a number with three digits that matter: 0.0000266, 0.42, 13781, 2.5e-17.

    Whole numbers and everything from a millionth to a million are written out, the rest in powers of ten.
    """
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e6:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        written = f"{value:.{digits}f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    return f"{value:.3g}"


def clean(text: object, longest: int = LONGEST) -> str:
    """Foreign text on one line, at most `longest` characters, every invisible character spelled out.

    Memory addresses are left out: they change from run to run, and a stored notebook could not be compared.
    """
    line = " ".join(str(text)[: 4 * longest].split())
    line = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", line)
    # Line separators, direction overrides and control characters are not printable.
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= longest else line[: longest - 1] + "…"
