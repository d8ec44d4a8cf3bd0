"""The four architectures of lesson 2 by name, so that an experiment can treat them alike."""

from types import MappingProxyType

from torch import Tensor

from lessons.recurrent.gated import GatedConfig
from lessons.recurrent.gru import GRU, GRUConfig
from lessons.recurrent.lstm import LSTM
from lessons.recurrent.rnn import RNN, RNNConfig
from lessons.recurrent.stack import Stack
from lessons.recurrent.ugrnn import UGRNN

ARCHITECTURES = MappingProxyType({"rnn": RNN, "ugrnn": UGRNN, "gru": GRU, "lstm": LSTM})
"""From the simplest to the one with most gates. The GRU is that of the lecture, with the reset before the matrix."""
TITLES = MappingProxyType({"rnn": "RNN", "ugrnn": "UGRNN", "gru": "GRU", "lstm": "LSTM"})


def build(
    architecture: str,
    input_size: int,
    hidden_size: int,
    output_size: int,
    layers: int = 1,
    *,
    dropout: float = 0.0,
    keep_bias: float = 0.0,
) -> Stack:
    """A network of the named architecture, all else equal. The RNN has no gate, so it passes over keep_bias.

    ValueError for an unknown name or a size out of range.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"There is no architecture {architecture!r}: choose from {', '.join(ARCHITECTURES)}.")
    sizes = (input_size, hidden_size, output_size, layers)
    if architecture == "rnn":
        return RNN(RNNConfig(*sizes, dropout=dropout))
    config = GRUConfig if architecture == "gru" else GatedConfig
    return ARCHITECTURES[architecture](config(*sizes, dropout=dropout, keep_bias=keep_bias))


def gates_of(architecture: str) -> tuple[str, ...]:
    """The names of its gates and candidate, in the order of the axis "gate"; none for the RNN."""
    return ARCHITECTURES[architecture].gates


def memory_mark(architecture: str) -> str:
    """The mark of a cell at which its memory passes: that of c for the LSTM, of h for the others."""
    return "see_cell" if architecture == "lstm" else "see_hidden"


def as_memory(architecture: str, value: Tensor) -> Tensor:
    """What passes that mark, on the scale from -1 to 1: tanh(c) of an LSTM, as its output gate sees it; else h."""
    return value.tanh() if architecture == "lstm" else value
