"""What the panel of the model that learns in context shows: pure functions from its answers to the instruments."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go
import torch
from jaxtyping import Float
from torch import Tensor

from lessons.checks.wording import number
from lessons.core.modes import evaluating
from lessons.gpt.generate import generate
from lessons.gpt.in_context import ARROW, END, LETTERS, PAIRS, SYMBOLS, Exercise
from lessons.gpt.in_context_curve import Curve
from lessons.gpt.in_context_heads import notes, patterns
from lessons.gpt.llama import Llama
from widgets.instruments.text import visible, visible_all

LONGEST_ANSWER = 8
"""Letters that the model may answer; a longer answer is cut."""
BEST = 5
"""Characters in the bars of one place."""
SEEN = 0.1
"""Attention from which on a character has its figure below it."""


@dataclass(frozen=True, eq=False)
class Read:
    """A text that ends with a question, with the model's own answer behind it."""

    text: str  # with the answer, without the sign that ends it
    question: int  # the place of the last arrow; behind it stands the answer
    chances: Float[Tensor, "time vocab"]  # what comes after every character, and after all before it
    patterns: Float[Tensor, "layer head query key"]

    @property
    def answer(self) -> str:
        """What the model says."""
        return self.text[self.question + 1 :]

    @property
    def said(self) -> str:
        """The answer with the sign that ends it, unless it was cut before."""
        return self.answer + END * (len(self.answer) < LONGEST_ANSWER)

    @property
    def sure(self) -> list[float]:
        """The probability of each character of `said`, after all before it."""
        return [self.chances[self.question + i, SYMBOLS.index(symbol)].item() for i, symbol in enumerate(self.said)]


def typed(text: str, longest: int) -> str:
    """Return a typed text as the model reads it, without spaces and line breaks. ValueError, in a sentence, for one
    that the model cannot answer.
    """
    text = "".join(text.split())
    if not text:
        raise ValueError("There is no text: type pairs such as abc>xyz; and a last word with > behind it.")
    if strange := [symbol for symbol in dict.fromkeys(text) if symbol not in SYMBOLS]:
        names = ", ".join(visible_all(strange[:5]))
        raise ValueError(f"The model knows the letters a to z and A to Z, {ARROW} and {END}, but not {names}.")
    *pairs, last = text.split(END)
    if not last.endswith(ARROW) or last.count(ARROW) > 1 or len(last) < 2:
        raise ValueError(f"There is no question at the end: end with a word and {ARROW}, such as cab{ARROW}.")
    if wrong := [pair for pair in pairs if pair.count(ARROW) != 1 or ARROW in (pair[0], pair[-1])]:
        raise ValueError(
            f"“{visible(wrong[0] or END, 20)}” is no pair: a pair is a word, {ARROW}, its answer and {END} behind it."
        )
    if len(text) > longest:
        raise ValueError(
            f"The text has {len(text)} characters, and the model reads {longest} at most: leave out pairs."
        )
    return text


@torch.no_grad()
def read(model: Llama, text: str) -> Read:
    """Return what the model answers to a text of `typed`, the most likely character each time, and where it looks."""
    answer = generate(model, [text], tokens=LONGEST_ANSWER, stop=[END])[0].text
    ids = torch.tensor([model.tokenizer.encode(text + answer).ids])
    with evaluating(model):
        chances = model(ids)[0].softmax(dim=-1)  # [batch=1 time vocab] -> [time vocab]
    return Read(text + answer, len(text) - 1, chances, patterns(model, ids)[:, 0])


def curve_figure(family: str, curve: Curve) -> go.Figure:
    """Return the share of right answers by the number of examples, and what an ideal observer knows."""
    shots = list(range(len(curve.model)))
    share = [100 * right.mean for right in curve.model]
    figure = go.Figure()
    figure.add_scatter(
        x=shots, y=share, name="our model", mode="lines+markers",
        error_y=dict(
            array=[100 * (right.high - right.mean) for right in curve.model],
            arrayminus=[100 * (right.mean - right.low) for right in curve.model],
        ),
    )  # fmt: skip
    ideal = [100 * known for known in curve.ideal]
    figure.add_scatter(x=shots, y=ideal, name="ideal observer", mode="lines+markers", line_dash="dash")
    figure.update_layout(
        xaxis=dict(title="examples before the question", dtick=1),
        yaxis=dict(title=f"right answers, {family}, %", range=[-3, 105]),
    )
    return figure


def noted(seen: Read) -> dict[int, str]:
    """Return what a lookup head finds where, as "a→x"; nothing in a text whose words have not three letters."""
    pairs = [tuple(pair.split(ARROW)) for pair in seen.text.rstrip(END).split(END)]
    try:
        return {place: f"{letter}→{answer}" for place, (letter, answer) in notes(Exercise(tuple(pairs))).items()}
    except ValueError:
        return {}


def attention_strip(seen: Read, layer: int, head: int, place: int, found: Mapping[int, str]) -> dict:
    """Return the text with the answer, coloured by where one head looks from one place; found: what stands there."""
    looks = seen.patterns[layer, head, place].tolist()  # [key]
    said = [f"{found.get(i, '')} {look:.2f}".strip() if look >= SEEN else "" for i, look in enumerate(looks)]
    foretold = seen.text[place + 1] if place + 1 < len(seen.text) else END
    return dict(
        tokens=list(seen.text), values=looks, notes=said, low=0.0, high=max(0.2, *looks), value_axis="attention",
        title=f"Where head {head} of layer {layer} looks from “{seen.text[place]}”. The next character: {foretold}",
    )  # fmt: skip


def answer_bars(seen: Read) -> dict:
    """Return how sure the model was of each character of its answer."""
    labels = ["the end" if symbol == END else symbol for symbol in seen.said]
    title = f"The model's answer: {seen.answer or 'nothing'}"
    return dict(labels=labels, values=seen.sure, low=0.0, high=1.0, title=title)


def next_bars(seen: Read, place: int) -> dict:
    """Return what the model holds most likely after one place."""
    chances, ids = seen.chances[place].topk(BEST)
    labels = ["the end" if SYMBOLS[i] == END else SYMBOLS[i] for i in ids.tolist()]
    return dict(
        labels=labels, values=chances, low=0.0, high=1.0, title=f"After “{seen.text[place]}”, where the head looks from"
    )


def told(family: str, curve: Curve) -> str:
    """Return the curve in words."""
    first, last = curve.model[1], curve.model[-1]
    return (
        f"{family.capitalize()}: {first.mean:.0%} of the answers are right after one example, {last.mean:.0%} after "
        f"{len(curve.model) - 1} ({last.low:.0%} to {last.high:.0%}). An ideal observer knows {curve.ideal[1]:.0%} and "
        f"{curve.ideal[-1]:.0%}."
    )


def answered(seen: Read) -> str:
    """Return the answer in words, and what of the text the model has not met in training."""
    words = [piece.split(ARROW)[0] for piece in seen.text.split(END)]
    sentence = f"The model answers “{seen.answer}”, to which it gives a probability of {number(math.prod(seen.sure))}."
    if len(words) > PAIRS:
        return f"{sentence} It was trained with {PAIRS} pairs at most, and here are {len(words)}."
    if any(len(word) != LETTERS for word in words):
        return f"{sentence} It was trained with words of {LETTERS} letters; others are new to it."
    return sentence
