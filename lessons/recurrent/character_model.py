"""A model of text, one character at a time (Sutskever, Martens and Hinton 2011; Karpathy 2015).

    x_t = E[character t]        P(character t+1 | all before) = softmax(y_t)

E, the embedding, is a table with a learned row of numbers for each character.

The network is any `Stack`: the same code trains an RNN, a UGRNN, a GRU and an LSTM.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.core.seed import generator
from lessons.core.threads import threads
from lessons.recurrent.architectures import build
from lessons.recurrent.stack import State
from lessons.text.characters import Characters


@dataclass(frozen=True)
class CharacterConfig:
    """Everything that says how a character model is built. ValueError for a value out of its range.

    The vocabulary and the network's own sizes are checked where they are made.
    """

    symbols: str  # the vocabulary, as in `Characters`
    architecture: str  # "rnn", "ugrnn", "gru" or "lstm"
    embedding_size: int  # numbers in the row of a character
    hidden_size: int  # units of a layer
    layers: int = 1
    dropout: float = 0.0  # part of every row, and of h on its way up, that is zeroed, in training only
    keep_bias: float = 0.0  # first bias of the gate that keeps the memory

    def __post_init__(self) -> None:
        if self.embedding_size < 1:
            raise ValueError(f"embedding_size must be 1 or more, not {self.embedding_size}.")


class CharacterModel(nn.Module):
    """A recurrent network that says, after every character, how likely each character is to come next."""

    def __init__(self, config: CharacterConfig):
        super().__init__()
        self.config = config
        self.vocabulary = Characters(config.symbols)
        self.embed = nn.Embedding(len(self.vocabulary), config.embedding_size)
        self.stack = build(
            config.architecture,
            config.embedding_size,
            config.hidden_size,
            len(self.vocabulary),
            config.layers,
            dropout=config.dropout,
            keep_bias=config.keep_bias,
        )

    def forward(
        self, ids: Int[Tensor, "batch time"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], State]:
        """The logits of the next character after every character, and the state to go on with."""
        x = self.stack.drop(self.embed(ids))  # [batch time input]
        return self.stack(x, state)

    def encode(self, text: str) -> Int[Tensor, "batch time"]:
        """The text as a batch of one, on the model's device. ValueError for an empty text."""
        if not text:
            raise ValueError("There is no text to read: type at least one character.")
        return self.vocabulary.encode(text)[None].to(self.stack.A_y.device)


@torch.no_grad()
def nats_per_character(model: CharacterModel, text: str) -> float:
    """The mean surprise, -log P of each character after all before it, in nats. The text has 2 characters or more.

    log(size of the vocabulary) is knowing nothing. Divide by log(2) for bits.
    """
    ids = model.eval().encode(text)
    if ids.shape[1] < 2:
        raise ValueError("The surprise needs a text of 2 characters or more: the first one has nothing before it.")
    logits, _ = model(ids[:, :-1])
    return F.cross_entropy(logits[0], ids[0, 1:]).item()


def write(model: CharacterModel, prompt: str, length: int, temperature: float = 0.7, seed: int = 0) -> Iterator[str]:
    """Go on from `prompt`, one character at a time, `length` in all: each is drawn from the model's prediction.

    temperature: the logits are divided by it. From 0.001 up; small is careful, 1 is the model's own prediction.
    ValueError for an empty prompt, a length below 1, a temperature out of its range or weights that are not finite.
    """
    if length < 1:
        raise ValueError(f"The length must be 1 character or more, not {length}.")
    if not 1e-3 <= temperature < math.inf:
        raise ValueError(f"The temperature must be 0.001 or more and finite, not {temperature}.")
    return _drawn(model, model.encode(prompt), length, temperature, generator(seed))


@torch.no_grad()
def _drawn(
    model: CharacterModel, ids: Int[Tensor, "batch time"], length: int, temperature: float, source: torch.Generator
) -> Iterator[str]:
    logits, state = model.eval()(ids)
    for _ in range(length):
        scores = logits[0, -1].cpu().double()  # on the CPU, as the source is; in this order for an Apple chip
        if not scores.isfinite().all():
            raise ValueError("The model's predictions are not finite: its training has diverged, load it again.")
        drawn = torch.multinomial((scores / temperature).softmax(dim=0), 1, generator=source)  # [time=1]
        yield model.vocabulary.decode(drawn)
        with threads(1):  # never across a yield: whoever reads on keeps their own
            logits, state = model(drawn[None].to(logits.device), state)
