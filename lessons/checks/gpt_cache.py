"""Lesson 06: the check of one step of attention with a cache.

Scaled dot-product attention (Vaswani et al. 2017, equation 1) of the newest token alone: with the keys and values of
the earlier tokens kept, it is the last row of the whole. What differs from `lessons.attention.cache`: one head, one
text, and the cache is handed over and given back, so that nothing is changed in place.
`gpt_few_shot` shows this check to the notebook.
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception

Step = tuple[Float[Tensor, "d_head"], Float[Tensor, "time d_head"], Float[Tensor, "time d_head"]]


def _attend_with_cache(
    query: Float[Tensor, "d_head"],
    key: Float[Tensor, "d_head"],
    value: Float[Tensor, "d_head"],
    keys: Float[Tensor, "time d_head"],
    values: Float[Tensor, "time d_head"],
) -> tuple[Float[Tensor, "d_head"], Float[Tensor, "time+1 d_head"], Float[Tensor, "time+1 d_head"]]:
    """What the newest token finds, and the cache with its key and its value behind the others."""
    keys, values = _append(keys, key), _append(values, value)
    return _found(query, keys, values), keys, values


def _append(cache: Tensor, newest: Tensor) -> Tensor:
    return torch.cat([cache, newest[None]])  # [time d_head] -> [time+1 d_head]


def _found(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    return (keys @ query / math.sqrt(len(query))).softmax(dim=0) @ values


def _cache_cases(generator: Generator) -> list[tuple]:
    """A cache of some tokens, of as many tokens as a head is wide, and an empty one: the first token of a text."""

    def case(time: int, d_head: int) -> tuple:
        query, key, value = normal(generator, 3, d_head).unbind()
        keys, values = normal(generator, 2, time, d_head).unbind()
        return query, key, value, keys, values

    return [case(4, 3), case(2, 5), case(3, 3), case(0, 2)]


def _cache_mistake(
    name: str,
    says: str,
    append=_append,
    newest=lambda query, key, value: (key, value),
    found=lambda query, keys, values, old, newest: _found(query, keys, values),
    out=lambda found, keys, values, old: (found, keys, values),
) -> Misconception:
    """The step with one of its parts replaced; the defaults are right.

    append: how a cache grows, and by which of the three vectors (newest). found, out: what is looked at and returned;
    old is the pair of caches before the step.
    """

    def wrong(query, key, value, keys, values):
        new = newest(query, key, value)
        grown = append(keys, new[0]), append(values, new[1])
        return out(found(query, *grown, (keys, values), (key, value)), *grown, (keys, values))

    return Misconception(name, says, wrong)


def _weighed(weights, scale=math.sqrt):
    """A way to find from weights(scores), and the scores over scale(d_head)."""
    return lambda query, keys, values, old, newest: weights(keys @ query / scale(len(query))) @ values


attend_with_cache = Check(
    title="One step with a cache",
    reference=_attend_with_cache,
    cases=_cache_cases,
    differentiable=True,
    misconceptions=[
        _cache_mistake(
            "attended before the newest token was in the cache",
            "Your token looks at those before it, and not at itself. What does the last row of a causal mask allow?",
            found=lambda query, keys, values, old, newest: _found(query, *old),
        ),
        _cache_mistake(
            "the newest key and value in place of the last ones",
            "The last key of your cache is gone, and the new one stands there. Which length should the cache have"
            " after the step?",
            append=lambda cache, newest: torch.cat([cache[:-1], newest[None]]),
        ),
        _cache_mistake(
            "dropped the oldest key and value",
            "Your cache is as long as before: its first token is gone. Who may forget, in the task?",
            append=lambda cache, newest: torch.cat([cache, newest[None]])[-max(len(cache), 1) :],
        ),
        _cache_mistake(
            "appended at the front",
            "What your token finds is right, as a softmax knows no order. But the rows of a cache are the tokens of the"
            " text: where does the newest one belong?",
            append=lambda cache, newest: torch.cat([newest[None], cache]),
        ),
        _cache_mistake(
            "appended twice",
            "Your cache grows by two rows, and the newest token counts double. How many tokens are new?",
            append=lambda cache, newest: torch.cat([cache, newest[None], newest[None]]),
        ),
        _cache_mistake(
            "gave back the old cache",
            "What your token finds is right. The next token will miss this one: which cache does it need?",
            out=lambda found, keys, values, old: (found, *old),
        ),
        _cache_mistake(
            "gave back the newest key and value alone",
            "What your token finds is right, and all that came before is lost for the next step. What should the next"
            " token get?",
            out=lambda found, keys, values, old: (found, keys[-1:], values[-1:]),
        ),
        _cache_mistake(
            "only what the token finds",
            "What your token finds is right. The next step needs the keys and the values: where are they?",
            out=lambda found, keys, values, old: found,
        ),
        _cache_mistake(
            "values first, and keys last",
            "All three tensors are right, and two change places. In which order does the task want them?",
            out=lambda found, keys, values, old: (found, values, keys),
        ),
        _cache_mistake(
            "what the token finds comes last",
            "All three tensors are right, in another order. Which one does the task want first?",
            out=lambda found, keys, values, old: (keys, values, found),
        ),
        _cache_mistake(
            "cached the query in place of the key",
            "The new row of your keys is the query. By what will later tokens look for this one?",
            newest=lambda query, key, value: (query, value),
        ),
        _cache_mistake(
            "swapped the key and the value",
            "The new key stands among the values, and the new value among the keys. Which belongs where?",
            newest=lambda query, key, value: (value, key),
        ),
        _cache_mistake(
            "compared with the values, and took the keys",
            "Your query is compared with the values, and finds a mix of keys. What is each of the two for?",
            found=lambda query, keys, values, old, newest: _found(query, values, keys),
        ),
        _cache_mistake(
            "forgot to scale",
            "Your scores are the dot products themselves. What are they divided by?",
            found=_weighed(lambda scores: scores.softmax(dim=0), scale=lambda d_head: 1),
        ),
        _cache_mistake(
            "divided by the width, not by its root",
            "You divide the scores by the width of a head. What of it should it be?",
            found=_weighed(lambda scores: scores.softmax(dim=0), scale=lambda d_head: d_head),
        ),
        _cache_mistake(
            "divided by the root of the number of tokens",
            "Your scale changes with the length of the text. A score is a sum of how many products?",
            found=lambda query, keys, values, old, newest: (
                (keys @ query / math.sqrt(len(keys))).softmax(dim=0) @ values
            ),
        ),
        _cache_mistake(
            "divided by the root of the number of tokens before this one",
            "Your scale changes with the length of the text, and is 0 at its first token. A score is a sum of how many"
            " products?",
            found=lambda query, keys, values, old, newest: (
                (keys @ query / math.sqrt(max(len(old[0]), 1e-3))).softmax(dim=0) @ values
            ),
        ),
        _cache_mistake(
            "forgot the softmax",
            "Your weights are the scores themselves. What makes them positive, with a sum of 1?",
            found=_weighed(lambda scores: scores),
        ),
        _cache_mistake(
            "the mean of all values",
            "Every token counts the same in your answer. Who says how much of each value is taken?",
            found=lambda query, keys, values, old, newest: values.mean(dim=0),
        ),
        _cache_mistake(
            "found its own value alone",
            "Your token finds what it has brought itself. Softmax over which keys?",
            found=lambda query, keys, values, old, newest: newest[1],
        ),
    ],
)
