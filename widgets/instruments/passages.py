"""Passages: texts to read, side by side or one below the other, such as a prompt with what a model writes behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import traitlets as t

from widgets.instruments.instrument import Instrument
from widgets.instruments.text import visible

KINDS = ("given", "written", "edited")
"""What a part of a passage may be: text that stood there, text of the model, and a change by the student."""
VERDICTS = ("", "right", "wrong")
MOST = 100
"""Passages in one view; more are not read by anybody."""
LONGEST = 20_000
"""Characters of one passage that are shown."""


@dataclass(frozen=True)
class Passage:
    """One text to read, with a heading and a remark below it."""

    heading: str
    parts: Sequence[tuple[str, str]]  # pieces of the text in order, each with one of KINDS
    note: str = ""  # a remark below the text
    verdict: str = ""  # one of VERDICTS: a right note bears a tick, a wrong one a cross


class Passages(Instrument, script="passages"):
    """Texts with their line breaks. Who wrote a part is told by weight, line and colour, with a key above the texts.

    Keyboard: Tab goes into the view, and arrows scroll what is longer than its frame. What changed is read out.
    """

    passages = t.List().tag(sync=True)
    """A dictionary for each: heading, parts as [text, kind], note, verdict."""
    key = t.Dict().tag(sync=True)
    """What each kind of text is called; a kind without a name is not in the key."""
    columns = t.Int(1, min=1, max=4).tag(sync=True)
    """Passages side by side, where the page is wide enough."""
    height = t.Int(460).tag(sync=True)
    """Pixels; longer texts scroll."""
    summary = t.Unicode("").tag(sync=True)
    """What is to be seen, in one sentence below the texts."""

    def show(
        self,
        passages: Sequence[Passage],
        *,
        key: Mapping[str, str] | None = None,
        title: str | None = None,
        summary: str | None = None,
    ) -> "Passages":
        """Show ``passages``. ``key``, ``title`` and ``summary`` change with them where they are given.

        Raises:
            ValueError: for more than 100 passages, an unknown kind of text or verdict.
        """
        if len(passages) > MOST:
            raise ValueError(f"Passages shows at most {MOST} texts, and got {len(passages)}.")
        kinds = {kind for passage in passages for _, kind in passage.parts} | set(key or {})
        if unknown := sorted(kinds - set(KINDS)):
            raise ValueError(f"A part of a passage is one of {', '.join(KINDS)}, not {visible(unknown[0])!r}.")
        if unknown := sorted({passage.verdict for passage in passages} - set(VERDICTS)):
            raise ValueError(f"A verdict is right, wrong or empty, not {visible(unknown[0])!r}.")
        with self.hold_sync():
            self.passages = [_packed(passage) for passage in passages]
            self.key = self.key if key is None else {kind: visible(name) for kind, name in key.items()}
            self.title = self.title if title is None else title
            self.summary = self.summary if summary is None else lines(summary)
        return self

    def text(self, passage: int, kind: str | None = None) -> str:
        """Return the text of one passage on view, or what is of one kind in it, as a test or a student wants it."""
        return "".join(part for part, of in self.passages[passage]["parts"] if kind in (None, of))


def _packed(passage: Passage) -> dict:
    """Return a passage as it travels: every character visible, and not too many of them."""
    left, parts = LONGEST, []
    for text, kind in passage.parts:
        shown = lines(text[: left + 1])
        parts.append([shown if len(text) <= left else shown[: left - 1] + "…", kind])
        left -= len(text)
        if left < 0:
            break
    note = lines(passage.note)
    return dict(heading=visible(passage.heading, 120), parts=parts, note=note, verdict=passage.verdict)


def lines(text: str) -> str:
    """Return a text in which every character can be seen, with its own line breaks."""
    return "\n".join(visible(line, 10 * len(line)) if line.strip(" ") else line for line in text.split("\n"))
