"""Train a character model on a long text by truncated backpropagation (Williams and Peng 1990; lesson 1).

The text is cut into `streams` equal pieces that are read side by side, window after window. The state is carried on
from window to window, so that the network reads on without a gap; the gradient is cut at every window's start.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.recurrent.character_model import CharacterModel
from lessons.recurrent.stack import detached


class Streams(nn.Module):
    """A character model with a finger in the text. What is needed to go on is part of its `state_dict`."""

    text: Int[Tensor, "batch time"]
    place: Int[Tensor, ""]

    def __init__(self, model: CharacterModel, ids: Int[Tensor, "time"], streams: int, window: int):
        """ValueError for less than 1 stream or step a window, or a text too short for two windows in each stream."""
        super().__init__()
        if streams < 1 or window < 1:
            raise ValueError(f"There must be 1 or more streams and windows of 1 or more, not {streams} and {window}.")
        length = len(ids) // streams
        if length < 2 * window:
            raise ValueError(
                f"The text has {len(ids)} characters, too few for {streams} streams of {window}: "
                f"take {2 * streams * window} or more."
            )
        self.model, self.window = model, window
        config, states = model.config, len(model.stack.cells[0].state_names)
        self.register_buffer("text", ids[: length * streams].view(streams, length), persistent=False)
        self.register_buffer("place", torch.tensor(length))  # at the end: the first step starts afresh
        self.register_buffer("state", torch.zeros(states, config.layers, streams, config.hidden_size))

    @property
    def steps_per_pass(self) -> int:
        """How many windows make up the whole text."""
        return (self.text.shape[1] - 1) // self.window

    def next_loss(self, start: int) -> Float[Tensor, ""]:
        """Cross-entropy in nats of the next window. After the last one, begin again at character `start`.

        The finger moves on only if the loss is finite: after a step that diverged, all is as before it.
        """
        place, first = int(self.place), self.state.clone()  # a clone: the buffer changes before the gradient goes back
        if place + self.window >= self.text.shape[1]:
            place, first = start, torch.zeros_like(first)
        ids = self.text[:, place : place + self.window + 1]  # [batch time+1]
        logits, state = self.model(ids[:, :-1], first[0] if len(first) == 1 else first.unbind())
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        if loss.isfinite():
            state = detached(state)
            self.state.copy_(state[None] if isinstance(state, Tensor) else torch.stack(state))
            self.place.fill_(place + self.window)
        return loss


def stream_loss(streams: Streams, start: Int[Tensor, ""]) -> Float[Tensor, ""]:
    """The loss function for a `Training` whose batches are random starts, see `random_start`."""
    return streams.next_loss(int(start))


def random_start(generator: torch.Generator, window: int) -> Int[Tensor, ""]:
    """Where the next pass through the text begins, from 0 to window - 1, so that windows fall differently each time."""
    return torch.randint(window, (), generator=generator)
