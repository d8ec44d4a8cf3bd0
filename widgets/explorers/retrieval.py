"""Lesson 03: soft retrieval by hand. A query is moved among keys and takes a part of each value.

    score = similarity(query, key)      weight = softmax(score / temperature)      answer = sum of weight * value

The two similarities with weights learn them when they are first chosen, in some 50 ms.
"""

from functools import cache

import torch
import traitlets as t
from jaxtyping import Float64
from torch import Tensor

from lessons.attention.retrieval import ANIMALS, learn_nearest, weights_at
from lessons.attention.similarity import SIMILARITIES, TITLES
from lessons.checks.wording import number
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.plane import Plane

LIMIT = 2.5
"""How far the plane reaches to each side of 0."""
TEMPERATURES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)
NAMED = 0.01
"""Weights above it are named in the sentence, the three largest at most."""

learned = cache(lambda name: learn_nearest(name, ANIMALS.key))


class Retrieval(Explorer):
    """Ask for an animal by its size and speed, and see what a soft database answers."""

    name = "Retrieval by hand"
    query = t.List(t.Float(), [0.6, -1.0]).tag(state=True)
    """[size, speed], each from -2.5 to 2.5."""
    similarity = t.Enum(list(SIMILARITIES), "dot").tag(state=True)
    temperature = t.Enum(TEMPERATURES, 1.0).tag(state=True)
    """What the scores are divided by before the softmax; 0 gives everything to the best key."""

    def __init__(self, **state: object) -> None:
        self.plane = Plane(title="Keys: size to the right, speed upwards", handle_label="query")
        self.bars = Bars(title="From the scores to the weights", label_axis="animal and its score", value_axis="weight")
        self.plane.layout, self.bars.layout = ({"width": "auto", "flex": flex} for flex in ("1 1 320px", "2 1 380px"))
        parts = {
            "similarity": controls.choice(
                "Similarity", [(TITLES[name], name) for name in SIMILARITIES], self.similarity
            ),
            "temperature": controls.steps("Temperature", [(f"{x:g}", x) for x in TEMPERATURES], self.temperature),
        }
        super().__init__(parts, [self.plane, self.bars], **state)
        t.link((self, "query"), (self.plane, "handle"))

    def update(self) -> dict[str, dict]:
        """Show the score and the weight of every animal, and the answer in words."""
        query = torch.tensor([self.query], dtype=torch.float64)  # [query=1 d_head=2]
        scores = learned(self.similarity)(query, ANIMALS.key)[0]  # [query=1 key] -> [key]
        weights = weights_at(scores[None], self.temperature)[0]  # [query=1 key] -> [key]
        scored = [
            f"{name}, " + f"{round(score, 2) + 0.0:.2f}".replace("-", "−")  # + 0.0: a zero has no minus before it
            for name, score in zip(ANIMALS.names, scores.tolist(), strict=True)
        ]
        return {
            "plane": dict(
                points=ANIMALS.key, labels=ANIMALS.names, weights=weights, limits=(-LIMIT, LIMIT),
                readout=answer_in_words(weights),
            ),
            "bars": dict(labels=scored, values=weights, low=0.0, high=1.0),
        }  # fmt: skip

    @t.validate("query")
    def _within_the_plane(self, proposal: t.Bunch) -> list[float]:
        query = proposal.value
        if len(query) != 2 or not all(abs(x) <= LIMIT for x in query):
            raise t.TraitError(f"A query is a size and a speed from {-LIMIT} to {LIMIT}, not {query}.")
        return query


def answer_in_words(weights: Float64[Tensor, "key"]) -> str:
    """Return the age that is retrieved, and the animals it mostly comes from."""
    answer = f"The answer to “how old can it get?” is {number(round((weights @ ANIMALS.value).item(), 1))} years."
    if weights.max() - weights.min() < NAMED:
        return f"{answer} All animals count alike: it is their plain mean."
    best = weights.argsort(descending=True, stable=True)[:3].tolist()
    parts = [
        f"{100 * weights[i].item():.0f} % of {ANIMALS.names[i]} ({ANIMALS.value[i].item():.0f})"
        for i in best
        if weights[i] > NAMED
    ]
    return f"{answer} It holds {', '.join(parts)}."
