"""Lesson 07: one question after two prompts, one with answers alone and one with chains of thought (Wei et al. 2022).

Without exemplars the second prompt ends with "Let's think step by step." (Kojima et al. 2022). The small reasoner needs
no exemplars: it has learned both ways to answer, and is asked in its own format.
"""

from collections.abc import Generator
from contextlib import closing

import traitlets as t

from lessons.gpt.decoding import Decoding
from lessons.gpt.generate import prompt_ids, stream
from lessons.reasoning.exemplars import CAFETERIA
from lessons.text.word_problems import EXEMPLARS
from widgets import controls
from widgets.explorers import workbench_views as views
from widgets.explorers.background import BackgroundPanel
from widgets.explorers.model_choice import ModelChoice, Models
from widgets.explorers.reasoner import KEY, LARGEST_SEED, Reasoner, check_words
from widgets.explorers.workbench_views import QUESTIONS, Draft, Question
from widgets.instruments.bars import Bars
from widgets.instruments.passages import Passages

TITLES = {
    "smollm2-135m": "SmolLM2: 135 million parameters, has read much",
    "reasoner": "Our small reasoner: has read stories of its own only",
}
"""The zoo's name -> what the list calls it."""
OWN = -1
"""In place of the number of a question in the list: one that was typed."""
MOST_EXEMPLARS = 4
STORIES = (2, 3, 4, 5, 6)
"""Events of the stories for the reasoner."""


class PromptWorkbench(BackgroundPanel):
    """Choose or write a question and the number of exemplars, and let the model answer after both prompts.

    ``models`` maps a title to a function that gives a decoder with a tokenizer; left out, they are those of the lesson.
    """

    name = "Prompt workbench: directly, and with a chain of thought"
    model = t.Unicode().tag(state=True)
    """The title of the model."""
    question = t.Unicode(CAFETERIA.question).tag(state=True)
    right = t.Unicode(str(CAFETERIA.answer)).tag(state=True)
    """The right answer, a whole number; empty where nobody knows it."""
    exemplars = t.Int(1, min=0, max=MOST_EXEMPLARS).tag(state=True)
    temperature = t.Float(0.0, min=0.0, max=1.5).tag(state=True)
    """0 takes the best token at every step."""
    seed = t.Int(0, min=0, max=LARGEST_SEED).tag(state=True)
    """Of the draws."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models, self._stories = ModelChoice(models, TITLES), Reasoner()
        self._drafts: dict[str, Draft] = {}
        self._chances: dict[str, float] = {}
        self.prompts = Passages(columns=2, height=560)
        self.bars = Bars(label_axis="where the answer comes", value_axis="probability")
        buttons = {
            "write": controls.button("Write both answers", "Let the model answer after both prompts"),
            "stop": controls.button("Stop", "Stop at once; what is written stays"),
        }
        parts = {
            "model": controls.choice("Model", self._models.titles, None),
            "chosen": controls.choice("Question", [("my own", OWN)], OWN),
            "question": controls.area("The question", self.question, rows=3),
            "right": controls.text("Its right answer", self.right),
            "exemplars": controls.slider("Exemplars (0: step by step)", self.exemplars, 0, MOST_EXEMPLARS, 1),
            "temperature": controls.number("Temperature", self.temperature, 0.0, 1.5, 0.1),
            "seed": controls.number("Seed", self.seed, 0, LARGEST_SEED),
            **buttons,
        }
        parts["right"].layout.width = "min(240px, 100%)"
        chosen = state.pop("model", None)
        self.model = self._models.first() if chosen is None else chosen
        if "question" in state:
            self.right = ""  # nobody knows it, unless it is given, too
        else:
            self._begin_with_the_first()
        self.observe(self._forget, ["model", "question", "right", "exemplars", "temperature", "seed"])
        super().__init__(parts, [self.prompts, self.bars], **state)
        self.observe(self._fit_to_the_model, "model")
        parts["chosen"].observe(self._follow_list, "value")
        self.keep_together(list(buttons))
        buttons["write"].on_click(lambda _: self.write())
        buttons["stop"].on_click(lambda _: self.stop())
        self.observe(self._set_buttons, "running")
        self._set_buttons()

    def questions(self, title: str) -> list[Question]:
        """Return the questions that are offered for a model. ValueError, in a sentence, where it cannot be read."""
        if views.is_reasoner(self._models.model(title)):
            problems = [self._stories.problem(events, 0) for events in STORIES]
            return [(f"a story of {len(p.events)} events", p.question, p.answer) for p in problems]
        return QUESTIONS

    def asked(self) -> dict[str, str]:
        """Return both prompts by way. ValueError, in a sentence, for a question that cannot be asked."""
        model = self._models.model(self.model)
        if views.is_reasoner(model):
            check_words(model.tokenizer, self.question, "choose one of its stories from the list, or another model.")
        shown = [exemplar for exemplar in EXEMPLARS if exemplar.question != self.question.strip()]
        return views.prompts(model, self.question, shown[: self.exemplars])

    def write(self) -> None:
        """Write both answers anew: in the background of a notebook, at once in a test."""
        self._forget()
        self.begin(self._writing())

    def update(self) -> dict[str, dict]:
        """Show both prompts with what is written behind them, and how likely the right answer is."""
        asked, right = self.asked(), views.right_answer(self.right)
        model = self._models.model(self.model)
        cuts = dict.fromkeys(prompt_ids(model, prompt)[1] for prompt in asked.values())
        return {
            "prompts": dict(
                passages=[views.passage(way, prompt, self._drafts.get(way), right) for way, prompt in asked.items()],
                key=KEY, title="The two prompts, and what the model writes behind them",
                summary=views.outcome(self._drafts, right),
            ),
            "bars": views.chance_bars(self._chances, right),
            "note": " ".join(filter(None, (self._models.missing, *cuts))),
        }  # fmt: skip

    def link_cursors(self) -> None:
        """Offer the questions for this model; the reasoner has no use for exemplars."""
        questions, control = self.questions(self.model), self.controls["chosen"]
        options = [*((name, i) for i, (name, _, _) in enumerate(questions)), ("my own", OWN)]
        if list(control.options) != options:
            control.options = options
        control.value = next((i for i, (_, text, _) in enumerate(questions) if text == self.question), OWN)
        self.controls["exemplars"].disabled = views.is_reasoner(self._models.model(self.model))

    def _writing(self) -> Generator[None, None, None]:
        """Write both answers, token by token; then measure the right one's probability after prompt and chain."""
        asked, right = self.asked(), views.right_answer(self.right)
        model = self._models.model(self.model)
        decoding, stops = Decoding(temperature=self.temperature), views.stops(model, self.exemplars)
        for way, prompt in asked.items():
            with closing(stream(model, prompt, views.TOKENS[way], decoding, stops, self.seed)) as steps:
                for step in steps:
                    self._drafts[way] = Draft(step.text, step.ended)
                    yield
        for way, prompt in asked.items():
            if right is not None:
                written = self._drafts[way].text if way == "chain" else ""
                self._chances[way] = views.chance(model, prompt, written, right)
                yield

    def _begin_with_the_first(self) -> None:
        try:
            _, self.question, right = self.questions(self.model)[0]
        except ValueError:
            return  # the answer to the new state says why
        self.right = str(right)

    def _fit_to_the_model(self, change: t.Bunch) -> None:
        """Another model has other questions; one of the student's own stays where the model can read it."""
        try:
            self.asked()
            listed = self.question in [text for _, text, _ in self.questions(change["old"])]
        except ValueError:
            listed = True
        if listed:
            self._begin_with_the_first()

    def _follow_list(self, change: t.Bunch) -> None:
        """A question from the list comes with its right answer; to write one's own, there is the field."""
        if self.status.busy or change["new"] == OWN:
            return
        _, question, right = self.questions(self.model)[change["new"]]
        with self.together():
            self.question, self.right = question, str(right)

    def _forget(self, _change: object = None) -> None:
        self.stop()
        self._drafts, self._chances = {}, {}

    def _set_buttons(self, _change: object = None) -> None:
        self.controls["write"].disabled = self.running
        self.controls["stop"].disabled = not self.running

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        return self._models.checked(proposal.value)
