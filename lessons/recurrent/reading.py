"""What a character model thinks while it reads a text, and what it would think with a gate held fast.

    reading = read(model, "Once upon a time")                                       # every gate of every unit
    reading.values["forget"]                                                        # [layer time hidden]
    frozen = read(model, "Once upon a time", [Freeze("forget", 0.0, unit=97)])      # it forgets at every step
    frozen.nats - reading.nats                                                      # what that costs, per character

To look at single units while a network reads is the idea of Karpathy, Johnson and Fei-Fei, "Visualizing and
understanding recurrent networks" (2015). A gate is frozen with `intervene`, the values come from `record`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import takewhile

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lessons.core.record import intervene, record
from lessons.core.threads import threads
from lessons.recurrent.architectures import TITLES, as_memory
from lessons.recurrent.character_model import CharacterModel


@dataclass(frozen=True)
class Freeze:
    """A gate that has the same value at every step, whatever it reads."""

    gate: str  # its name in the equations: "forget", "update", ...
    value: float  # 0 is shut, 1 is open
    layer: int = 0  # the lowest is 0
    unit: int | None = None  # None: every unit of the layer

    def __str__(self) -> str:
        return f"the {self.place} at {self.value:g}"

    @property
    def place(self) -> str:
        """Which gate of which unit, in words."""
        unit = "every unit" if self.unit is None else f"unit {self.unit}"
        return f"{self.gate} gate of {unit} (layer {self.layer})"

    def overlaps(self, other: "Freeze") -> bool:
        """Do both hold the same gate of the same unit?"""
        same_unit = self.unit is None or other.unit is None or self.unit == other.unit
        return (self.gate, self.layer) == (other.gate, other.layer) and same_unit


@dataclass(frozen=True, eq=False)
class Reading:
    """What was in the model after each character of a text.

    The names of `values` are those of the gates, then

    - "candidate", in a model with gates: what would be written;
    - "memory", what is kept: h; in an LSTM tanh(c), the cell state as the output gate sees it, from -1 to 1;
    - "hidden" and "cell", in an LSTM only: h, and c itself. Elsewhere the memory is h.
    """

    text: str  # as the model reads it: what it does not know is a □
    ids: Int[Tensor, "time"]
    values: Mapping[str, Float[Tensor, "layer time hidden"]]
    log_probabilities: Float[Tensor, "time vocab"]  # log P(next character | this one and all before)

    @cached_property
    def probabilities(self) -> Float[Tensor, "time vocab"]:
        """P(next character | this one and all before), after every character."""
        return self.log_probabilities.exp()

    @cached_property
    def surprise(self) -> Float[Tensor, "time"]:
        """-log P of every character after those before it, in nats; nan for the first, which nothing foretells."""
        surprise = self.log_probabilities.new_full((len(self.ids),), torch.nan)  # [time]
        surprise[1:] = -self.log_probabilities[:-1].gather(1, self.ids[1:, None])[:, 0]
        return surprise

    @property
    def nats(self) -> float:
        """The mean surprise; nan for a text of one character."""
        return self.surprise[1:].mean().item()


def read(model: CharacterModel, text: str, freezes: Sequence[Freeze] = ()) -> Reading:
    """Read a text of at least one character, with some gates frozen. ValueError: see `checked`."""
    return Reader(model, freezes).read(text)


class Reader:
    """Reads a text that changes: it goes on from the first character that is new.

    What a network knows after a character depends on nothing that comes later, so a text that was typed one character
    further costs one step. The weights of the model must stay as they are.
    """

    def __init__(self, model: CharacterModel, freezes: Sequence[Freeze] = ()):
        self.model = model
        self.freezes = checked(model, freezes)
        self._last: Reading | None = None

    @torch.no_grad()
    def read(self, text: str) -> Reading:
        """The reading of this text. ValueError for an empty one."""
        ids = self.model.encode(text)  # [batch=1 time]
        text = self.model.vocabulary.read(text)
        known = common_prefix(text, self._last.text) if self._last else 0
        parts = [_first(self._last, known)] if known else []
        if known < len(text):
            parts.append(self._read_on(text[known:], ids[:, known:], parts[0] if parts else None))
        self._last = parts[0] if len(parts) == 1 else _one_after_the_other(*parts)
        return self._last

    def _read_on(self, text: str, ids: Int[Tensor, "batch time"], before: Reading | None) -> Reading:
        """A reading of what comes after `before`, from the state in which that ended."""
        cell = self.model.stack.cells[0]
        state = None
        if before:
            kept = ("hidden", "cell") if "c" in cell.state_names else ("memory",)
            state = tuple(before.values[name][:, -1:] for name in kept)  # [layer batch=1 hidden] each
        with threads(1), intervene(self.model, _edits(self.freezes)), record(self.model) as seen:
            logits, _ = self.model.eval()(ids, state)  # [batch=1 time vocab]

        def layers(name: str) -> Float[Tensor, "layer time hidden"]:
            count = self.model.config.layers
            return torch.cat([seen[_mark(layer, name)] for layer in range(count)])  # [batch=1 time hidden] of each

        names = [*gates(self.model), "candidate"] if gates(self.model) else []
        values = {name: layers(name) for name in names}
        if "c" in cell.state_names:
            c = layers("cell")
            values |= {"memory": as_memory(self.model.config.architecture, c), "hidden": layers("hidden"), "cell": c}
        else:
            values["memory"] = layers("hidden")
        return Reading(text, ids[0], values, logits[0].log_softmax(dim=1))


def gates(model: CharacterModel) -> tuple[str, ...]:
    """The names of the gates that can be frozen; none for the RNN."""
    return tuple(name for name in model.stack.gates if name != "candidate")


def check_unit(model: CharacterModel, layer: int, unit: int | None) -> None:
    """ValueError where the model has no such layer, or the layer no such unit. Both are counted from 0."""
    layers, units = model.config.layers, model.config.hidden_size
    if not 0 <= layer < layers:
        raise ValueError(f"There is no layer {layer}: this model has {_counted(layers, 'layer')}.")
    if unit is not None and not 0 <= unit < units:
        raise ValueError(f"There is no unit {unit}: a layer of this model has {_counted(units, 'unit')}.")


def checked(model: CharacterModel, freezes: Sequence[Freeze]) -> tuple[Freeze, ...]:
    """The freezes, after a look at each.

    ValueError for a gate, a layer or a unit that the model lacks, for a value outside 0 to 1, and for a unit whose gate
    would be frozen twice, be it by name or with its whole layer.
    """
    title, names = TITLES[model.config.architecture], gates(model)
    for i, freeze in enumerate(freezes):
        if not names:
            raise ValueError(f"The {title} has no gate that could be frozen: choose a model with gates.")
        if freeze.gate not in names:
            raise ValueError(f"The {title} has no {freeze.gate!r} gate: choose from {', '.join(names)}.")
        if not 0 <= freeze.value <= 1:
            raise ValueError(f"A gate can be frozen at a value from 0 (shut) to 1 (open), not at {freeze.value:g}.")
        check_unit(model, freeze.layer, freeze.unit)
        for former in freezes[:i]:
            if freeze.overlaps(former):
                raise ValueError(f"Frozen already is {former}: thaw it before you freeze the {freeze.place}.")
    return tuple(freezes)


def common_prefix(one: str, other: str) -> int:
    """The number of characters at the start that both texts share."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _counted(count: int, noun: str) -> str:
    return f"only {noun} 0" if count == 1 else f"{count} {noun}s, from 0 to {count - 1}"


def _mark(layer: int, name: str) -> str:
    return f"stack.cells.{layer}.see_{name}"


def _edits(freezes: Sequence[Freeze]) -> dict[str, Callable[[Tensor], Tensor]]:
    groups = defaultdict(list)
    for freeze in freezes:
        groups[_mark(freeze.layer, freeze.gate)].append(freeze)
    return {name: partial(_held, freezes=group) for name, group in groups.items()}


def _held(gate: Float[Tensor, "batch hidden"], freezes: Sequence[Freeze]) -> Float[Tensor, "batch hidden"]:
    gate = gate.clone()
    for freeze in freezes:
        gate[:, slice(None) if freeze.unit is None else freeze.unit] = freeze.value
    return gate


def _first(reading: Reading, count: int) -> Reading:
    """The first characters of a reading: nothing in them depends on what came later."""
    if count == len(reading.text):
        return reading
    values = {name: value[:, :count] for name, value in reading.values.items()}
    return Reading(reading.text[:count], reading.ids[:count], values, reading.log_probabilities[:count])


def _one_after_the_other(before: Reading, after: Reading) -> Reading:
    values = {name: torch.cat([value, after.values[name]], dim=1) for name, value in before.values.items()}
    log_probabilities = torch.cat([before.log_probabilities, after.log_probabilities])  # [time vocab]
    return Reading(before.text + after.text, torch.cat([before.ids, after.ids]), values, log_probabilities)
