"""What the panels of lesson 07 share: the small reasoner, its fresh problems, and a reply of its as a text to read."""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from lessons.reasoning.errors import KINDS, first_error
from lessons.reasoning.problems import LARGEST, Problem, draw
from lessons.reasoning.prompts import prompt
from lessons.reasoning.reasoner import Reply
from lessons.reasoning.vocabulary import UNKNOWN
from lessons.text.tokenizer import Tokenizer
from widgets.explorers.model_choice import ModelChoice, load_once
from widgets.instruments.passages import Passage
from widgets.instruments.text import visible

MOST_PROBLEMS = 100
"""Of each length, to look at one by one."""
LARGEST_SEED = 99
MOST_NAMED = 5
"""Unknown words that are named."""
TITLE = "the reasoner"
KEY = {"given": "what the model was given", "written": "what it wrote", "edited": "what you changed"}
HEADINGS = {"direct": "Direct: the answer at once", "chain": "Chain of thought first"}


class Reasoner:
    """The model, loaded when it is first asked, and problems that it was never trained on."""

    def __init__(self, model: Callable[[], nn.Module] | None = None) -> None:
        self._choice = ModelChoice({TITLE: partial(load_once, "reasoner") if model is None else model}, {})
        self._drawn: dict[tuple[int, int], tuple[torch.Generator, list[Problem]]] = {}

    @property
    def model(self) -> nn.Module:
        """The model. ValueError, in a sentence, when it cannot be loaded."""
        return self._choice.model(TITLE)

    def problems(self, events: int, seed: int, start: int, count: int) -> list[Problem]:
        """Return held-out problems, counted from 0: of a seed always the same, however many were asked for before."""
        source, drawn = self._drawn.setdefault(
            (events, seed), (torch.Generator().manual_seed(1000 * seed + events), [])
        )
        while len(drawn) < start + count:
            drawn.append(draw(events, source, held_out=True))
        return drawn[start : start + count]

    def problem(self, events: int, seed: int) -> Problem:
        """Return one problem for a seed."""
        return self.problems(events, seed, 0, 1)[0]


def saying(answer: int | None) -> str:
    """Return an answer in words that follow "says"."""
    return "no number that could be read" if answer is None else str(answer)


def reply_passage(problem: Problem, way: str, reply: Reply) -> Passage:
    """Return prompt and reply as one text, and whether the answer is right; of a wrong chain, where it goes astray."""
    note = f"It says {saying(reply.answer)}. The right answer is {problem.answer}."
    if way == "chain":
        note = f"{note} {fault(problem, reply)}".strip()
    parts = [(f"{prompt(problem, way)} ", "given"), (reply.text, "written")]
    return Passage(HEADINGS[way], parts, note, "right" if reply.right else "wrong")


def fault(problem: Problem, reply: Reply) -> str:
    """Return in a sentence where a chain goes astray; nothing where it does not."""
    mistake = first_error(problem, reply.text)
    if mistake is None:
        return ""
    where = f"in {problem.months[mistake.step]}" if mistake.step < len(problem.steps) else "at the end"
    return f"First mistake {where}: {KINDS[mistake.kind]}."


def check_words(tokenizer: Tokenizer, text: str, way_out: str) -> None:
    """Raise one sentence when the text holds a word that the reasoner does not know. way_out: what to do then."""
    encoded = tokenizer.encode(text)
    names = tokenizer.entries
    spans = [span for i, span in zip(encoded.ids, encoded.spans, strict=True) if names[i] == UNKNOWN]
    if not spans:
        return
    words = list(dict.fromkeys(visible(text[start:end]) for start, end in spans))
    more = f" and {len(words) - MOST_NAMED} more" * (len(words) > MOST_NAMED)
    raise ValueError(
        f"The reasoner knows the words of its stories and the numbers from 0 to {LARGEST} only, and not "
        f"{', '.join(f'“{word}”' for word in words[:MOST_NAMED])}{more}: {way_out}"
    )
