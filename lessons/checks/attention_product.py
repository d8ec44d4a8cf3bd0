"""Lesson 03: the check of scaled dot-product attention.

Equation 1 of Vaswani et al., "Attention is all you need" (2017). What differs from the model of this course: one
sequence and one head, so that every tensor has two axes; a mask is always there, and everybody may look somewhere.
`attention_heads` shows this check to the notebook.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from lessons.attention.scaled_dot_product import attend, scaled_scores
from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def _scaled_dot_product(
    query: Float[Tensor, "query d_head"],
    key: Float[Tensor, "key d_head"],
    value: Float[Tensor, "key d_head"],
    mask: Bool[Tensor, "query key"],
) -> Float[Tensor, "query d_head"]:
    """What each query takes from the values; True in the mask where it may look."""
    return attend(query, key, value, mask)[0]


def _product_cases(generator: Generator) -> list[tuple]:
    """In every row and column of a mask stand both True and False.

    So it is all the same whether a mistake hides a score with -inf or with -1e9: no row is hidden as a whole.
    """

    def case(queries: int, keys: int, d_head: int) -> tuple:
        mask = (torch.arange(queries)[:, None] + 2 * torch.arange(keys)) % 3 > 0  # [query key]
        sizes = [(queries, d_head), (keys, d_head), (keys, d_head)]
        return (*(normal(generator, *size) for size in sizes), mask)

    return [case(3, 5, 4), case(6, 3, 2), case(4, 4, 9)]


def _hide(scores: Tensor, mask: Tensor) -> Tensor:
    return scores.masked_fill(~mask, -math.inf)


def _product_mistake(
    name: str,
    says: str,
    scores=lambda query, key: scaled_scores(query, key),
    pattern=lambda scores, mask: _hide(scores, mask).softmax(dim=-1),
    output=lambda pattern, key, value: pattern @ value,
) -> Misconception:
    """Attention with one of its parts replaced; the defaults are right."""

    def wrong(query, key, value, mask):
        return output(pattern(scores(query, key), mask), key, value)

    return Misconception(name, says, wrong)


scaled_dot_product = Check(
    title="Scaled dot-product attention",
    reference=_scaled_dot_product,
    cases=_product_cases,
    differentiable=True,
    misconceptions=[
        _product_mistake(
            "forgot the square root of d_head",
            "Your scores are the dot products themselves, and they grow with d_head. What does the formula do with"
            " them before the softmax?",
            scores=lambda query, key: query @ key.T,
        ),
        _product_mistake(
            "divided by d_head, not by its square root",
            "Your scores are too close together. The dot product of d_head random terms is about how large?",
            scores=lambda query, key: query @ key.T / query.shape[1],
        ),
        _product_mistake(
            "multiplied by the square root of d_head",
            "Your scores grow where they should shrink. On which side of the fraction stands the root?",
            scores=lambda query, key: query @ key.T * query.shape[1] ** 0.5,
        ),
        _product_mistake(
            "took the number of keys for d_head",
            "Your scale changes with the number of keys. The root makes up for the number of terms in one dot product:"
            " which axis is that?",
            scores=lambda query, key: query @ key.T / len(key) ** 0.5,
        ),
        _product_mistake(
            "took the number of queries for d_head",
            "Your scale changes with the number of queries. The root makes up for the number of terms in one dot"
            " product: which axis is that?",
            scores=lambda query, key: query @ key.T / len(query) ** 0.5,
        ),
        _product_mistake(
            "softmax over the wrong axis",
            "Your weights add up to 1 for each key. Each query has one look to give away: which axis should add up to"
            " 1?",
            pattern=lambda scores, mask: _hide(scores, mask).softmax(dim=0),
        ),
        _product_mistake(
            "softmax over all scores together",
            "All weights of the table add up to 1. How much should those of a single query add up to?",
            pattern=lambda scores, mask: _hide(scores, mask).flatten().softmax(dim=0).view_as(scores),
        ),
        _product_mistake(
            "mask after the softmax",
            "The hidden weights are 0, and those that are left no longer add up to 1. When must a key be hidden, so"
            " that the others share its part?",
            pattern=lambda scores, mask: scores.softmax(dim=-1) * mask,
        ),
        _product_mistake(
            "put 0 in the place of a hidden score",
            "A score of 0 is not the end of a key: exp(0) = 1. Which score makes a weight of exactly 0?",
            pattern=lambda scores, mask: (scores * mask).softmax(dim=-1),
        ),
        _product_mistake(
            "added the mask to the scores",
            "True counts as 1 in a sum and False as 0, so your hidden keys lose very little. Which score makes a weight"
            " of exactly 0?",
            pattern=lambda scores, mask: (scores + mask).softmax(dim=-1),
        ),
        _product_mistake(
            "swapped True and False",
            "Your queries look where they may not, and nowhere else. What does True mean in this mask?",
            pattern=lambda scores, mask: _hide(scores, ~mask).softmax(dim=-1),
        ),
        _product_mistake(
            "did not use the mask",
            "The result does not depend on the mask. Which of the scores should count?",
            pattern=lambda scores, mask: scores.softmax(dim=-1),
        ),
        _product_mistake(
            "not a number in every row",
            "Your result is all nan. Either your mask times -inf holds 0 * -inf, which is no number: put the value in"
            " its places, without a product. Or you hid with +inf: which score makes a weight of 0?",
            pattern=lambda scores, mask: (scores + ~mask * -math.inf).softmax(dim=-1),
        ),
        _product_mistake(
            "forgot the softmax",
            "Your weights can be negative, and they do not add up to 1. What turns scores into weights?",
            pattern=lambda scores, mask: scores * mask,
        ),
        _product_mistake(
            "minus infinity reached the values",
            "Your result is infinite or nan: -inf meets the values. Did you hide after the softmax, or leave the"
            " softmax out? What becomes of -inf in a softmax?",
            pattern=_hide,
        ),
        _product_mistake(
            "divided after the softmax",
            "The root scales your weights, so that they no longer add up to 1. To what does it belong in the formula?",
            scores=lambda query, key: query @ key.T,
            output=lambda pattern, key, value: pattern @ value / value.shape[1] ** 0.5,
        ),
        _product_mistake(
            "took the keys for the values",
            "The weights are right, and you add up the keys with them. Keys say where to look: what is taken from"
            " there?",
            output=lambda pattern, key, value: pattern @ key,
        ),
        _product_mistake(
            "returned the pattern",
            "These are the weights, [query key]. What are they the weights of?",
            output=lambda pattern, key, value: pattern,
        ),
    ],
)
