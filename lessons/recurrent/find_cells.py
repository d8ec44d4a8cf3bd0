"""Find the units whose memory means something: correlate each with what we know about the text.

After Karpathy, Johnson and Fei-Fei (2015), who found such cells by eye. Here a unit has a meaning as far as Pearson's
correlation says so: r = 1 when its memory and the property rise and fall together, 0 when they have nothing to do with
each other, -1 when one falls as the other rises.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lessons.core.record import record
from lessons.core.threads import threads
from lessons.recurrent.architectures import as_memory, memory_mark
from lessons.recurrent.character_model import CharacterModel


@dataclass(frozen=True)
class Found:
    """A unit and how well it follows a property."""

    layer: int  # from 0, the lowest
    unit: int  # from 0
    r: float  # Pearson's correlation, -1 to 1


def inside_quotes(text: str) -> Float[Tensor, "time"]:
    """1 from an opening “ up to the character before the closing ”, else 0."""
    inside, labels = 0.0, []
    for character in text:
        inside = {"“": 1.0, "”": 0.0}.get(character, inside)
        labels.append(inside)
    return torch.tensor(labels)


def place_in_line(text: str) -> Float[Tensor, "time"]:
    """How many characters of the line have been read: 0 at the line break, 1 at the first character after it."""
    place, labels = 0.0, []
    for character in text:
        place = 0.0 if character == "\n" else place + 1
        labels.append(place)
    return torch.tensor(labels)


def correlations(values: Float[Tensor, "time hidden"], label: Float[Tensor, "time"]) -> Float[Tensor, "hidden"]:
    """Pearson's r of every unit with the label, in float64. A unit or a label that never changes has r = 0."""
    values, label = values.cpu().double(), label.cpu().double()  # on the CPU: an Apple chip has no float64
    values, label = values - values.mean(dim=0), label - label.mean()
    spread = values.norm(dim=0) * label.norm()  # [hidden]
    return torch.where(spread > 0, (values * label[:, None]).sum(dim=0) / spread, 0.0)


@threads(1)
@torch.no_grad()
def memory(model: CharacterModel, text: str) -> Float[Tensor, "layer time hidden"]:
    """What every unit remembers at every character: tanh(c) of an LSTM, as its output gate sees it; else h."""
    architecture = model.config.architecture
    mark = memory_mark(architecture)
    names = [f"stack.cells.{layer}.{mark}" for layer in range(model.config.layers)]
    with record(model.eval(), only=names) as seen:
        model(model.encode(text))
    values = torch.stack([seen[name][0] for name in names])  # [batch=1 time hidden] * layer -> [layer time hidden]
    return as_memory(architecture, values)


def best_unit(memory: Float[Tensor, "layer time hidden"], label: Float[Tensor, "time"]) -> Found:
    """The unit of any layer whose correlation with the label is farthest from 0, with its sign."""
    r = torch.stack([correlations(values, label) for values in memory])  # [layer hidden]
    layer, unit = divmod(int(r.abs().argmax()), r.shape[1])
    return Found(layer, unit, r[layer, unit].item())
