"""The number in what a model wrote.

    answer_of("May: 5 - 2 = 3. The answer is 3.")       # 3
    answer_of("There are 4 * 1 = 4 cookies.")           # 4
    answer_of("The answer is that nobody knows.")       # None

A chain is full of numbers, so the answer is the one that is called so. The rules, in this order:

1. The last "answer is" (or "answer:") counts, up to the end of its sentence: there what stands behind the last "=", or
   else the first number.
2. Where nothing is called the answer, the last number of the text counts.
3. Where there is no number in that place, or none that is whole, there is no answer. Nobody should guess one.

Thousands may have commas (1,200), and money its sign. Published scores depend on such rules: state yours.
"""

import re

CALLED = re.compile(r"answer\s*(?:is|:)", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")
NUMBER = re.compile(r"(?<![\w.])(-?)[$€£]?([0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)((?:\.[0-9]+)?)(?!\.?[0-9])")
MOST_DIGITS = 18  # a longer row of digits is no answer


def answer_of(text: str) -> int | None:
    """The whole number that the text gives as its answer, or None where it gives none. Any text may be read."""
    called = list(CALLED.finditer(text))
    if not called:
        return _whole(NUMBER.findall(text)[-1:])
    sentence = SENTENCE_END.split(text[called[-1].end() :], maxsplit=1)[0]
    _, equals, result = sentence.rpartition("=")
    return _whole(NUMBER.findall(result if equals else sentence)[:1])


def _whole(found: list[tuple[str, str, str]]) -> int | None:
    """A sign, digits and decimals as a whole number. 18.00 is one, 18.50 is none."""
    for sign, digits, decimals in found:
        if not decimals.strip(".0") and len(digits) <= MOST_DIGITS:
            return int(sign + digits.replace(",", ""))
    return None
