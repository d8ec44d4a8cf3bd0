"""Lesson 04: the sinusoidal table, one of its waves, and how alike two positions are."""

import plotly.graph_objects as go
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.checks.wording import number
from lessons.positions.sinusoidal import sinusoidal, wavelengths
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.chart import Chart
from widgets.instruments.heat_map import HeatMap

BASES = (10.0, 100.0, 1000.0, 10_000.0, 100_000.0)


def wave_figure(table: Float[Tensor, "time d_model"], dimension: int, position: int) -> go.Figure:
    """Return one dimension by position, with the other one of its wave and a mark at the chosen position."""
    partner = dimension + 1 if dimension % 2 == 0 else dimension - 1
    figure = go.Figure()
    for which, dash in ((dimension, "solid"), (partner, "dash")):
        kind = "sine" if which % 2 == 0 else "cosine"
        line = {"dash": dash, "width": 2.5}
        figure.add_scatter(y=table[:, which].numpy(), name=f"dimension {which}: {kind}", mode="lines", line=line)
    figure.add_scatter(
        x=[position], y=[table[position, dimension].item()], name=f"position {position}", mode="markers",
        marker={"size": 11, "symbol": "diamond"},
    )  # fmt: skip
    figure.update_layout(
        xaxis_title="position", yaxis_title="value", yaxis_range=[-1.1, 1.1], xaxis_range=[0, len(table) - 1]
    )
    return figure


def likeness_figure(table: Float[Tensor, "time d_model"], position: int) -> go.Figure:
    """Return the dot product of the chosen position with every position, as a part of its largest value."""
    likeness = table @ table[position] / (table.shape[1] / 2)  # [time]
    figure = go.Figure()
    figure.add_scatter(y=likeness.numpy(), name="likeness", mode="lines", line={"width": 2.5})
    figure.add_scatter(
        x=[position], y=[1.0], name=f"position {position}", mode="markers", marker={"size": 11, "symbol": "diamond"}
    )
    figure.update_layout(
        xaxis_title="position", yaxis_title="likeness", yaxis_range=[-1.1, 1.1],
        xaxis_range=[0, len(table) - 1],
    )  # fmt: skip
    return figure


class Encoding(Explorer):
    """Choose the sizes of the table, a position and a dimension, and see where the waves come from."""

    name = "Sinusoidal positions"
    length = t.Int(64, min=2, max=256).tag(state=True)
    pairs = t.Int(32, min=1, max=128).tag(state=True)
    """Waves; the vectors have twice as many dimensions."""
    base = t.Float(10_000.0).tag(state=True)
    position = t.Int(20, min=0, max=255).tag(state=True)
    dimension = t.Int(8, min=0, max=255).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.heat = HeatMap(
            title="The table: one row for each position", square=False, palette="diverging", row_axis="position",
            column_axis="dimension",
        )  # fmt: skip
        self.wave = Chart(title="One wave", height=250)
        self.likeness = Chart(title="Dot product with the chosen position, largest = 1", height=250)
        self.wave.layout = {"width": "auto", "flex": "1 1 380px"}
        self.likeness.layout = {"width": "auto", "flex": "1 1 380px"}
        parts = {
            "length": controls.slider("Positions", self.length, 2, 256, 1),
            "pairs": controls.slider("Waves (half of d_model)", self.pairs, 1, 128, 1),
            "base": controls.steps("Base", [(f"{base:,.0f}", base) for base in BASES], self.base),
            "position": controls.slider("Chosen position", self.position, 0, self.last("position"), 1),
            "dimension": controls.slider("Chosen dimension", self.dimension, 0, self.last("dimension"), 1),
        }
        size = {name: state.pop(name) for name in ("length", "pairs") if name in state}  # first: the choice lies within
        super().__init__(parts, [self.heat, self.wave, self.likeness], **size, **state)
        self.heat.observe(self._follow_cursor, "cursor")

    @t.validate("base")
    def _among_the_bases(self, proposal: t.Bunch) -> int:
        if proposal.value not in BASES:
            raise t.TraitError(
                f"base must be one of {', '.join(f'{base:.0f}' for base in BASES)}, not {proposal.value:g}."
            )
        return proposal.value

    def last(self, name: str) -> int:
        """Return the last ``"position"`` or ``"dimension"`` of the table."""
        return (self.length if name == "position" else 2 * self.pairs) - 1

    @t.validate("position", "dimension")
    def _within_the_table(self, proposal: t.Bunch) -> int:
        return min(proposal.value, self.last(proposal.trait.name))

    @t.observe("length", "pairs")
    def _fit(self, _change: t.Bunch) -> None:
        """Let the sliders end where the table does; what was chosen beyond its end becomes the last."""
        for name in ("position", "dimension"):
            setattr(self, name, min(getattr(self, name), self.last(name)))
            self.controls[name].max = self.last(name)

    def update(self) -> dict[str, dict]:
        """Show the table, the chosen wave, and the dot products with the chosen position."""
        d_model = 2 * self.pairs
        table = sinusoidal(self.length, d_model, self.base)
        position, dimension = self.position, self.dimension
        turn = wavelengths(d_model, self.base)[dimension // 2].item()
        seen = (
            "less than one turn of it is on view" if turn > self.length else f"it turns {self.length / turn:.1f} times"
        )
        wave = f"Dimension {dimension} begins again after {number(turn)} positions: {seen}."
        beside = position + 1 if position < self.last("position") else position - 1
        near = (table[beside] @ table[position]).item() / self.pairs
        like = f"Position {position} is most like itself, and its neighbour comes to {near:.2f} of that."
        return {
            "heat": dict(values=table, low=-1.0, high=1.0),
            "wave": dict(figure=wave_figure(table, dimension, position), summary=wave),
            "likeness": dict(figure=likeness_figure(table, position), summary=like),
        }

    def link_cursors(self) -> None:
        """Put the heat map's cursor on the chosen position and dimension."""
        self.heat.cursor = [0, self.position, self.dimension]

    def _follow_cursor(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, a smaller table moves the cursor, not the student
            with self.together():
                _, self.position, self.dimension = change["new"]
