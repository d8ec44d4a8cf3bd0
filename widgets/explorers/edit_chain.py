"""Lesson 07: change a number in the model's own chain, and see whether the answer follows (Lanham et al. 2023).

The model goes on from the changed chain. If it answered from the story alone, the chain would be decoration, and a
change in it would change nothing.
"""

from collections.abc import Callable
from functools import lru_cache

import traitlets as t
from torch import nn

from lessons.gpt.generate import prompt_ids
from lessons.reasoning.corrupt import change_one
from lessons.reasoning.problems import LARGEST, MOST_EVENTS, Problem
from lessons.reasoning.prompts import prompt
from lessons.reasoning.reasoner import Reply, ask
from widgets import controls
from widgets.explorers import chain_views
from widgets.explorers.chain_views import Edit, Place
from widgets.explorers.explorer import Explorer
from widgets.explorers.reasoner import KEY, LARGEST_SEED, Reasoner, check_words
from widgets.instruments.bars import Bars
from widgets.instruments.passages import Passages

CHOSEN = -1
"""In place of a result: one that the panel chooses, another than the model's own."""
MOST_EQUATIONS = 2 * MOST_EVENTS


class EditChain(Explorer):
    """Choose an equation of the model's chain and another result for it, or rewrite the chain; the model goes on.

    ``model`` returns a model with the reasoner's tokenizer; left out, it is the zoo's ``reasoner``.
    """

    name = "Edit the chain: does the answer follow?"
    events = t.Int(3, min=1, max=MOST_EVENTS).tag(state=True)
    seed = t.Int(0, min=0, max=LARGEST_SEED).tag(state=True)
    """Of the problem."""
    equation = t.Int(1, min=0, max=MOST_EQUATIONS - 1).tag(state=True)
    """Which equation of the model's own chain is changed, counted from 0; beyond the last one, the last is."""
    result = t.Int(CHOSEN, min=CHOSEN, max=LARGEST).tag(state=True)
    """What stands behind its equals sign now, or CHOSEN. Another problem or equation takes it back."""
    text = t.Unicode("").tag(state=True)
    """The chain that the model goes on from. Empty, it is its own up to the changed equation."""

    def __init__(self, model: Callable[[], nn.Module] | None = None, **state: object) -> None:
        self._reasoner = Reasoner(model)
        self._own = lru_cache(maxsize=4)(self._asked)
        self._edited = lru_cache(maxsize=16)(self._went_on)
        self.chains = Passages(columns=2, height=520)
        self.bars = Bars(label_axis="answer", value_axis="probability")
        parts = {
            "events": controls.slider("Events in the story", self.events, 1, MOST_EVENTS, 1),
            "seed": controls.slider("Seed of the problem", self.seed, 0, LARGEST_SEED, 1),
            "which": controls.choice("Change", [("no equation yet", 0)], 0),
            "number": controls.slider("so that its result is", 0, 0, LARGEST, 1),
            "begun": controls.area("The chain so far; the model goes on from its end", "", rows=2),
        }
        parts["begun"].continuous_update = False  # a number that is half typed is another number
        self.observe(self._take_back, ["events", "seed", "equation", "result"])
        for name in ("events", "seed", "equation", "result"):  # each takes those behind it back
            setattr(self, name, state.pop(name, getattr(self, name)))
        super().__init__(parts, [self.chains, self.bars], **state)
        for control, trait in (("which", "equation"), ("number", "result"), ("begun", "text")):
            parts[control].observe(lambda change, trait=trait: self._follow(trait, change["new"]), "value")

    def edit(self) -> Edit:
        """Return both chains. ValueError, in a sentence, for a text that the model cannot read."""
        problem, own = self._own(self.events, self.seed)
        begun = self.begun()
        return Edit(problem, own, begun, self._edited(self.events, self.seed, begun))

    def begun(self) -> str:
        """Return what the model goes on from."""
        problem, own = self._own(self.events, self.seed)
        if self.text.strip():
            return self.text.strip()
        place = self._place()
        return "" if place is None else chain_views.cut(own.text, place, self._result(problem, place))

    def update(self) -> dict[str, dict]:
        """Show both chains, and how likely each answer is after them."""
        edit, model = self.edit(), self._reasoner.model
        title = f"A story with {len(edit.problem.events)} events; its answer is {edit.problem.answer}"
        note = "" if self._place() else "The model wrote no equation: write the beginning of a chain yourself."
        return {
            "chains": dict(passages=chain_views.passages(edit, model.tokenizer), key=KEY, title=title),
            "bars": chain_views.answer_bars(model, edit),
            "note": note,
        }

    def link_cursors(self) -> None:
        """Offer the equations that there are, and show in the fields what the model goes on from."""
        problem, own = self._own(self.events, self.seed)
        which, number = self.controls["which"], self.controls["number"]
        place = self._place()
        options = [(str(each), i) for i, each in enumerate(chain_views.places(own.text))] or [("no equation yet", 0)]
        if list(which.options) != options:
            which.options = options
        which.value = min(self.equation, len(options) - 1)
        which.disabled = number.disabled = place is None
        if place is not None:
            number.value = self._result(problem, place)
        self.controls["begun"].value = self.begun()

    def _place(self) -> Place | None:
        """Return the equation that is changed; None where the chain has none."""
        found = chain_views.places(self._own(self.events, self.seed)[1].text)
        return found[min(self.equation, len(found) - 1)] if found else None

    def _result(self, problem: Problem, place: Place) -> int:
        """Return what the equation is made to give."""
        if self.result != CHOSEN:
            return self.result
        changes = change_one([problem], self.equation, self.seed)
        return changes[0].result if changes else (place.equation.result + 1) % (LARGEST + 1)

    def _asked(self, events: int, seed: int) -> tuple[Problem, Reply]:
        """Return a problem and the model's own chain for it."""
        problems = self._reasoner.problems(events, seed, 0, 1)
        return problems[0], ask(self._reasoner.model, problems, "chain")[0]

    def _went_on(self, events: int, seed: int, begun: str) -> Reply:
        """Return what the model makes of a beginning."""
        problem, _ = self._own(events, seed)
        model = self._reasoner.model
        check_words(model.tokenizer, begun, "write the chain with its words, such as “May: 5 - 2 = 3.”")
        if prompt_ids(model, f"{prompt(problem, 'chain')} {begun}")[1]:
            raise ValueError(
                f"Your chain is too long: with the story it is more than the model's {model.config.context} tokens."
            )
        return ask(model, [problem], "chain", [begun])[0]

    def _take_back(self, change: t.Bunch) -> None:
        """Another problem has other equations, another equation another result, and another result another text."""
        if change["name"] in ("events", "seed"):
            self.equation = type(self).equation.default_value
        if change["name"] != "result":
            self.result = CHOSEN
        self.text = ""

    def _follow(self, trait: str, value: object) -> None:
        if not self.status.busy:  # while it answers, the panel fills the fields, not the student
            setattr(self, trait, value)
