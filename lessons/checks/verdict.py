"""What a check says: passed, not tried yet, or wrong and why. Shown as HTML in a notebook, as text elsewhere.

Both hold the same words, and nothing that changes from run to run, so that a stored notebook can be compared.
"""

import html
from dataclasses import dataclass
from typing import Literal

# Status -> sign, word, colour of JupyterLab's theme with a fallback. Not everybody sees the colour.
LOOKS = {
    "passed": ("✓", "Passed", "var(--jp-success-color1, #2e7d32)"),
    "not tried": ("○", "Not tried yet", "var(--jp-border-color0, #757575)"),
    "wrong": ("✗", "Not right yet", "var(--jp-error-color1, #c62828)"),
}


class CheckFailed(AssertionError):
    """Raised in strict mode (UNROLLED_STRICT=1) by a check that did not pass; says what the verdict says."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """The outcome of one check.

    status: "passed", "not tried" (the stub is untouched) or "wrong".
    title: the check's title.
    headline: what was found, one sentence.
    detail: where to look, and how large the difference is; may be empty.
    misconception: the name of the known mistake that fits, or None.
    """

    status: Literal["passed", "not tried", "wrong"]
    title: str
    headline: str
    detail: str = ""
    misconception: str | None = None

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def __bool__(self) -> bool:
        return self.passed  # so that `if check.rnn_step(rnn_step):` means what it says

    def __repr__(self) -> str:
        sign, word, _ = LOOKS[self.status]
        return "\n".join(filter(None, [f"{sign} {word}: {self.title}", self.headline, self.detail]))

    def _repr_html_(self) -> str:
        sign, word, colour = LOOKS[self.status]
        title, headline, detail = map(html.escape, (self.title, self.headline, self.detail))
        return (
            f'<div role="status" style="border-left: 4px solid {colour}; padding: 6px 12px; '
            "color: var(--jp-content-font-color1, inherit); "
            'background: var(--jp-layout-color2, transparent); overflow-wrap: anywhere">'
            f'<div><span aria-hidden="true">{sign}</span> <strong>{word}</strong>: {title}</div>'
            f"<div>{headline}</div>" + (f"<div>{detail}</div>" if detail else "") + "</div>"
        )
