"""The tree of what could have been: the most probable tokens to come, behind each of them the most probable ones, ...

    for node in tree(model, "The opposite of hot is", width=3, depth=2):
        print(node.token, node.probability, [child.token for child in node.children])

A level is one pass through the model: its nodes are read side by side, each with its own copy of the cache.
"""

from dataclasses import dataclass

import torch
from torch import nn

from lessons.attention.cache import Cache
from lessons.core.modes import evaluating
from lessons.gpt.generate import prompt_ids

MOST = 500
"""Nodes of the largest tree: each stands for a text that is kept in memory."""


@dataclass(frozen=True)
class Node:
    """A token that could come next."""

    id: int
    token: str  # for people, as `Tokenizer.token` gives it
    probability: float  # given the prompt and the nodes above
    children: list["Node"]  # what could come behind it, the most probable first; none behind a sign


@torch.inference_mode()
def tree(model: nn.Module, prompt: str, width: int = 3, depth: int = 3) -> list[Node]:
    """The `width` most probable tokens to follow the prompt, the most probable first, `depth` levels of them.

    A prompt that is too long is cut in front, as `prompt_ids` says. ValueError for an empty one, for a width or depth
    below 1, or for a tree of more than MOST nodes.
    """
    if min(width, depth) < 1:
        raise ValueError(f"The width and the depth of the tree must be 1 or more, not {width} and {depth}.")
    width = min(width, model.config.vocab)
    if (nodes := sum(width**level for level in range(1, depth + 1))) > MOST:
        raise ValueError(
            f"A tree of width {width} and depth {depth} has {nodes:,} nodes and {MOST} are the most: make it smaller."
        )
    ids = prompt_ids(model, prompt, depth)[0]
    device = next(model.parameters()).device
    cache, roots = Cache(model.config.layers), []
    unread, places = [ids], [roots]  # the rows of the batch, and where the nodes behind each go
    with evaluating(model):
        for level in range(depth):
            seen = model.hidden(torch.tensor(unread, device=device), cache=cache)[:, -1]  # [batch d_model]
            best = model.unembed(seen).softmax(dim=-1).topk(width)
            for place, tokens, chances in zip(places, best.indices.tolist(), best.values.tolist(), strict=True):
                place += [Node(i, model.tokenizer.token(i), p, []) for i, p in zip(tokens, chances, strict=True)]
            grow = [(row, n) for row, place in enumerate(places) for n in place if n.id not in model.tokenizer.signs]
            if level == depth - 1 or not grow:
                break
            cache.choose(torch.tensor([row for row, _ in grow]))
            unread, places = [[node.id] for _, node in grow], [node.children for _, node in grow]
    return roots
