"""Delete a head and see what changes (Michel, Levy and Neubig 2019, "Are Sixteen Heads Really Better than One?").

    before = next_probabilities(model, ids)
    with deleted(model, [(2, 1)]):      # layer 2, head 1, both counted from 0
        after = next_probabilities(model, ids)

A deleted head finds nothing: 0 stands in the place of what it took from the values, so that W_O has nothing of it to
add. Its pattern is still computed, and can still be seen. What differs from the paper: nothing is pruned from the
weights; when the block ends, the head is back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.bert.encoder import BertEncoder, sentence_vector
from lessons.core.modes import evaluating
from lessons.core.record import intervene
from lessons.gpt.llama import Llama


@contextmanager
def deleted(model: nn.Module, heads: Sequence[tuple[int, int]]) -> Iterator[None]:
    """The model without these heads, (layer, head) each, while the block runs. No head at all changes nothing.

    The model is any whose `blocks[i].attention` is a `MultiHeadAttention`. Blocks can be nested. ValueError for a layer
    or head that the model has not, or a head named twice.
    """
    layers, width = model.config.layers, model.config.heads
    by_layer: dict[int, list[int]] = {}
    for layer, head in heads:
        if not 0 <= layer < layers:
            raise ValueError(f"There is no layer {layer}: this model has the layers 0 to {layers - 1}.")
        if not 0 <= head < width:
            raise ValueError(f"There is no head {head}: a layer of this model has the heads 0 to {width - 1}.")
        if head in by_layer.setdefault(layer, []):
            raise ValueError(f"Head {head} of layer {layer} is named twice: a head can be deleted once.")
        by_layer[layer].append(head)
    edits = {f"blocks.{layer}.attention.see_head": _without(gone) for layer, gone in by_layer.items()}
    with intervene(model, edits):
        yield


def _without(heads: list[int]) -> Callable[[Tensor], Tensor]:
    return lambda found: found.index_fill(1, torch.tensor(heads, device=found.device), 0.0)  # [batch head query d_head]


@torch.no_grad()
def next_probabilities(model: Llama, ids: Int[Tensor, "time"]) -> Float[Tensor, "vocab"]:
    """How likely each token is to come after the last one, on the model's device. The probabilities sum to 1."""
    ids = ids.to(_device(model))
    with evaluating(model):
        return model.unembed(model.hidden(ids[None])[0, -1]).softmax(dim=-1)


@torch.no_grad()
def surprise(model: Llama, ids: Int[Tensor, "time"]) -> Float[Tensor, "time-1"]:
    """-log P of every token after all before it, in nats, but for the first token; on the model's device.

    Its mean is the loss. In a text that says the same twice, the mean over the second half tells what looking back is
    worth. ValueError for a text of less than 2 tokens.
    """
    if len(ids) < 2:
        raise ValueError(f"The surprise needs a text of 2 tokens or more, not {len(ids)}.")
    ids = ids.to(_device(model))
    with evaluating(model):
        return F.cross_entropy(model(ids[None, :-1])[0], ids[1:], reduction="none")


@torch.no_grad()
def similarity(model: BertEncoder, a: Int[Tensor, "..."], b: Int[Tensor, "..."]) -> float:
    """How alike the sentence vectors of two texts are: the cosine of their angle, -1 to 1.

    a, b: the tokens of each, [time]; the two need not be equally long.
    """
    with evaluating(model):
        vectors = [sentence_vector(model, ids[None].to(_device(model)))[0] for ids in (a, b)]
    return float(vectors[0] @ vectors[1])


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def deleted_in_turn(model: nn.Module, measure: Callable[[], float]) -> Float[Tensor, "layer head"]:
    """By how much a figure of the model changes when each head is deleted alone: as many measurements, and one more.

    measure: () -> the figure, for example `lambda: surprise(model, ids).mean().item()`.
    """
    whole = measure()
    change = torch.zeros(model.config.layers, model.config.heads)
    for layer in range(model.config.layers):
        for head in range(model.config.heads):
            with deleted(model, [(layer, head)]):
                change[layer, head] = measure() - whole
    return change
