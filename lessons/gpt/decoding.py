"""From the scores of the next token to a token: temperature, top-k (Fan et al. 2018), top-p (Holtzman et al. 2020).

    p = softmax(z / T)        T below 1 sharpens the distribution, T above 1 flattens it; T = 0 takes the best token
    top-k                     only the k most probable tokens stay
    top-p                     only the most probable tokens stay that together reach p, the "nucleus"

They act in this order, and what stays is divided by its sum. The token that crosses p stays, so at least one is left:
p = 0 keeps the best token alone, and p = 1 keeps them all. A k beyond the vocabulary keeps them all. Of equal scores
the token with the lower id counts as the better one. (transformers acts in the same order; where the k-th score occurs
more than once, it keeps all of them.)
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"top-k must keep 1 token or more, not {k}.")


def _check_p(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"top-p must be from 0 to 1, not {p}.")


@dataclass(frozen=True)
class Decoding:
    """How the next token is chosen. ValueError for a value out of its range."""

    temperature: float = 1.0  # 0 for greedy decoding, the best token at every step
    top_k: int | None = None  # tokens that may be drawn, 1 or more; None for all
    top_p: float = 1.0  # from 0 to 1, the probability that the tokens that may be drawn reach together

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"The temperature must be 0 or more and finite, not {self.temperature}.")
        if self.top_k is not None:
            _check_k(self.top_k)
        _check_p(self.top_p)


GREEDY = Decoding(temperature=0.0)
"""The best token at every step."""


def probabilities(logits: Float[Tensor, "*batch vocab"], decoding: Decoding) -> Float[Tensor, "*batch vocab"]:
    """The distribution that the next token is drawn from. With temperature 0 the best token has the probability 1."""
    if decoding.temperature == 0:
        return torch.zeros_like(logits).scatter(-1, logits.argmax(dim=-1, keepdim=True), 1.0)
    # The largest becomes 0 before the division: a tiny temperature then gives minus infinity, but never infinity.
    limits = torch.finfo(logits.dtype)
    temperature = min(max(decoding.temperature, limits.tiny), limits.max)
    logits = (logits - logits.amax(dim=-1, keepdim=True)) / temperature
    if decoding.top_k is not None:
        logits = keep_top_k(logits, decoding.top_k)
    return keep_top_p(logits, decoding.top_p).softmax(dim=-1)


def keep_top_k(logits: Float[Tensor, "*batch vocab"], k: int) -> Float[Tensor, "*batch vocab"]:
    """The k highest scores; the others become minus infinity. ValueError for k below 1."""
    _check_k(k)
    least = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    best = _best_first(logits, logits >= least)[..., :k]  # of those that are as good as the k-th, too
    return torch.full_like(logits, -math.inf).scatter(-1, best, logits.gather(-1, best))


def keep_top_p(logits: Float[Tensor, "*batch vocab"], p: float) -> Float[Tensor, "*batch vocab"]:
    """The scores of the fewest tokens that together have the probability p; the others become minus infinity.

    The token that crosses p stays. ValueError for p below 0 or above 1.
    """
    _check_p(p)
    if p == 1:
        return logits
    chances = logits.softmax(dim=-1)
    # All that are rarer than this have less than 1 - p together: they are out, and need no order.
    best = _best_first(chances, chances >= (1 - p) / chances.shape[-1])
    found = chances.gather(-1, best)
    before = found.cumsum(dim=-1) - found  # what the better tokens have together
    out = before >= p
    out[..., 0] = False
    scores = logits.gather(-1, best).masked_fill(out, -math.inf)
    return torch.full_like(logits, -math.inf).scatter(-1, best, scores)


def _best_first(
    scores: Float[Tensor, "*batch vocab"], wanted: Bool[Tensor, "*batch vocab"]
) -> Int[Tensor, "*batch output"]:
    """The tokens in the order of their scores, of equal ones the lower id first: as many as are wanted in any row.

    Only those are sorted: for a whole vocabulary that takes as long as a step of a small model.
    """
    count = max(int(wanted.sum(dim=-1).max()), 1)
    tokens = scores.topk(count).indices.sort(dim=-1).values
    order = scores.gather(-1, tokens).sort(dim=-1, descending=True, stable=True).indices
    return tokens.gather(-1, order)


def draw(probabilities: Float[Tensor, "*batch vocab"], generator: torch.Generator) -> Int[Tensor, "*batch"]:
    """A token for each distribution. The same generator draws the same tokens on every device."""
    return pick(probabilities, torch.rand(probabilities.shape[:-1], generator=generator))


def pick(probabilities: Float[Tensor, "*batch vocab"], chance: Float[Tensor, "*batch"]) -> Int[Tensor, "*batch"]:
    """The token at which the sum of the probabilities passes `chance`, from 0 up to and without 1."""
    reached = probabilities.double().cumsum(dim=-1)
    goal = chance.to(reached)[..., None] * reached[..., -1:]  # the sum is 1 but for rounding
    return torch.searchsorted(reached, goal, right=True).squeeze(-1)  # [*batch 1] -> [*batch]
