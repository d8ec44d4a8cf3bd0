"""Lesson 03: the check of multi-head attention. The others are in `attention_product` and `attention_pattern`.

Section 3.2.2 of Vaswani et al., "Attention is all you need" (2017). What differs: the head is an axis of the weights,
W_Q[head, d_head, d_model] and W_O[d_model, head, d_head], as in `lessons.attention.multi_head`; one sequence, no mask,
no biases.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.attention.masks import causal_mask as causal
from lessons.attention.scaled_dot_product import attend
from lessons.checks.arguments import normal
from lessons.checks.attention_pattern import causal_mask, previous_token_score
from lessons.checks.attention_product import scaled_dot_product
from lessons.checks.check import Check, Misconception

__all__ = ["causal_mask", "multi_head", "previous_token_score", "scaled_dot_product"]


def _multi_head(
    x: Float[Tensor, "time d_model"],
    W_Q: Float[Tensor, "head d_head d_model"],
    W_K: Float[Tensor, "head d_head d_model"],
    W_V: Float[Tensor, "head d_head d_model"],
    W_O: Float[Tensor, "d_model head d_head"],
) -> Float[Tensor, "time d_model"]:
    """What every token takes from all tokens, by all heads."""
    found, _ = attend(*(x @ weight.mT for weight in (W_Q, W_K, W_V)))  # [time d_model] -> [head time d_head]
    return _sent_out(found, W_O)


def _sent_out(found: Tensor, W_O: Tensor) -> Tensor:
    return torch.einsum("hte,dhe->td", found, W_O)  # [head time d_head] -> [time d_model]


def _head_cases(generator: Generator) -> list[tuple]:
    def case(time: int, d_model: int, heads: int, d_head: int) -> tuple:
        inward = [(heads, d_head, d_model)] * 3
        weights = [normal(generator, *size, scale=d_model**-0.5) for size in (*inward, (d_model, heads, d_head))]
        return (normal(generator, time, d_model), *weights)

    return [case(5, 6, 2, 3), case(4, 5, 3, 2), case(3, 4, 2, 6)]


def _head_mistake(
    name: str,
    says: str,
    roles=lambda W_Q, W_K, W_V: (W_Q, W_K, W_V),
    split=lambda x, weight: x @ weight.mT,
    scale=lambda query, x: query.shape[-1] ** 0.5,
    pattern=lambda scores: scores.softmax(dim=-1),
    join=_sent_out,
) -> Misconception:
    """Multi-head attention with one of its parts replaced; the defaults are right."""

    def wrong(x, W_Q, W_K, W_V, W_O):
        query, key, value = (split(x, weight) for weight in roles(W_Q, W_K, W_V))  # [head time d_head]
        return join(pattern(query @ key.mT / scale(query, x)) @ value, W_O)

    return Misconception(name, says, wrong)


def _split_by_view(x: Tensor, weight: Tensor) -> Tensor:
    heads, d_head, _ = weight.shape
    return (x @ weight.flatten(0, 1).T).reshape(heads, len(x), d_head)  # the axes time and head must change places


def _join_by_view(found: Tensor, W_O: Tensor) -> Tensor:
    return found.reshape(found.shape[1], -1) @ W_O.flatten(1).T  # the axes head and time must change places


multi_head = Check(
    title="Multi-head attention",
    reference=_multi_head,
    cases=_head_cases,
    differentiable=True,
    misconceptions=[
        _head_mistake(
            "heads mixed up with time on the way in",
            "You went from [time, head*d_head] to [head, time, d_head] in a single reshape. It keeps the numbers in"
            " their order and only draws new borders: which two axes must change places?",
            split=_split_by_view,
        ),
        _head_mistake(
            "heads mixed up with time on the way out",
            "You went from [head, time, d_head] to [time, head*d_head] in a single reshape. It keeps the numbers in"
            " their order and only draws new borders: which two axes must change places first?",
            join=_join_by_view,
        ),
        _head_mistake(
            "heads mixed up with time, on both ways",
            "Both of your reshapes move an axis past another, and a reshape cannot do that: it only draws new borders."
            " Which two axes must change places?",
            split=_split_by_view,
            join=_join_by_view,
        ),
        _head_mistake(
            "reshaped W_Q, W_K and W_V where two axes must change places",
            "W_Q[head] is [d_head, d_model]. A reshape to [d_model, d_head] keeps the numbers in their order and only"
            " draws new borders: what makes columns of the rows?",
            split=lambda x, weight: x @ weight.reshape(len(weight), x.shape[1], -1),  # -> [head d_model d_head]
        ),
        _head_mistake(
            "reshaped W_O where its axes must change places",
            "W_O is [d_model, head, d_head]. A reshape to [head*d_head, d_model] keeps the numbers in their order: join"
            " the last two axes first. What makes columns of the rows then?",
            join=lambda found, W_O: found.transpose(0, 1).flatten(1) @ W_O.reshape(-1, len(W_O)),
        ),
        _head_mistake(
            "hid what comes later",
            "Your tokens look back only. Does the task ask for a mask?",
            pattern=lambda scores: scores.masked_fill(~causal(scores.shape[-1]), -torch.inf).softmax(dim=-1),
        ),
        Misconception(
            "added x to the result",
            "You added x, as the block around an attention does. What does the task ask for?",
            lambda x, *weights: x + _multi_head(x, *weights),
        ),
        _head_mistake(
            "joined the heads number by number",
            "You joined first number by first number, second by second. W_O has the axes [d_model, head, d_head]: whose"
            " numbers lie side by side there?",
            join=lambda found, W_O: found.permute(1, 2, 0).flatten(1) @ W_O.flatten(1).T,
        ),
        _head_mistake(
            "averaged the heads",
            "Your result is too small by the number of heads. How do the heads come together in the formula?",
            join=lambda found, W_O: _sent_out(found, W_O) / len(found),
        ),
        _head_mistake(
            "added the heads before W_O",
            "You added up what the heads found, and then used the sum for every head. Which block of W_O belongs to"
            " which head?",
            join=lambda found, W_O: found.sum(dim=0) @ W_O.sum(dim=1).T,
        ),
        _head_mistake(
            "left out W_O",
            "You joined the heads, and the result does not depend on W_O. What leads back to d_model?",
            join=lambda found, W_O: found.transpose(0, 1).flatten(1),  # -> [time head*d_head]
        ),
        _head_mistake(
            "left out W_O, and added the heads",
            "You added up what the heads found, and the result does not depend on W_O. What leads back to d_model?",
            join=lambda found, W_O: found.sum(dim=0),
        ),
        _head_mistake(
            "one result for each head",
            "Your result still has the axis head. The heads meet in the end: what is done with their results?",
            join=lambda found, W_O: torch.einsum("hte,dhe->htd", found, W_O),
        ),
        _head_mistake(
            "kept the last head only",
            "One head is all that is left. Does your loop write over the result of the heads before?",
            join=lambda found, W_O: _sent_out(found[-1:], W_O[:, -1:]),
        ),
        _head_mistake(
            "kept the first head only",
            "One head is all that is left. Does your function return after the first of them?",
            join=lambda found, W_O: _sent_out(found[:1], W_O[:, :1]),
        ),
        _head_mistake(
            "the same head again and again",
            "All of your heads look with the weights of head 0. Where does the number of the head come in?",
            roles=lambda *weights: tuple(weight[:1].expand_as(weight) for weight in weights),
        ),
        _head_mistake(
            "one softmax for all heads together",
            "The weights of all heads add up to 1 together. Each head has looks of its own: over which axis alone goes"
            " the softmax?",
            pattern=lambda scores: (
                scores.transpose(0, 1)
                .flatten(1)
                .softmax(dim=-1)
                .unflatten(1, (len(scores), scores.shape[2]))
                .transpose(0, 1)
            ),
        ),
        _head_mistake(
            "softmax over the heads",
            "Your heads compete for each pair of tokens. Over which axis does a query share out its looks?",
            pattern=lambda scores: scores.softmax(dim=0),
        ),
        _head_mistake(
            "softmax over the queries",
            "Your weights add up to 1 for each key. Which axis should add up to 1?",
            pattern=lambda scores: scores.softmax(dim=1),
        ),
        _head_mistake(
            "forgot the softmax",
            "Your scores go straight to the values. What makes weights of them?",
            pattern=lambda scores: scores,
        ),
        _head_mistake(
            "scaled by d_model, not by d_head",
            "Your scale is the root of the width of x. How many terms has the dot product of one head?",
            scale=lambda query, x: x.shape[-1] ** 0.5,
        ),
        _head_mistake(
            "scaled by the width of all heads together",
            "Your scale is the root of head * d_head. How many terms has the dot product of one head?",
            scale=lambda query, x: (len(query) * query.shape[-1]) ** 0.5,
        ),
        _head_mistake(
            "scaled by the number of tokens",
            "Your scale changes with the length of the text. How many terms has the dot product of one head?",
            scale=lambda query, x: len(x) ** 0.5,
        ),
        _head_mistake(
            "forgot the square root of d_head",
            "Your scores are the dot products themselves. What are they divided by?",
            scale=lambda query, x: 1.0,
        ),
        _head_mistake(
            "divided by d_head, not by its square root",
            "Your scores are too close together. The dot product of d_head random terms is about how large?",
            scale=lambda query, x: query.shape[-1],
        ),
        _head_mistake(
            "swapped W_Q and W_K",
            "Your keys ask and your queries answer. Whose weights make the rows of the pattern?",
            roles=lambda W_Q, W_K, W_V: (W_K, W_Q, W_V),
        ),
        _head_mistake(
            "took the keys for the values",
            "The result does not depend on W_V. What does a token hand over when it is looked at?",
            roles=lambda W_Q, W_K, W_V: (W_Q, W_K, W_K),
        ),
        _head_mistake(
            "took the queries for the keys",
            "The result does not depend on W_K. What is a query compared with?",
            roles=lambda W_Q, W_K, W_V: (W_Q, W_Q, W_V),
        ),
    ],
)
