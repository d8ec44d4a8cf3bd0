"""The cache of keys and values: what lets a decoder write the next token without reading the whole text again.

Nobody looks ahead, so the keys and values of a text stay what they are when it grows. A decoder that keeps them asks
with the new tokens alone, and looks at everything. A step costs one token where it would cost the whole text: of n
tokens n in place of n(n+1)/2. The price is memory: 2 d_head numbers for every token, layer and group of heads (queries
that share keys share them here, too).

The memory is reserved ahead and doubled when it is full, so nothing is copied at most steps. No gradient goes through
it: a cache is for using a model, not for training one.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

ROOM = 64
"""Positions that are reserved at the first call, at least."""


class LayerCache:
    """The keys and values that one attention layer has made so far."""

    def __init__(self) -> None:
        self.length = 0  # positions it holds
        self._kept: Tensor | None = None  # [2 batch group room d_head], keys and values

    def extend(
        self, key: Float[Tensor, "batch group time d_head"], value: Float[Tensor, "batch group time d_head"]
    ) -> tuple[Float[Tensor, "batch group key d_head"], Float[Tensor, "batch group key d_head"]]:
        """Append what is new, and return all it holds now: views, which are right until the next call.

        ValueError for keys of another batch, or of another layer, than those it holds.
        """
        before, now = self.length, self.length + key.shape[2]
        self._reserve(key, now)
        keys, values = self._kept
        keys.narrow(2, before, now - before).copy_(key.detach())
        values.narrow(2, before, now - before).copy_(value.detach())
        self.length = now
        return keys.narrow(2, 0, now), values.narrow(2, 0, now)

    def trim(self, length: int) -> None:
        """Forget the positions from `length` on. ValueError when it does not hold so many."""
        if not 0 <= length <= self.length:
            raise ValueError(f"The cache holds {self.length} positions, so it cannot be cut to {length}.")
        self.length = length

    def choose(self, rows: Int[Tensor, "batch"]) -> None:
        """Go on with these texts of the batch, in this order; one may stand there several times."""
        if self._kept is not None:
            self._kept = self._kept[:, rows.to(self._kept.device)]

    def _reserve(self, key: Float[Tensor, "batch group time d_head"], length: int) -> None:
        """Make room for `length` positions like those of `key`."""
        batch, groups, _, d_head = key.shape
        kept = self._kept
        if kept is not None and (kept.shape[1:3], kept.shape[4]) != ((batch, groups), d_head):
            raise ValueError(
                f"The cache holds {kept.shape[1]} texts with {kept.shape[2]} x {kept.shape[4]} numbers a position, "
                f"but {batch} texts with {groups} x {d_head} came: make a new cache, or choose its rows."
            )
        if kept is None or kept.shape[3] < length:
            self._kept = key.new_empty(2, batch, groups, max(2 * length, ROOM), d_head)
            if kept is not None:
                self._kept[:, :, :, : self.length] = kept[:, :, :, : self.length]


class Cache:
    """One `LayerCache` for every layer of a decoder, for one batch of texts."""

    def __init__(self, layers: int):
        self.layers = [LayerCache() for _ in range(layers)]

    @property
    def length(self) -> int:
        """Positions that every layer holds, padding included."""
        return self.layers[-1].length

    def trim(self, length: int) -> None:
        """Forget the positions from `length` on, as if they had never been read. ValueError for more than there are."""
        for layer in self.layers:
            layer.trim(length)

    def choose(self, rows: Int[Tensor, "batch"]) -> None:
        """Go on with these texts of the batch, in this order; one may stand there several times."""
        for layer in self.layers:
            layer.choose(rows)


def past_mask(
    ids: Int[Tensor, "batch time"],
    context: int,
    mask: Bool[Tensor, "..."] | None = None,
    cache: Cache | None = None,
    padding: Int[Tensor, "batch"] | None = None,
) -> Bool[Tensor, "..."] | None:
    """Where a decoder may look that reads `ids` behind what its cache holds: at what came before, and not at padding.

    mask: further limits, True where a query may look; its keys are all the positions, those of the cache in front.
    padding: tokens in front of each text that are none. None when there is one new token and nothing to hide from it.
    ValueError for a text longer than `context`, or padding below 0.
    """
    batch, time = ids.shape
    before = 0 if cache is None else cache.length
    total = before + time
    if padding is not None and int(padding.min()) < 0:
        raise ValueError(f"The padding in front of a text is 0 tokens or more, not {int(padding.min())}.")
    longest = total if padding is None else total - int(padding.min())
    if longest > context:
        raise ValueError(
            f"This model reads at most {context} tokens, and these would be {longest}: "
            "take a shorter text, or write fewer tokens."
        )
    allowed = mask
    if time > 1:
        past = torch.ones(time, total, dtype=torch.bool, device=ids.device).tril(before)  # [query key]
        allowed = past if mask is None else past & mask
    if padding is not None and int(padding.max()) > 0:
        text = torch.arange(total, device=ids.device) >= padding.to(ids.device)[:, None]  # [batch key]
        text = text[:, None, None, :]  # [batch key] -> [batch head=1 query=1 key]
        allowed = text if allowed is None else text & allowed
    return allowed
