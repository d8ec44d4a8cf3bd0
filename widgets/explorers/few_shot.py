"""Lesson 06: show a task by examples in the prompt, and see how likely the right answer becomes.

All prompts, with no example up to eight, are answered at once. Below stands the prompt that is chosen, coloured by
where the model looks before it answers, and what was measured on the whole task, once, and stored.
"""

from functools import lru_cache

import torch
import traitlets as t
from torch import nn

from lessons.core.seed import generator
from lessons.gpt.few_shot import contradicted
from lessons.text.word_tasks import TASKS, Task
from widgets import controls
from widgets.explorers import few_shot_views as views
from widgets.explorers.explorer import Explorer
from widgets.explorers.few_shot_views import MEAN, NO_BARS, NO_TOKENS, Prompts
from widgets.explorers.model_choice import Models, missing_models, models_here
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.passages import Passages
from widgets.instruments.token_strip import TokenStrip

TITLES = {"smollm2-135m": "SmolLM2: 135 million weights"}
"""The zoo's name -> what the panel calls it."""
MOST = 8
"""Examples in a prompt."""
_YOUNG = "cat > kitten; dog > puppy; cow > calf; sheep > lamb; horse > foal; hen > chick; goat > kid; pig > piglet"
_ASKED = (("duck", "duckling"), ("bear", "cub"), ("goose", "gosling"), ("lion", "cub"))
OWN = Task("own", "Your own", "", "Input:", "Output:", tuple(views.parsed(_YOUNG.replace("; ", "\n"), MOST)), _ASKED)
"""To write over; it has no instruction."""
CHOICES = {**TASKS, OWN.name: OWN}
"""Name -> task."""


class FewShot(Explorer):
    """Choose a task or write examples of your own, and move the slider from no example to eight.

    ``models`` maps a title to a function that gives a decoder with a tokenizer; left out, it is SmolLM2 where that is
    on this computer.
    """

    name = "Show it by examples"
    task = t.Enum(list(CHOICES), "opposites").tag(state=True)
    """What the labels, the instruction and the first examples are from."""
    item = t.Int(0, min=0).tag(state=True)
    """Which question of the task is asked, counted from 0."""
    draw = t.Int(0, min=0, max=99).tag(state=True)
    """Which examples of the task are drawn, and in which order."""
    wrong = t.Bool(False).tag(state=True)
    """Whether every example bears the answer of another. This, like the three above, writes the fields below anew."""
    told = t.Bool(False).tag(state=True)
    """Whether the task's instruction stands before the examples."""
    shots = t.Int(3, min=0, max=MOST).tag(state=True)
    """How many of the examples stand in the prompt that is shown."""
    examples = t.Unicode().tag(state=True)
    """One a line, ``question > answer``."""
    query = t.Unicode().tag(state=True)
    answer = t.Unicode().tag(state=True)
    """The right one."""
    layer = t.Int(MEAN, min=MEAN).tag(state=True)
    head = t.Int(MEAN, min=MEAN).tag(state=True)
    """-1: the mean of all."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = models_here(TITLES) if models is None else models
        self._missing = missing_models(TITLES) if models is None else ""
        self._look = lru_cache(maxsize=16)(lambda prompt: views.look(self._model(), prompt))
        self._scores = lru_cache(maxsize=16)(lambda prompts: views.scores(self._model(), prompts))
        self.bars = Bars()
        self.mass = Bars()
        self.text = Passages(height=320)
        self.strip = TokenStrip()
        self.chart = Chart(title="The whole task, measured once", height=300)
        self.bars.layout, self.mass.layout = ({"width": "auto", "flex": "1 1 340px"} for _ in range(2))
        self.examples, self.query, self.answer = self._fields()
        fills = {name: state.pop(name) for name in ("task", "item", "draw", "wrong") if name in state}
        parts = {
            "task": controls.choice("Task", [(task.title, name) for name, task in CHOICES.items()], self.task),
            "item": controls.slider("Question of the task", 0, 0, 0, 1),
            "draw": controls.slider("Draw other examples", self.draw, 0, 99, 1),
            "wrong": controls.toggle("Exchange the answers of the examples", self.wrong),
            "told": controls.toggle("Say in words what to do", self.told),
            "shots": controls.slider("Examples in the prompt", self.shots, 0, MOST, 1),
            "examples": controls.area(f"Your examples, one a line ({MOST} at most)", self.examples, rows=4),
            "query": controls.text("Your question", self.query),
            "answer": controls.text("Its right answer", self.answer),
            "layer": controls.slider("Attention in layer (−1: all)", MEAN, MEAN, MEAN, 1),
            "head": controls.slider("of head (−1: all)", MEAN, MEAN, MEAN, 1),
        }
        for name in ("examples", "query", "answer"):  # nine prompts take a second: answer when the field is left
            parts[name].continuous_update = False
        if (model := self._model()) is not None:
            parts["layer"].max, parts["head"].max = model.config.layers - 1, model.config.heads - 1
        parts["item"].max = len(CHOICES[fills.get("task", self.task)].held_out) - 1
        # What writes the fields comes first, and what was asked for in them stays.
        super().__init__(parts, [self.text, self.bars, self.mass, self.strip, self.chart], **fills, **state)

    def prompts(self) -> Prompts:
        """Return the question with its examples. ValueError, in a sentence, for a field that cannot be read."""
        examples = views.parsed(self.examples, MOST)
        if not self.query.strip():
            raise ValueError("There is no question: write one, such as fast.")
        if not self.answer.strip():
            raise ValueError("There is no right answer to look for: write one, such as slow.")
        task = CHOICES[self.task]
        instruction = task.instruction if self.told else ""
        labels = (task.input_label, task.output_label)
        return Prompts(labels, instruction, tuple(examples), self.query.strip(), self.answer.strip())

    def update(self) -> dict[str, dict]:
        """Show the probability of the right answer, the prompt, where the model looks, and the whole task's curve."""
        prompts = self.prompts()
        shots = min(self.shots, len(prompts.examples))
        said = [views.contradictions(prompts.examples[:shots])]
        if shots < self.shots:
            said.append(f"You have written {shots} examples, so {shots} are shown.")
        if self.told and not CHOICES[self.task].instruction:
            said.append("A task of your own has no instruction: write it into the first question.")
        shown = {"chart": views.stored_curve(CHOICES[self.task])}
        if self._model() is None:
            shown |= {"bars": NO_BARS, "mass": NO_BARS, "strip": NO_TOKENS, "text": views.passage(prompts, shots)}
            said = [self._missing, *said]
        else:
            seen, found = self._look(prompts.prompt(shots)), self._scores(prompts)
            looks, name = views.chosen_looks(seen, self.layer, self.head), views.who(self.layer, self.head)
            shown |= {
                "text": views.passage(prompts, shots, seen, found[shots]),
                "bars": views.probability_bars(found, shots, prompts.answer),
                "mass": views.mass_bars(prompts, shots, seen, looks, name),
                "strip": views.prompt_strip(seen, looks, name),
            }
            said = [views.sentence(prompts, shots, seen, found[shots]), *said]
        return shown | {"note": " ".join(filter(None, said))}

    def link_cursors(self) -> None:
        """Offer the questions that the task has, and leave out the views that have nothing to show."""
        self.controls["item"].max = self._last()
        for view in (self.bars, self.mass, self.strip):
            view.layout.display = None if self.bars.labels else "none"
        self.chart.layout.display = None if self.chart.figure["data"] else "none"

    def _model(self) -> nn.Module | None:
        """The first model that can be loaded; what is said of the others is in `_missing`."""
        for load in self._models.values():
            try:
                return load()
            except (RuntimeError, OSError) as error:
                self._missing = str(error)
        return None

    def _last(self) -> int:
        return len(CHOICES[self.task].held_out) - 1

    def _fields(self) -> tuple[str, str, str]:
        """What the task puts into the three fields: examples from its pool, a question and its answer."""
        task = CHOICES[self.task]
        order = torch.randperm(len(task.pool), generator=generator(self.draw)).tolist()
        examples = [task.pool[i] for i in order]
        examples = contradicted(examples) if self.wrong else examples
        return views.written(examples[:MOST]), *task.held_out[min(self.item, self._last())]

    @t.observe("task", "item", "draw", "wrong")
    def _fill(self, _change: t.Bunch) -> None:
        with self.together():
            self.examples, self.query, self.answer = self._fields()
