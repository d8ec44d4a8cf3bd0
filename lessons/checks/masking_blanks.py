"""Lesson 05: the check of filling several blanks.

BERT gives a probability to the words of each blank by itself (Devlin et al. 2019), so that blanks filled at once need
not fit each other; Yang et al., "XLNet" (2019), begin from there. Here the surest blank is filled first, and the model
is asked again. What differs from `lessons.bert.blanks`: the model is a function that a test can do by hand.
`bert_masking` shows this check to the notebook.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from torch import Generator

from lessons.checks.attempt import Trouble
from lessons.checks.check import Check, Misconception
from lessons.text.wordpiece import MASK

PATIENCE = 100
"""How often a student's function may ask in one case; the longest text has three blanks."""

Guesses = dict[int, tuple[str, float]]
"""For the place of each blank its most likely word and the probability of that word."""

Model = Callable[[list[str]], Guesses]


@dataclass(frozen=True)
class Rote:
    """A model that knows a few sentences of one length by heart, and nothing else: sentence -> weight."""

    sentences: tuple[tuple[str, float], ...]

    def __call__(self, tokens: list[str]) -> Guesses:
        """The best word for each blank, given the words that stand there; they may fit no sentence: then all count.

        ValueError for a text of another length.
        """
        known = [(sentence.split(), weight) for sentence, weight in self.sentences]
        if len(tokens) != len(known[0][0]):
            raise ValueError(f"This model reads {len(known[0][0])} tokens, blanks included, not {len(tokens)}.")
        fitting = [
            (words, weight)
            for words, weight in known
            if all(token in (MASK, word) for token, word in zip(tokens, words, strict=True))
        ]
        guesses = {}
        for place in (place for place, token in enumerate(tokens) if token == MASK):
            weights: dict[str, float] = {}
            for words, weight in fitting or known:
                weights[words[place]] = weights.get(words[place], 0.0) + weight
            best = max(weights, key=lambda word: weights[word])
            guesses[place] = best, weights[best] / sum(weights.values())
        return guesses

    def __repr__(self) -> str:
        return f"a model that knows {len(self.sentences)} sentences"


CITIES = Rote(
    (
        ("I went to San Francisco today", 0.36),
        ("I went to New York today", 0.30),
        ("I went to New Orleans today", 0.24),
        ("I went to Los Angeles today", 0.10),
    )
)
"""The surest blank is the first one. At once: New Francisco."""

NAMES = Rote(
    (
        ("we met Tom Smith there", 0.26),
        ("we met John Brown there", 0.20),
        ("we met Mary Brown there", 0.18),
        ("we met Anna Brown there", 0.17),
        ("we met Paul Jones there", 0.19),
    )
)
"""The surest blank is the last one. At once: Tom Brown."""

DRINKS = Rote(
    (
        ("the dog drank water slowly", 0.21),
        ("the dog drank tea slowly", 0.175),
        ("the dog drank milk quickly", 0.16),
        ("the dog drank milk noisily", 0.155),
        ("the cat drank milk happily", 0.16),
        ("the cat drank milk daily", 0.14),
    )
)
"""At first the drink is surer than the manner; after the dog it is the other way round."""


def _fill_one_by_one(tokens: list[str], predict: Model) -> tuple[list[str], float]:
    """Fill the surest blank, ask again, and so on. The tokens without a blank, and the product of the probabilities."""
    tokens, product = list(tokens), 1.0
    while MASK in tokens:
        guesses = predict(tokens)
        place = max(guesses, key=lambda place: guesses[place][1])
        tokens[place], probability = guesses[place]
        product *= probability
    return tokens, product


def _blanks_cases(generator: Generator) -> list[tuple]:
    """Two or three blanks. The surest may be the first or the last one, and which it is may change on the way."""
    return [
        (f"I went to {MASK} {MASK} today".split(), CITIES),
        (f"we met {MASK} {MASK} there".split(), NAMES),
        (f"the {MASK} drank {MASK} {MASK}".split(), DRINKS),
    ]


def _blanks_mistake(
    name: str,
    says: str,
    choose=lambda guesses: max(guesses, key=lambda place: guesses[place][1]),
    join=math.prod,
    rounds=None,
) -> Misconception:
    """Filling with one of its parts replaced; the defaults are right. rounds: how often it asks, if not to the end."""

    def wrong(tokens, predict):
        tokens, probabilities = list(tokens), []
        while MASK in tokens and len(probabilities) != rounds:
            guesses = predict(tokens)
            place = choose(guesses)
            tokens[place], probability = guesses[place]
            probabilities.append(probability)
        return tokens, join(probabilities)

    return Misconception(name, says, wrong)


def _at_once(tokens: list[str], predict: Model) -> tuple[list[str], float]:
    guesses = predict(tokens)
    filled = [guesses[place][0] if place in guesses else token for place, token in enumerate(tokens)]
    return filled, math.prod(probability for _, probability in guesses.values())


def _fixed_order(tokens: list[str], predict: Model) -> tuple[list[str], float]:
    """The order of the first asking, the surest first; each word from a new asking."""
    first = predict(tokens)
    tokens, product = list(tokens), 1.0
    for place in sorted(first, key=lambda place: -first[place][1]):
        tokens[place], probability = predict(tokens)[place]
        product *= probability
    return tokens, product


def _first_probabilities(tokens: list[str], predict: Model) -> tuple[list[str], float]:
    filled, _ = _fill_one_by_one(tokens, predict)
    return filled, _at_once(tokens, predict)[1]


def _words_alone(tokens: list[str], predict: Model) -> tuple[list[str], float]:
    filled, product = _fill_one_by_one(tokens, predict)
    return [word for word, token in zip(filled, tokens, strict=True) if token == MASK], product


def _patient(predict: Model) -> Model:
    """The same model, until it has been asked too often: a loop that never ends would say nothing at all."""
    asked = 0

    def answer(tokens: list[str]) -> Guesses:
        nonlocal asked
        asked += 1
        if asked > PATIENCE:
            raise Trouble(
                f"You have asked the model {PATIENCE} times and a blank is still there: do you write the word into the"
                " list that you ask with?"
            )
        return predict(tokens)

    return answer


class _AskingCheck(Check):
    """A check whose model loses its patience with the student's function; every call gets a model of its own."""

    def _answer(self, attempt: Callable, names: list[str], cases: list[tuple], place: int) -> object:
        @wraps(attempt)  # so that a line of the student's function is still found
        def patiently(tokens, predict):
            return attempt(tokens, _patient(predict))

        return super()._answer(patiently, names, cases, place)


fill_one_by_one = _AskingCheck(
    title="One blank after the other",
    reference=_fill_one_by_one,
    cases=_blanks_cases,
    misconceptions=[
        Misconception(
            "filled all blanks by the first answer of the model",
            "Your words do not know of each other. After a blank is filled, ask the model again, with the word in its"
            " place: what does it then say about the others?",
            _at_once,
        ),
        Misconception(
            "the probabilities of the first answer",
            "The words are right, and their probabilities are those that the model gave before it knew any of them."
            " Which answer does a word come from?",
            _first_probabilities,
        ),
        Misconception(
            "fixed the order at the beginning",
            "You ask again for each word, but keep the order of the first answer. Which blank is the surest may change"
            " with every word: when do you look?",
            _fixed_order,
        ),
        _blanks_mistake(
            "from left to right",
            "You fill the blanks in the order of the text. Which one does the task want first?",
            choose=min,
        ),
        _blanks_mistake(
            "from right to left",
            "You fill the last blank first. Which one does the task want first?",
            choose=max,
        ),
        _blanks_mistake(
            "the least sure blank first",
            "You begin where the model knows least. Look at the sign, or at min and max, where you choose the blank.",
            choose=lambda guesses: min(guesses, key=lambda place: guesses[place][1]),
        ),
        _blanks_mistake(
            "chose the blank by its word, not by its probability",
            "The blank whose word is last in the alphabet wins in your function. A pair is compared by its first part:"
            " where does the probability stand?",
            choose=lambda guesses: max(guesses, key=lambda place: guesses[place]),
        ),
        _blanks_mistake(
            "filled one blank only",
            "There are blanks left in your answer. How long should the model be asked?",
            rounds=1,
        ),
        _blanks_mistake(
            "added the probabilities",
            "Your probability can be above 1. How do you get the probability that all of it happens?",
            join=math.fsum,
        ),
        _blanks_mistake(
            "the mean of the probabilities",
            "You average the probabilities of the words. How do you get the probability that all of it happens?",
            join=lambda probabilities: math.fsum(probabilities) / len(probabilities),
        ),
        _blanks_mistake(
            "the sum of the logarithms",
            "Your number is the logarithm of the right one, and below 0. What leads back to a probability?",
            join=lambda probabilities: math.fsum(map(math.log, probabilities)),
        ),
        _blanks_mistake(
            "the probability of the last word alone",
            "Only the last word counts in your probability. Do you write over the product each time?",
            join=lambda probabilities: probabilities[-1],
        ),
        _blanks_mistake(
            "the probability of the first word alone",
            "Only the first word counts in your probability. What happens to it when the next blank is filled?",
            join=lambda probabilities: probabilities[0],
        ),
        Misconception(
            "only the words of the blanks",
            "Your words and their probability are right. The task wants all tokens of the text, in their places.",
            _words_alone,
        ),
        Misconception(
            "the tokens without the probability",
            "The words are right. The task wants their probability as well, as the second result.",
            lambda tokens, predict: _fill_one_by_one(tokens, predict)[0],
        ),
    ],
)
