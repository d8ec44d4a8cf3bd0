"""The panel of the papers' tables: set a trait, read the chart."""

import numpy as np
import pytest
import traitlets as t

from lessons.bert.variants import COMPARISONS, SIZES, parameters
from widgets.explorers.variants import ALL, Variants, lowest, sizes, variants_figure

DEFAULTS = {"comparison": "masking", "from_zero": True}


@pytest.mark.parametrize("from_zero", [True, False])
@pytest.mark.parametrize("key", ALL)
def test_the_chart_holds_the_table_and_its_source(key: str, from_zero: bool) -> None:
    panel, table = Variants(comparison=key, from_zero=from_zero), ALL[key]
    traces = panel.chart.figure["data"]
    assert [trace["name"] for trace in traces] == list(table.rows)
    for at, row in enumerate(table.rows.values()):
        np.testing.assert_array_equal(panel.chart.line(at), row)
        assert traces[at]["x"] == list(table.measures)
    assert panel.chart.summary == table.reading
    assert panel.status.message == f"Source: {table.source}" and panel.status.kind == "note"
    assert table.unit in panel.chart.figure["layout"]["yaxis"]["title"]["text"]


@pytest.mark.parametrize("key", ALL)
def test_an_axis_that_is_cut_says_so_and_holds_no_bars(key: str) -> None:
    table = ALL[key]
    whole, cut = variants_figure(table, from_zero=True), variants_figure(table, from_zero=False)
    assert {trace.type for trace in whole.data} == {"bar"} and whole.layout.yaxis.rangemode == "tozero"
    assert whole.layout.yaxis.range is None and "axis" not in whole.layout.yaxis.title.text
    assert {trace.type for trace in cut.data} == {"scatter"} and cut.layout.scattermode == "group"
    low, high = cut.layout.yaxis.range
    values = [value for row in table.rows.values() for value in row]
    assert low <= min(values) and max(values) < high
    assert cut.layout.yaxis.title.text == f"{table.unit}; axis from {low:g}"


def test_sizes_and_speeds_always_begin_at_zero() -> None:
    for key in ("sizes", "speed"):
        panel = Variants(comparison=key, from_zero=False)
        assert {trace["type"] for trace in panel.chart.figure["data"]} == {"bar"}
    panel.comparison = "masking"
    assert {trace["type"] for trace in panel.chart.figure["data"]} == {"scatter"}


def test_the_sizes_are_counted_and_not_copied() -> None:
    counted = sizes().rows["counted here"]
    assert counted == tuple(round(parameters(size) / 1e6, 1) for size in SIZES.values())
    assert counted == (109.5, 335.1, 11.7, 17.7, 58.7, 222.6)
    assert set(ALL) - set(COMPARISONS) == {"sizes"}


def test_models_differ_without_colour() -> None:
    for key, table in ALL.items():
        whole, cut = variants_figure(table, from_zero=True), variants_figure(table, from_zero=False)
        patterns = {trace.marker.pattern.shape for trace in whole.data}
        symbols = {trace.marker.symbol for trace in cut.data}
        assert len(patterns) == len(symbols) == len(table.rows), key


def test_every_control_moves_its_state_and_back() -> None:
    panel, other = Variants(), Variants()
    assert {name: getattr(panel, name) for name in panel.state()} == DEFAULTS and set(panel.controls) == set(DEFAULTS)
    assert [key for _, key in panel.controls["comparison"].options] == list(ALL)
    for name, changed in {"comparison": "position", "from_zero": False}.items():
        control = panel.controls[name]
        control.value = changed
        assert getattr(panel, name) == changed != getattr(other, name)
        setattr(panel, name, DEFAULTS[name])
        assert control.value == DEFAULTS[name]
    with pytest.raises(t.TraitError):
        Variants(comparison="gpt")


def test_a_cut_axis_begins_below_the_lowest_value() -> None:
    assert lowest(COMPARISONS["masking"]) == 75 and lowest(COMPARISONS["sharing"]) == 65
