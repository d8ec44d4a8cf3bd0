"""Soft retrieval: what attention does, in a database small enough to see.

    weights = softmax(similarity(q, k) / temperature)        answer = sum over the keys of  weight * value

A database on a computer gives the value of the one key that fits: *hard* retrieval. Here every key gives a part, the
better it fits the more. As the temperature goes to 0 the best key takes all: hard retrieval is the limit. But the limit
has no gradient, and nothing could learn through it. The idea of memory read this way is that of Graves and others
(2014, section 3.1) and of Bahdanau and others (2015). Their temperature is the inverse of ours, or 1.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.similarity import Similarity, build, dot
from lessons.core.seed import generator, seeded
from lessons.core.threads import threads


@dataclass(frozen=True, eq=False)
class Database:
    """Entries with a name, a key in the plane and a value."""

    names: tuple[str, ...]
    key: Float[Tensor, "key d_head"]
    value: Float[Tensor, "key output"]


_ANIMALS = {  # size and speed as a class might put them, 0 in the middle; the age in years that a few of them reach
    "snail": (-1.9, -1.8, 5),
    "mouse": (-1.7, -0.4, 3),
    "hare": (-0.9, 1.2, 9),
    "cheetah": (0.3, 1.9, 14),
    "cat": (-0.6, 0.3, 18),
    "tortoise": (0.1, -1.7, 110),
    "horse": (1.1, 1.1, 30),
    "elephant": (1.9, -0.2, 65),
}
ANIMALS = Database(
    names=tuple(_ANIMALS),
    key=torch.tensor([entry[:2] for entry in _ANIMALS.values()], dtype=torch.float64),
    value=torch.tensor([entry[2:] for entry in _ANIMALS.values()], dtype=torch.float64),
)
"""Keys: size and speed, each from -2 to 2. Value: the age in years. Rough numbers of ours; a class may argue."""


def weights_at(scores: Float[Tensor, "*batch query key"], temperature: float) -> Float[Tensor, "*batch query key"]:
    """How much of each key a query takes, at a temperature of 0 or more. Each row adds up to 1.

    At 0 it is the limit: the best key takes all, and keys that are equally good share. ValueError below 0.
    """
    if not temperature >= 0:
        raise ValueError(f"A temperature is 0 or more, not {temperature}.")
    highest = scores.amax(dim=-1, keepdim=True).detach()
    if temperature < torch.finfo(scores.dtype).tiny:  # so small that a division by it is not exact: the limit as well
        best = scores == highest
        return best.to(scores.dtype) / best.sum(dim=-1, keepdim=True)
    return ((scores - highest) / temperature).softmax(dim=-1)  # below 0, so that nothing can become inf / inf


def retrieve(
    query: Float[Tensor, "*batch query d_head"],
    key: Float[Tensor, "*batch key d_head"],
    value: Float[Tensor, "*batch key output"],
    similarity: Similarity = dot,
    temperature: float = 1.0,
) -> tuple[Float[Tensor, "*batch query output"], Float[Tensor, "*batch query key"]]:
    """The answer to each query, and the weights that it is made of. Temperature 0 asks for hard retrieval."""
    weights = weights_at(similarity(query, key), temperature)
    return weights @ value, weights


@threads(1)
def learn_nearest(name: str, key: Float[Tensor, "key d_head"], steps: int = 200, seed: int = 0) -> Similarity:
    """A similarity, trained to find the nearest key: what a score with weights can learn from questions.

    200 queries are drawn evenly from -2.5 to 2.5 along each axis, and the answer to each is the key at the smallest
    distance. Gradient descent with momentum takes `steps` steps on the cross-entropy, in float64. A similarity without
    weights comes as it is. ValueError for an unknown name.
    """
    with seeded(seed):
        similarity = build(name, key.shape[-1])
    if not isinstance(similarity, nn.Module):
        return similarity
    weights = list(similarity.double().parameters())
    speeds = [torch.zeros_like(weight) for weight in weights]
    query = 5 * torch.rand(200, key.shape[-1], generator=generator(seed), dtype=torch.float64) - 2.5
    nearest = torch.cdist(query, key.double()).argmin(dim=-1)  # [query]
    for _ in range(steps):
        loss = F.cross_entropy(similarity(query, key.double()), nearest)
        for weight, speed, grad in zip(weights, speeds, torch.autograd.grad(loss, weights), strict=True):
            speed.mul_(0.9).add_(grad)
            weight.data.sub_(0.3 * speed)
    return similarity.requires_grad_(False)
