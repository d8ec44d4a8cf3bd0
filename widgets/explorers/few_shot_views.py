"""What the few-shot panel shows: pure functions from a prompt and a model's answers to the instruments."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from torch import Tensor, nn

from lessons.attention.heads import read_heads
from lessons.checks.wording import number
from lessons.gpt.few_shot import Score, answer_scores, few_shot_prompt
from lessons.gpt.generate import generate
from lessons.text.tokenizer import Encoded
from lessons.text.word_tasks import Example, Task
from lessons.zoo.recipes.few_shot_smollm2 import points
from widgets.explorers.intervals import add_line
from widgets.instruments.passages import Passage
from widgets.instruments.text import visible

SEPARATOR = ">"
"""Between a question and its answer, in the field for examples."""
MEAN = -1
"""In place of a layer or a head: the mean of all."""
ANSWER = 24
"""Tokens that the model may answer."""
NO_BARS, NO_TOKENS = dict(labels=[], values=[]), dict(tokens=[], values=[], title="")


def parsed(text: str, most: int) -> list[Example]:
    """Return the examples that were typed, one a line. ValueError, in a sentence, for a line that is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > most:
        raise ValueError(f"There are {len(lines)} examples, and this panel shows {most} at most: take some lines away.")
    examples = []
    for i, line in enumerate(lines):
        spaced = f" {SEPARATOR} "  # where there is one, another > is part of a text
        parts = line.partition(spaced if spaced in line else SEPARATOR)
        question, sign, answer = (part.strip() for part in parts)
        if not (question and sign and answer):
            raise ValueError(
                f"Line {i + 1} is no example: write a question, {SEPARATOR} and its answer, as hot > cold."
            )
        examples.append((question, answer))
    return examples


def written(examples: Sequence[Example]) -> str:
    """Return examples as `parsed` reads them."""
    return "\n".join(f"{question} {SEPARATOR} {answer}" for question, answer in examples)


def contradictions(examples: Sequence[Example]) -> str:
    """Return in a sentence which question has two answers among the examples; an empty text where none has."""
    for question, answer in examples:
        others = [other for asked, other in examples if asked == question and other != answer]
        if others:
            return (
                f"The examples contradict each other: “{visible(question, 30)}” is answered by “{visible(answer, 30)}” "
                f"and by “{visible(others[0], 30)}”. The model cannot know which one is meant."
            )
    return ""


@dataclass(frozen=True)
class Prompts:
    """One question with 0, 1, 2, … examples in front of it."""

    labels: tuple[str, str]  # in front of a question, and of an answer
    instruction: str  # empty for none
    examples: tuple[Example, ...]
    query: str
    answer: str  # the right one

    def prompt(self, shots: int) -> str:
        """What the model reads."""
        return few_shot_prompt(self.labels, self.examples[:shots], self.query, self.instruction)

    def starts(self, shots: int) -> list[int]:
        """Where in the prompt each example begins, then where the question does."""
        asked = len(few_shot_prompt(self.labels, [], self.query))
        return [len(self.prompt(count)) - asked for count in range(shots + 1)]


def scores(model: nn.Module, prompts: Prompts) -> list[Score]:
    """Return the score of the right answer for every number of examples, from one batch."""
    texts = [prompts.prompt(shots) for shots in range(len(prompts.examples) + 1)]
    return answer_scores(model, texts, [prompts.answer] * len(texts))


@dataclass(frozen=True, eq=False)
class Look:
    """What the model writes behind a prompt, and where it looks before that."""

    encoded: Encoded  # the prompt
    answer: str  # up to the end of the line
    looks: Float[Tensor, "layer head key"]  # from the last token of the prompt


def look(model: nn.Module, prompt: str) -> Look:
    """Read a prompt. ValueError, in a sentence, for one that is too long."""
    encoded = model.tokenizer.encode(prompt)
    if len(encoded) + ANSWER > model.config.context:
        raise ValueError(
            f"The prompt has {len(encoded):,} tokens and the model has room for {model.config.context - ANSWER:,}: "
            "show fewer or shorter examples."
        )
    answer = generate(model, [prompt], tokens=ANSWER, stop=["\n"])[0].text.strip()
    return Look(encoded, answer, read_heads(model, torch.tensor(encoded.ids))[:, :, -1])


def chosen_looks(seen: Look, layer: int, head: int) -> Float[Tensor, "key"]:
    """Return where a head looks, or the mean of heads. ValueError for a layer or head that is not there."""
    looks = seen.looks
    for what, value, size in zip(("layer", "head"), (layer, head), looks.shape, strict=False):
        if value >= size:
            raise ValueError(f"There is no {what} {value}: this model has the {what}s 0 to {size - 1}.")
    looks = looks.mean(dim=0) if layer == MEAN else looks[layer]  # [head key]
    return looks.mean(dim=0) if head == MEAN else looks[head]


def who(layer: int, head: int) -> str:
    """Return which heads these are, in words."""
    heads = "all heads" if head == MEAN else f"head {head}"
    return heads + (" of all layers" if layer == MEAN else f" of layer {layer}")


def prompt_strip(seen: Look, looks: Float[Tensor, "key"], name: str) -> dict:
    """Return the prompt, coloured by where the model looks from its end.

    The first token takes most: heads with nothing to do look there. On a scale up to it all others would be pale, so
    what it takes stands below it.
    """
    high = looks[1:].max().item()
    return dict(
        tokens=seen.encoded.tokens, values=looks, notes=[f"{looks[0]:.2f}", *[""] * (len(looks) - 1)], low=0.0,
        high=high, value_axis="attention", title=f"The prompt in tokens. Colours: where {name} attend from the last",
    )  # fmt: skip


def passage(prompts: Prompts, shots: int, seen: Look | None = None, score: Score | None = None) -> dict:
    """Return the prompt as text, with what the model writes behind it; nothing where no model reads it."""
    parts = [(prompts.prompt(shots), "given")]
    note = verdict = ""
    if seen and score:
        parts.append((f" {seen.answer}", "written"))
        verdict = "right" if score.right else "wrong"
        note = "This is the right answer." if score.right else f"The right answer is: {prompts.answer}"
    heading = f"The prompt with {shots} example{'s' * (shots != 1)}"
    key = {"given": "the prompt", "written": "what the model writes"}
    return dict(passages=[Passage(heading, parts, note, verdict)], key=key)


def mass_bars(prompts: Prompts, shots: int, seen: Look, looks: Float[Tensor, "key"], name: str) -> dict:
    """Return how much of the attention falls on each example, on what stands before, and on the question.

    What the first token takes is left out: it says nothing of the example that begins with it.
    """
    starts = prompts.starts(shots)
    labels = [
        f"{i + 1}: {question} {SEPARATOR} {answer}" for i, (question, answer) in enumerate(prompts.examples[:shots])
    ]
    labels.append("the question")
    if starts[0]:
        starts, labels = [0, *starts], ["the instruction", *labels]
    part = torch.tensor([sum(begin <= first for begin in starts) - 1 for first, _ in seen.encoded.spans])  # [key]
    values = torch.zeros(len(starts)).index_add(0, part[1:], looks[1:])
    return dict(
        labels=labels, values=values, low=0.0, high=values.max().item(), label_axis="part of the prompt",
        value_axis="attention", title=f"Attention of {name}, but for the first token",
    )  # fmt: skip


def probability_bars(found: Sequence[Score], shots: int, answer: str) -> dict:
    """Return the probability of the right answer for every number of examples."""
    labels = [f"{count}{', right' * score.right}{', shown' * (count == shots)}" for count, score in enumerate(found)]
    return dict(
        labels=labels, values=[score.probability for score in found], low=0.0, high=1.0,
        label_axis="examples in the prompt", value_axis="probability",
        title=f"How likely the model is to write “{visible(answer)}”",
    )  # fmt: skip


def sentence(prompts: Prompts, shots: int, seen: Look, score: Score) -> str:
    """Return what the model writes, in words."""
    said = f"writes “{visible(seen.answer)}”" if seen.answer else "writes an empty line"
    verdict = "That is the right answer" if score.right else f"The right answer is “{visible(prompts.answer)}”"
    return (
        f"With {shots} example{'s' * (shots != 1)} the model {said}. {verdict}; it had a probability of "
        f"{number(score.probability)}."
    )


def stored_curve(task: Task) -> dict:
    """Return what was measured on all questions of a task, once, and is stored; an empty chart where nothing is."""
    figure = go.Figure()
    found = points().get(task.name)
    if found is None:
        return dict(figure=figure, summary="")
    by_shots = [point for condition, point in found.items() if condition.endswith(("shot", "shots"))]
    for name, dash in (("accuracy", "solid"), ("probability", "dot")):
        title = {"accuracy": "answered right", "probability": "mean probability of the right answer"}[name]
        add_line(figure, [p.shots for p in by_shots], [getattr(p, name) for p in by_shots], title, line_dash=dash)
    for condition, title in (("told", "told in words, no example"), ("contradicted", "answers exchanged")):
        point = found[condition]
        add_line(figure, [point.shots], [point.accuracy], title, mode="markers", marker_size=10)
    figure.update_layout(xaxis=dict(title="examples in the prompt"), yaxis=dict(title="share", range=[-0.03, 1.05]))
    first, last = by_shots[0], by_shots[-1]
    return dict(
        figure=figure,
        summary=f"{task.title}, SmolLM2 on all {len(first.scores)} questions: with {first.shots} examples "
        f"{first.accuracy.mean:.0%} are answered right, with {last.shots} examples {last.accuracy.mean:.0%} "
        f"({last.accuracy.low:.0%} to {last.accuracy.high:.0%}).",
    )
