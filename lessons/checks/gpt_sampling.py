"""Lesson 06: the check of top-p.

Nucleus sampling (Holtzman et al. 2020, section 3.1). What differs from `lessons.gpt.decoding`: it takes one
distribution of probabilities, not logits.
`gpt_few_shot` shows this check to the notebook.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception

Vocabulary = Float[Tensor, "vocab"]


def _top_p(probabilities: Float[Tensor, "vocab"], p: float) -> Float[Tensor, "vocab"]:
    """The most likely tokens whose sum reaches p, at least one of them, so that they add up to 1; 0 for the others."""
    kept = probabilities * _nucleus(probabilities, p)
    return kept / kept.sum()


def _nucleus(probabilities: Float[Tensor, "vocab"], p: float) -> Float[Tensor, "vocab"]:
    """1 for the tokens that stay: those before which less than p was collected, and the first one always."""
    likely, order = probabilities.sort(descending=True)
    stays = likely.cumsum(dim=0) - likely < p
    stays[0] = True
    return _in_place(stays.to(probabilities), order)


def _in_place(values: Tensor, order: Tensor) -> Tensor:
    """Values in sorted order, back at their places in the vocabulary."""
    return torch.zeros_like(values).index_put((order,), values)


def _sampling_cases(generator: Generator) -> list[tuple]:
    """Distributions in no order, p from 0 to 1, and one p that is below the likeliest token. No sum is p itself."""

    def case(p: float, *shares: float) -> tuple:
        return torch.tensor(shares, dtype=torch.float64), p

    return [
        case(0.8, 0.06, 0.31, 0.02, 0.4, 0.13, 0.08),
        case(0.5, 0.11, 0.03, 0.24, 0.05, 0.07, 0.2, 0.17, 0.13),
        case(0.3, 0.1, 0.08, 0.7, 0.12),
        case(0.0, 0.25, 0.34, 0.16, 0.22, 0.03),
        case(1.0, 0.15, 0.05, 0.1, 0.7),
        (normal(generator, 20, scale=2.0).softmax(dim=0), 0.9),
    ]


def _nucleus_mistake(name: str, says: str, stays) -> Misconception:
    """Other tokens stay. stays(likely, before, p): asked of the sorted probabilities and what was collected before."""

    def wrong(probabilities, p):
        likely, order = probabilities.sort(descending=True)
        kept = probabilities * _in_place(stays(likely, likely.cumsum(dim=0) - likely, p).to(likely), order)
        return kept / kept.sum()

    return Misconception(name, says, wrong)


def _result_mistake(name: str, says: str, out) -> Misconception:
    """The right tokens stay, and something else is made of them. out(probabilities, nucleus)."""
    return Misconception(name, says, lambda probabilities, p: out(probabilities, _nucleus(probabilities, p)))


def _with_first(stays: Tensor) -> Tensor:
    """The likeliest token stays in any case."""
    return stays | (torch.arange(len(stays)) == 0)


def _unsorted(probabilities: Vocabulary, p: float) -> Vocabulary:
    """The sum runs in the order of the vocabulary."""
    kept = probabilities * _with_first(probabilities.cumsum(dim=0) - probabilities < p)
    return kept / kept.sum()


def _least_likely_first(probabilities: Vocabulary, p: float) -> Vocabulary:
    likely, order = probabilities.sort()
    kept = probabilities * _in_place(_with_first(likely.cumsum(dim=0) - likely < p).to(likely), order)
    return kept / kept.sum()


def _sorted_result(probabilities: Vocabulary, p: float) -> Vocabulary:
    return _top_p(probabilities, p).sort(descending=True).values


def _wrong_way_back(probabilities: Vocabulary, p: float) -> Vocabulary:
    """`likely[order]` in place of `result[order] = likely`."""
    return _sorted_result(probabilities, p)[probabilities.argsort(descending=True)]


def _share_of_vocabulary(probabilities: Vocabulary, p: float) -> Vocabulary:
    """A top-k with k = p times the vocabulary."""
    k = max(1, round(p * len(probabilities)))
    kept = torch.where(probabilities >= probabilities.topk(k).values[-1], probabilities, 0.0)
    return kept / kept.sum()


def _rest_to_the_first(probabilities: Tensor, nucleus: Tensor) -> Tensor:
    kept = probabilities * nucleus
    return kept + (1 - kept.sum()) * (probabilities == probabilities.max())


top_p = Check(
    title="Top-p",
    reference=_top_p,
    cases=_sampling_cases,
    misconceptions=[
        _nucleus_mistake(
            "keeps the token that crosses the threshold out",
            "Your tokens do not reach p: the one with which the sum gets there is missing. Should a token stay or go"
            " when less than p was collected before it?",
            lambda likely, before, p: _with_first(before + likely <= p),
        ),
        _nucleus_mistake(
            "keeps the token that crosses the threshold out, and may keep none at all",
            "Your tokens do not reach p, and where the likeliest one is above p nothing stays: 0 divided by 0. Should a"
            " token stay or go when less than p was collected before it?",
            lambda likely, before, p: before + likely <= p,
        ),
        _nucleus_mistake(
            "keeps nothing where p is 0",
            "With p = 0 nothing stays, and you divide 0 by 0. Which token should always stay?",
            lambda likely, before, p: before < p,
        ),
        _nucleus_mistake(
            "one token too many",
            "You keep one more token after the sum has reached p. Do you look at the sum before a token, or at the sum"
            " before the one that it follows?",
            lambda likely, before, p: torch.cat([before[:1] < 1, before[:-1] < p]),
        ),
        _result_mistake(
            "the cut without renormalising",
            "The right tokens stay, with their old probabilities. What do they add up to now?",
            lambda probabilities, nucleus: probabilities * nucleus,
        ),
        _result_mistake(
            "a softmax in place of dividing by the sum",
            "You send probabilities through a softmax once more: that makes them nearly equal. What brings numbers to a"
            " sum of 1, and keeps their proportions?",
            lambda probabilities, nucleus: torch.where(nucleus > 0, probabilities, -torch.inf).softmax(dim=0),
        ),
        _result_mistake(
            "a softmax that brings the cut tokens back",
            "You set what was cut to 0 and take a softmax: e to the power of 0 is 1, so that every token is back."
            " What brings numbers to a sum of 1, and leaves a 0 as it is?",
            lambda probabilities, nucleus: (probabilities * nucleus).softmax(dim=0),
        ),
        _result_mistake(
            "all that stay are equally likely",
            "You give the same to every token that stays. What should be left of the model's opinion?",
            lambda probabilities, nucleus: nucleus / nucleus.sum(),
        ),
        _result_mistake(
            "the rest goes to the likeliest token",
            "The likeliest token gets all that was cut. How is the rest shared, if the proportions are to stay?",
            _rest_to_the_first,
        ),
        _result_mistake(
            "zeros and ones in place of probabilities",
            "You say which tokens stay. The task wants a distribution to draw from.",
            lambda probabilities, nucleus: nucleus,
        ),
        _result_mistake(
            "the tokens that should go",
            "You keep exactly what should be cut. Which side of your comparison stays?",
            lambda probabilities, nucleus: probabilities * (1 - nucleus) / (probabilities * (1 - nucleus)).sum(),
        ),
        Misconception(
            "cut by the probability of a single token",
            "You compare each probability with p. What is it that should reach p?",
            lambda probabilities, p: (kept := torch.where(probabilities >= p, probabilities, 0.0)) / kept.sum(),
        ),
        Misconception(
            "cut by a share of the largest probability",
            "You keep what is at least p times the likeliest token. That is another method, min-p. What is it that"
            " should reach p here?",
            lambda probabilities, p: (
                (kept := torch.where(probabilities >= p * probabilities.max(), probabilities, 0.0)) / kept.sum()
            ),
        ),
        Misconception(
            "a share of the vocabulary",
            "You keep the same number of tokens, however sure the model is. That is top-k. What is p a share of?",
            _share_of_vocabulary,
        ),
        Misconception(
            "added up in the order of the vocabulary",
            "Your sum runs from the first token of the vocabulary to the last. Which tokens should come first?",
            _unsorted,
        ),
        Misconception(
            "the least likely tokens first",
            "You begin to collect with the least likely token. In which direction does your sort go?",
            _least_likely_first,
        ),
        Misconception(
            "in sorted order, not in that of the vocabulary",
            "Your numbers are right, and stand in sorted order. To which token does the first one belong?",
            _sorted_result,
        ),
        Misconception(
            "sorted back the wrong way",
            "Your numbers are right, and some stand at the place of another token. `order[0]` is the place of the"
            " likeliest token: does it belong on the left of the = or on its right?",
            _wrong_way_back,
        ),
        _result_mistake(
            "always the likeliest token",
            "Only one token is left in each of your answers. That is greedy decoding. What is p for?",
            lambda probabilities, nucleus: (probabilities == probabilities.max()).to(probabilities),
        ),
    ],
)
