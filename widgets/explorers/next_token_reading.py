"""A text under way in a decoder: what the model says after each of its tokens, and nothing of it asked twice.

The cache of keys and values (`lessons.attention.cache`) is kept from one text to the next. What both begin with is not
read again: one token more costs one step, whether it was drawn or typed, and to take one back costs nothing.
"""

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lessons.attention.cache import Cache
from lessons.core.modes import evaluating

AT_ONCE = 64
"""Places whose scores are computed at the same time: there are as many for each as the model knows tokens."""


class Reading:
    """What one model has read, and what it says there."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.ids: list[int] = []
        self.chances: list[float] = []  # how likely the model held each token to be; nan for the first
        self._cache = Cache(model.config.layers)
        self._seen = torch.empty(0, model.config.d_model)  # [time d_model]: the scores are `unembed` of it
        self._logits: dict[int, Tensor] = {}  # by place, the last two that were asked for

    def read(self, ids: list[int]) -> None:
        """Read these tokens, of which only those behind the common beginning are new. ValueError for a token that the
        model does not know, or more of them than its context."""
        same = 0
        while same < min(len(ids), len(self.ids)) and ids[same] == self.ids[same]:
            same += 1
        before = self.logits(same) if 0 < same < len(ids) else None
        self._cache.trim(same)  # what an interrupted reading has left in some of its layers goes, too
        self.ids, self.chances = self.ids[:same], self.chances[:same]
        self._seen, self._logits = self._seen[:same], {p: kept for p, kept in self._logits.items() if p <= same}
        if same < len(ids):
            self._read_on(ids[same:], before)

    @torch.inference_mode()
    def logits(self, place: int) -> Float[Tensor, "vocab"]:
        """The scores of the token at `place`, from 1 up to the length of the text: what comes after all before it."""
        if place not in self._logits:
            kept = list(self._logits.items())[-1:]  # the token before it is often asked for again
            self._logits = {**dict(kept), place: self.model.unembed(self._seen[place - 1]).float().cpu()}
        return self._logits[place]

    def cache_up_to(self, place: int) -> Cache:
        """A cache of its own that holds the tokens before `place`."""
        cache = deepcopy(self._cache)
        cache.trim(place)
        return cache

    @torch.inference_mode()
    def _read_on(self, new: list[int], before: Float[Tensor, "vocab"] | None) -> None:
        """Read new tokens. before: the scores of the first of them; None where it is the first of the text."""
        ids = torch.tensor(new, device=next(self.model.parameters()).device)
        with evaluating(self.model):
            seen = self.model.hidden(ids[None], cache=self._cache)[0]  # [batch=1 time d_model] -> [time d_model]
        chances = [float("nan") if before is None else before.softmax(dim=-1)[new[0]].item()]
        for start in range(0, len(new) - 1, AT_ONCE):
            those = ids[1:][start : start + AT_ONCE]
            scores = self.model.unembed(seen[start : start + len(those)])  # [time vocab]
            right = scores.gather(-1, those[:, None])[:, 0]  # [time vocab] -> [time]
            chances += (right - scores.logsumexp(dim=-1)).exp().tolist()
        self.ids, self.chances = [*self.ids, *new], [*self.chances, *chances]
        self._seen = torch.cat([self._seen, seen])
