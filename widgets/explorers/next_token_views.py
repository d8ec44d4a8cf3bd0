"""What the panel of lesson 06 shows of a text under way: pure functions from what a model says to the instruments."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.gpt.decoding import Decoding
from lessons.text.tokenizer import Tokenizer
from widgets.explorers.next_token_reading import Reading
from widgets.explorers.next_token_tree import Branch
from widgets.instruments.text import visible

BEST = 10
"""Tokens that have a bar of their own."""
SCALES = (0.1, 0.2, 0.5, 1.0)
"""Where the scale of the bars may end: a model that is unsure has short bars on a scale to 1."""
NEXT = "?"
"""The box of the token that is not yet there."""


def percent(share: float) -> str:
    """Return a share as people read it: 31 %, 4.2 %, <0.1 %."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if share < 0.001:
        return "<0.1 %"
    if share > 0.995:
        return ">99 %"
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def named(tokenizer: Tokenizer, token: int) -> str:
    """Return a token as a label, in which the space that it begins with can be seen: ␣cat."""
    shown = tokenizer.token(token)
    return f"␣{shown[1:]}" if len(shown) > 1 and shown.startswith(" ") else visible(shown)


def strip(reading: Reading, typed: int) -> dict:
    """Return the text in tokens, those that the model wrote with their probability, and a box for the next one.

    typed: how many of them the student gave.
    """
    tokenizer, ids = reading.model.tokenizer, reading.ids
    likely = reading.logits(len(ids)).softmax(dim=-1).max().item()
    written = [percent(chance) for chance in reading.chances[typed:]]
    given = ["sign" if i in tokenizer.signs else "" for i in ids[:typed]]
    given[0] = given[0] or "first"
    return dict(
        tokens=[*map(tokenizer.token, ids), NEXT], values=[*reading.chances, likely],
        notes=[*given, *written, "next"], low=0.0, high=1.0, value_axis="probability the model gave it",
        title="Your text in tokens, and what the model has written, with its probability below",
    )  # fmt: skip


def bars(
    tokenizer: Tokenizer,
    scores: Float[Tensor, "vocab"],
    after: Float[Tensor, "vocab"],
    decoding: Decoding,
    stands: int | None = None,
) -> dict:
    """Return the best tokens before and after temperature and cuts, with the one that stands there wherever it ranks.

    after: the distribution that `decoding` makes of the scores.
    """
    before = scores.softmax(dim=-1)
    best = before.topk(min(BEST, len(before))).indices.tolist()
    labels = [named(tokenizer, i) + remark(rank, after[i].item(), decoding) for rank, i in enumerate(best)]
    if stands in best:
        labels[best.index(stands)] += " ← stands here"
    elif stands is not None:
        rank = int((before > before[stands]).sum())
        best.append(stands)
        name = named(tokenizer, stands) + remark(rank, after[stands].item(), decoding)
        labels.append(f"{name} ← stands here, number {rank + 1:,}")
    values = torch.stack([before[best], after[best]])  # [series bars]
    if others := len(before) - len(best):
        rest = torch.stack([before, after]).index_fill(1, torch.tensor(best), 0.0)  # [series vocab]
        values = torch.cat([values, rest.sum(dim=1, keepdim=True).clamp(max=1)], dim=1)
        labels.append(f"all {others:,} others")
    alive = int((after > 0).sum())
    high = next(end for end in SCALES if end >= min(1.0, values.max().item()))
    where = "The next token" if stands is None else "In this place"
    may = "one token" if alive == 1 else "every token" if alive == len(after) else f"{alive:,} of {len(after):,} tokens"
    return dict(
        labels=labels, values=values, series=["before", "after"], low=0.0, high=high, label_axis="token",
        value_axis="probability before and after the settings",
        title=f"{where}: greedy takes “{named(tokenizer, best[0])}”, {may} may be drawn",
    )  # fmt: skip


def remark(rank: int, after: float, decoding: Decoding) -> str:
    """Return what is to be said of a token of this rank, counted from 0: greedy takes it, or what cuts it off."""
    if rank == 0:
        return " ← greedy"
    if decoding.temperature == 0 or after > 0:
        return ""
    if decoding.top_k is not None and rank >= decoding.top_k:
        return " ✂ top\u2011k"  # a hyphen at which no line ends
    return " ✂ top\u2011p" if decoding.top_p < 1 else ""


def tree(reading: Reading, place: int, branches: Sequence[Branch]) -> dict:
    """Return the tree that grows at a place."""
    tokenizer = reading.model.tokenizer
    ahead = place == len(reading.ids)
    instead = "" if ahead else f", in place of “{named(tokenizer, reading.ids[place])}”"
    return dict(
        labels=[named(tokenizer, branch.id) for branch in branches],
        parents=[branch.parent for branch in branches], values=[branch.probability for branch in branches],
        root=named(tokenizer, reading.ids[place - 1]), marks=[i for i, b in enumerate(branches) if b.stands],
        title="The tree of what could come next" if ahead else f"The tree of what could have been{instead}",
    )  # fmt: skip


def ending(reading: Reading, typed: int, longest: int) -> str:
    """Return in a sentence why the text has ended; empty while it can go on."""
    tokenizer, ids = reading.model.tokenizer, reading.ids
    if len(ids) >= longest:
        return (
            f"The text has {len(ids):,} tokens, and that is all this panel has room for: take some back, or shorten it."
        )
    if len(ids) > typed and ids[-1] in tokenizer.signs:
        return f"The model has ended its text: it wrote the sign {tokenizer.token(ids[-1])}."
    return ""
