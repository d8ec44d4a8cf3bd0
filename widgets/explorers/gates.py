"""Lesson 02: the gates, the candidate and the memory of any unit, while a model reads the student's own text.

A gate can be frozen at 0 or 1. The strip and the heat map show the reading *with* what is frozen; the chart and the
bars compare it with the reading of the model as it was trained. The reading itself is ``lessons.recurrent.reading``.
"""

import math
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import ipywidgets as ipw
import plotly.graph_objects as go
import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.recurrent.character_model import CharacterModel
from lessons.recurrent.reading import Freeze, Reader, Reading, check_unit, checked, gates
from widgets import controls
from widgets.explorers.box import Known, Models, known_cells, trained_models
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.chart import Chart
from widgets.instruments.heat_map import HeatMap
from widgets.instruments.text import visible, visible_all
from widgets.instruments.token_strip import TokenStrip

LONGEST = 500
"""Characters that are read: a pasted text of this length costs an LSTM of 512 units 70 ms on one free core."""
MOST_LIKELY = 8
"""Next characters that the bars show."""
OPENING = (
    "The fox knocked at the mill. “Is there any bread left?” he asked.\n"
    "The miller shook his head. “Only crumbs,” he said, “and a cold\n"
    "stove.” So they sat down together and told stories until morning."
)
NO_CELL = -1
"""Stands for "my own choice" in the list of the cells with a meaning."""


def label(name: str, model: CharacterModel) -> str:
    """Return what a name in ``Reading.values`` means in this model."""
    memory = "memory tanh(c)" if model.config.architecture == "lstm" else "memory h"
    others = {"candidate": "candidate", "memory": memory, "hidden": "hidden state h", "cell": "cell state c"}
    return others.get(name, f"{name} gate")


def memory_figure(text: str, lines: Mapping[str, Float[Tensor, "time"]]) -> go.Figure:
    """Return the memory of one unit after every character, a line for each name."""
    figure = go.Figure()
    x, letters = list(range(1, len(text) + 1)), [visible(c) for c in text]
    for (name, y), dash in zip(lines.items(), ("solid", "dash"), strict=False):
        figure.add_scatter(
            x=x, y=y.cpu().numpy(), text=letters, name=name, mode="lines", line={"dash": dash, "width": 2.5}
        )
    figure.update_layout(
        xaxis_title="character", yaxis_title="memory", yaxis_range=[-1.05, 1.05], showlegend=True, hovermode="x"
    )
    return figure


def costs(model: CharacterModel, readings: Mapping[str, Reading]) -> str:
    """Return in one sentence how surprised the model is by the text."""
    if len(next(iter(readings.values())).text) < 2:
        return "One character: there is nothing yet that the model could be surprised by."
    nats = ", ".join(f"{reading.nats:.2f} nats {name}" for name, reading in readings.items())
    return f"Mean surprise per character: {nats}. Knowing nothing would be {math.log(len(model.vocabulary)):.2f}."


class Gates(Explorer):
    """Type a text, choose a unit, and watch what its gates do; freeze one, and watch what that breaks.

    ``models`` maps a title to a function that gives the model; it is called when the model is first chosen. ``known``
    maps a title to units that have a meaning, by name. Left out, both are those of the lesson; models of your own
    have no known units. Another model starts with nothing frozen: its units are others.
    """

    name = "Gates while reading"
    text = t.Unicode(OPENING).tag(state=True)
    architecture = t.Unicode().tag(state=True)
    """The title of the model."""
    shown = t.Unicode("memory").tag(state=True)
    """What colours the text: a name in ``Reading.values``."""
    layer = t.Int(0).tag(state=True)
    unit = t.Int(0).tag(state=True)
    freezes = t.Tuple().tag(state=True)
    """What is frozen; ``freeze`` and ``thaw`` change it."""

    def __init__(self, models: Models | None = None, known: Known | None = None, **state: object) -> None:
        if known is None:
            known = known_cells() if models is None else {}
        self._models, self._known = (trained_models() if models is None else models), known
        self._fitting = False
        self._loaded = lru_cache(maxsize=None)(lambda title: self._models[title]())
        self._reader = lru_cache(maxsize=8)(Reader)
        self.strip = TokenStrip(title="Your text, as the model reads it", as_text=True)
        self.heat = HeatMap(
            title="All of this unit: gates from 0 to 1, the others from −1 to 1", square=False, palette="diverging",
            row_axis="signal", column_axis="character",
        )  # fmt: skip
        self.chart = Chart(title="Memory of this unit", height=290)
        self.bars = Bars(label_axis="next character", value_axis="probability")
        self.chart.layout, self.bars.layout = ({"width": "auto", "flex": flex} for flex in ("3 1 440px", "2 1 300px"))
        parts = {
            "text": controls.area("Your text", self.text),
            "architecture": controls.choice("Model", list(self._models), None),
            "known": controls.choice("Cells with a meaning", [("my own choice", NO_CELL)], NO_CELL),
            "layer": controls.slider("Layer", 0, 0, 0, 1),
            "unit": controls.slider("Unit", 0, 0, 0, 1),
            "shown": controls.choice("Colour the text by", ["memory"], "memory"),
            "frozen": ipw.Label(layout={"width": "100%"}),
            "gate": controls.choice("Freeze the", [], None),
            "value": controls.choice("at", [("0, shut", 0.0), ("1, open", 1.0)], 0.0),
            "where": controls.choice("in", ["this unit", "all units"], "this unit"),
            "freeze": controls.button("Freeze", "Hold this gate at this value while the model reads"),
            "thaw": controls.button("Thaw all", "Let all gates move again"),
        }
        parts["frozen"].add_class("unrolled-sentence")
        self.controls = parts  # before the state is set: the controls follow it
        self.observe(self._fit_controls, "architecture")
        self.observe(self._name_unit, ["unit", "layer"])
        self.observe(self._say_what_is_frozen, "freezes")
        self.observe(self._choose_last, "text")
        self.architecture = state.pop("architecture", next(iter(self._models)))
        super().__init__(parts, [self.strip, self.heat, self.chart, self.bars], **state)
        parts["known"].observe(self._show_known, "value")
        parts["freeze"].on_click(lambda _: self._freeze_as_chosen())
        parts["thaw"].on_click(lambda _: self.thaw())
        self.strip.observe(self._follow_strip, "selected")
        self.heat.observe(self._follow_heat_map, "cursor")

    def model(self) -> CharacterModel:
        """Return the chosen model. ValueError, in a sentence, when it cannot be loaded."""
        try:
            return self._loaded(self.architecture)
        except (RuntimeError, OSError) as error:
            raise ValueError(str(error)) from error

    def readings(self) -> dict[str, Reading]:
        """Return the reading "as trained" and, when something is frozen, the one "frozen"."""
        model, text = self.model(), self._typed()[:LONGEST]
        kinds = {"as trained": ()} | ({"frozen": self.freezes} if self.freezes else {})
        return {name: self._reader(model, freezes).read(text) for name, freezes in kinds.items()}

    def freeze(self, gate: str, value: float, layer: int = 0, unit: int | None = None) -> None:
        """Hold a gate at ``value``, in one unit or all of a layer. A mistake becomes a sentence and changes nothing."""
        try:
            self.freezes = checked(self.model(), (*self.freezes, Freeze(gate, float(value), layer, unit)))
        except ValueError as error:
            self.tell(str(error))

    def thaw(self) -> None:
        """Let all gates move again."""
        self.freezes = ()

    def update(self) -> dict[str, dict]:
        """Show one unit at every character, and what is expected to come next."""
        model = self.model()
        check_unit(model, self.layer, self.unit)
        readings = self.readings()
        now = list(readings.values())[-1]
        tokens = list(now.text)
        unit = {name: value[self.layer, :, self.unit] for name, value in now.values.items()}  # [time] each
        rows = [name for name in unit if name != "cell"]  # c itself has no bounds
        memories = {name: reading.values["memory"][self.layer, :, self.unit] for name, reading in readings.items()}
        ends = {name: (0.0, 1.0, "sequential") for name in gates(model)} | {"cell": (None, None, "diverging")}
        low, high, palette = ends.get(self.shown, (-1.0, 1.0, "diverging"))
        place = self._place(tokens)
        before = visible_all(tokens[: place + 1])
        chances = torch.stack([reading.probabilities[place] for reading in readings.values()])
        likely = chances.amax(dim=0).topk(min(MOST_LIKELY, len(model.vocabulary))).indices  # [vocab] -> [best]
        strip = dict(low=low, high=high, palette=palette, value_axis=label(self.shown, model))
        return {
            "strip": dict(tokens=tokens, values=unit[self.shown], **strip),
            "heat": dict(
                values=torch.stack([unit[name] for name in rows]), row_labels=[label(name, model) for name in rows],
                column_labels=tokens, low=-1.0, high=1.0,
            ),
            "chart": dict(figure=memory_figure(now.text, memories), summary=costs(model, readings)),
            "bars": dict(
                labels=model.vocabulary.decode(likely), values=chances[:, likely],
                series=list(readings) if self.freezes else (), low=0.0, high=1.0,
                title=f"What comes after {'…' * (len(before) > 12)}{''.join(before[-12:])}",
            ),
            "note": self._note(model),
        }  # fmt: skip

    def _place(self, tokens: list[str]) -> int:
        """The chosen character, or the last one."""
        return self.strip.selected if 0 <= self.strip.selected < len(tokens) else len(tokens) - 1

    def _typed(self) -> str:
        """The text, with a letter and the accent that follows it joined to one character where there is one."""
        return unicodedata.normalize("NFC", self.text)

    def _note(self, model: CharacterModel) -> str:
        sentences = []
        text = self._typed()
        if len(text) > LONGEST:
            sentences.append(f"Your text has {len(text):,} characters. This panel reads the first {LONGEST}.")
        if unknown := model.vocabulary.unknown(text[:LONGEST]):
            names = ", ".join(visible(c) for c in unknown[:5]) + ", …" * (len(unknown) > 5)
            sentences.append(f"The model does not know {names}: it reads □ there.")
        return " ".join(sentences)

    @t.validate("architecture", "shown")
    def _among_the_options(self, proposal: t.Bunch) -> str:
        options = [
            option[-1] if isinstance(option, tuple) else option for option in self.controls[proposal.trait.name].options
        ]
        if proposal.value not in options:
            what = f"{proposal.trait.name} must be one of {', '.join(options)}"
            raise t.TraitError(f"{what}, not {visible(proposal.value)!r}.")
        return proposal.value

    def _on_state(self, change: t.Bunch) -> None:
        if not self._fitting:  # half a change is no state to show
            super()._on_state(change)

    def _fit_controls(self, _change: t.Bunch) -> None:
        """Offer the units, layers, values, gates and known cells of another model. The base answers after it."""
        try:
            model = self.model()
        except ValueError:
            return  # the answer to the new state says why
        self._fitting = True
        try:
            self._fit_to(model)
        finally:
            self._fitting = False

    def _fit_to(self, model: CharacterModel) -> None:
        self.thaw()
        parts, names, known = self.controls, gates(model), self._known.get(self.architecture, {})
        shown, layer, unit = self.shown, self.layer, next(iter(known.values()), self.unit)
        values = [
            *names,
            *["candidate"] * bool(names),
            "memory",
            *["hidden", "cell"] * (model.config.architecture == "lstm"),
        ]
        parts["shown"].options = [(label(name, model), name) for name in values]  # this chooses the first
        self.shown = shown if shown in values else "memory"
        parts["unit"].max, parts["layer"].max = model.config.hidden_size - 1, model.config.layers - 1
        self.unit, self.layer = min(unit, parts["unit"].max), min(layer, parts["layer"].max)
        parts["gate"].options = [(label(name, model), name) for name in names]
        parts["gate"].value = model.stack.cells[0].KEEPS if names else None  # an empty list chooses nothing by itself
        parts["known"].options = [("my own choice", NO_CELL), *((f"{what} (unit {i})", i) for what, i in known.items())]
        for name in ("gate", "value", "where", "freeze", "thaw"):
            parts[name].disabled = not names
        for name, useful in (("layer", model.config.layers > 1), ("known", bool(known))):
            parts[name].layout.display = None if useful else "none"
        self._name_unit()
        self._say_what_is_frozen()

    def _name_unit(self, _change: t.Bunch | None = None) -> None:
        offered = [unit for _, unit in self.controls["known"].options]
        self.controls["known"].value = self.unit if self.unit in offered and not self.layer else NO_CELL

    def _show_known(self, change: t.Bunch) -> None:
        chosen = self.unit if not self.layer else NO_CELL
        if change["new"] not in (NO_CELL, chosen, None):
            self.layer, self.unit, self.shown = 0, change["new"], "memory"

    def _freeze_as_chosen(self) -> None:
        gate, value, where = (self.controls[name].value for name in ("gate", "value", "where"))
        self.freeze(gate, value, self.layer, self.unit if where == "this unit" else None)

    def _say_what_is_frozen(self, _change: t.Bunch | None = None) -> None:
        what = "; ".join(map(str, self.freezes))
        options = self.controls["shown"].options
        without = len(options) == 1 and options[0][-1] == "memory"  # a model was loaded, and it has no gate
        nothing = f"The {self.architecture} has no gate to freeze." if without else "No gate is frozen."
        self.controls["frozen"].value = f"Frozen: {what}." if what else nothing

    def _choose_last(self, _change: t.Bunch) -> None:
        self.strip.selected = -1

    def _follow_strip(self, change: t.Bunch) -> None:
        """Show what comes after the chosen character, and move the heat map's cursor there."""
        if change["new"] >= 0:
            self.heat.cursor = [0, self.heat.cursor[1], change["new"]]
        self._on_state(change)

    def _follow_heat_map(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, a shorter text moves the cursor, not the student
            self.strip.selected = change["new"][2]
