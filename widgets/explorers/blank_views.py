"""What the panel of lesson 05 shows of a text with blanks: pure functions from a model's answers to the instruments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.bert.blanks import MASK, Filling, Guess, chain, fill, fill_in_turn
from lessons.bert.models import MaskedLanguageModel
from lessons.checks.wording import number
from lessons.core.record import record
from lessons.text.tokenizer import Encoded, Tokenizer
from widgets.instruments.text import visible

APART, IN_TURN = "each by itself", "one after the other"
MEAN = -1
"""In place of a head: the mean of all heads."""
MOST_IN_TURN = 12
"""Blanks that are filled one after the other; the model is asked once for each."""
SCALES = (0.1, 0.2, 0.5, 1.0)
"""Where the scale of the best words may end: a model that is unsure has short bars on a scale to 1."""
NO_TOKENS, NO_BARS = dict(tokens=[], values=[], title=""), dict(labels=[], values=[])


@dataclass(frozen=True, eq=False)
class Answers:
    """A text with blanks, and what a model says of them."""

    tokenizer: Tokenizer
    encoded: Encoded  # the text, with the words that are hidden
    places: list[int]  # of the blanks, in the order of the text; at least one
    guesses: list[Guess]  # each blank by itself, in the same order
    patterns: Float[Tensor, "layer head query key"]  # where each blank looks; a query for each blank
    in_turn: Filling | None  # one after the other; None for a single blank, and for too many
    products: list[float]  # how likely the two fillings are as a whole; empty where in_turn is None

    def typed(self, place: int) -> bool:
        """Whether the blank was typed as [MASK], so that nobody knows what it hides."""
        return self.encoded.special[place]


def ask(model: MaskedLanguageModel, encoded: Encoded, places: list[int]) -> Answers:
    """Return what the model says of the blanks."""
    ids = torch.tensor(encoded.ids)
    names = [f"encoder.blocks.{layer}.attention.see_pattern" for layer in range(model.config.layers)]
    with record(model, only=names) as seen:
        guesses = fill(model, ids, places)
    patterns = torch.cat([seen[name][:, :, places] for name in names]).float().cpu()  # layer * [batch=1 head query key]
    in_turn, products = None, []
    if 1 < len(places) <= MOST_IN_TURN:
        in_turn = fill_in_turn(model, ids, places, first=guesses)
        order = [step.place for step in in_turn.steps]
        apart = [guesses[places.index(place)].words[0] for place in order]
        same = apart == [step.words[0] for step in in_turn.steps]
        last = math.prod(step.probabilities[0] for step in in_turn.steps)
        products = [last if same else math.prod(chain(model, ids, order, apart)), last]
    return Answers(model.tokenizer, encoded, places, guesses, patterns, in_turn, products)


def plain_strip(encoded: Encoded) -> dict:
    """Return a text in which nothing is hidden yet."""
    zeros = [0.0] * len(encoded)
    title = "Click a word to hide it"
    return dict(tokens=encoded.tokens, values=zeros, low=0.0, high=1.0, title=title, value_axis="attention")


def attention_strip(answers: Answers, chosen: int, layer: int, head: int) -> dict:
    """Return the text as the model reads it, coloured by where a blank looks. ValueError for a head that is none."""
    for what, value, size in zip(("layer", "head"), (layer, head), answers.patterns.shape, strict=False):
        if value >= size:
            raise ValueError(f"There is no {what} {value}: this model has the {what}s 0 to {size - 1}.")
    looks = answers.patterns[layer, :, chosen]  # [head key]
    looks = looks.mean(dim=0) if head == MEAN else looks[head]
    who = "mean of all heads" if head == MEAN else f"head {head}"
    # [CLS] takes most: on a scale up to it all words would be pale. What it takes stands below it.
    special = answers.encoded.special
    high = max(look for look, sign in zip(looks.tolist(), special, strict=True) if not sign)
    tokens = list(answers.encoded.tokens)
    notes = [f"{look:.2f}" if look > high else "" for look in looks.tolist()]
    for i, place in enumerate(answers.places):
        notes[place] = blank_name(answers, i)
        tokens[place] = MASK
    return dict(
        tokens=tokens, values=looks, notes=notes, marks=answers.places, low=0.0, high=high,
        value_axis=f"attention of blank {chosen + 1}",
        title=f"Click a word to hide it. Colours: where blank {chosen + 1} looks in layer {layer}, {who}",
    )  # fmt: skip


def blank_name(answers: Answers, i: int) -> str:
    """Return which blank it is, counted from 1, and what it hides."""
    place = answers.places[i]
    return f"blank {i + 1}" + ("" if answers.typed(place) else f": was {answers.encoded.tokens[place]}")


def best_words(answers: Answers, chosen: int, way: str) -> dict:
    """Return the best words of one blank as bars, with the word that a click has hidden, wherever it ranks."""
    place, guess, how = answers.places[chosen], answers.guesses[chosen], ""
    if way == IN_TURN and answers.in_turn:
        turn, guess = next((i, step) for i, step in enumerate(answers.in_turn.steps) if step.place == place)
        how = f", filled as number {turn + 1} of {len(answers.places)}"
    labels, values = [answers.tokenizer.token(word) for word in guess.words], list(guess.probabilities)
    true = answers.encoded.ids[place]
    if true in guess.words:
        labels[guess.words.index(true)] += " ← hidden here"
    elif not answers.typed(place):
        rank = f"number {guess.rank(true):,}" if guess.ordinary[true] else "which is no word"
        labels.append(f"{visible(answers.tokenizer.token(true), 20)} ← hidden here, {rank}")
        values.append(guess.chances[true].item())
    high = next(end for end in SCALES if end >= min(1.0, max(values)))
    return dict(labels=labels, values=values, low=0.0, high=high, title=f"The best words for blank {chosen + 1}{how}")


def fillings(answers: Answers) -> dict[str, dict]:
    """Return the text filled in both ways, and how likely each filling is as a whole."""
    title = "The best word in every blank, each by itself" if len(answers.places) > 1 else "With the best word"
    apart = filled(answers, answers.guesses, title)
    if not answers.in_turn:
        return {"apart": apart, "turns": NO_TOKENS, "whole": NO_BARS}
    turns = filled(answers, answers.in_turn.steps, "One after the other, the surest blank first", order=True)
    whole = dict(labels=[APART, IN_TURN], values=answers.products, low=0.0, high=max(answers.products))
    return {"apart": apart, "turns": turns, "whole": whole}


def filled(answers: Answers, guesses: Sequence[Guess], title: str, order: bool = False) -> dict:
    """Return a text whose blanks hold the best words, each with its probability."""
    size = len(answers.encoded)
    tokens, values, notes = list(answers.encoded.tokens), [0.0] * size, [""] * size
    for i, guess in enumerate(guesses):
        tokens[guess.place] = answers.tokenizer.token(guess.words[0])
        values[guess.place] = guess.probabilities[0]
        notes[guess.place] = f"number {i + 1}: " * order + number(round(guess.probabilities[0], 3))
    return dict(tokens=tokens, values=values, notes=notes, low=0.0, high=1.0, value_axis="probability", title=title)


def named(numbers: list[int]) -> str:
    """Return which blanks these are, in words. numbers: at least one, counted from 1."""
    *others, last = map(str, numbers)
    return f"the blanks {', '.join(others)} and {last}" if others else f"blank {last}"


def remark(answers: Answers) -> str:
    """Return in a sentence what there is to see; an empty text where one blank says it all."""
    places, special = answers.places, answers.encoded.special
    sentences = []
    if all(sign or place in places for place, sign in enumerate(special)):
        sentences.append("Every word is hidden: the model sees blanks alone, and says what is common in such places.")
    if len(places) > MOST_IN_TURN:
        sentences.append(f"One after the other, {MOST_IN_TURN} blanks are filled at most; here are {len(places)}.")
    if answers.in_turn:
        words = {guess.place: guess.words[0] for guess in answers.guesses}
        differ = sorted(step.place for step in answers.in_turn.steps if step.words[0] != words[step.place])
        numbers = [places.index(place) + 1 for place in differ]
        sentences.append(f"The two ways differ in {named(numbers)}." if differ else "Both ways choose the same words.")
    return " ".join(sentences)
