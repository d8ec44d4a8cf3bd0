"""Instruments without a browser: what they send, what they refuse, and that text stays text."""

import gzip
import json

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from widgets import Bars, Chart, HeatMap, TokenStrip
from widgets.instruments.chart import log_axis
from widgets.instruments.text import LONGEST, visible

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "'\"`${1}",
    "a\u2028b",
    "\u202eabc",
    "x" * 10_000,
    "$x$",
    "",
    "🤷🏽‍♀️",
]


def test_a_heat_map_sends_binary_numbers() -> None:
    values = torch.randn(2, 3, 5)
    heat = HeatMap().show(values, row_labels="abc", column_labels=range(5), panel_titles=["one", "two"])
    assert heat.shape == [1, 2, 3, 5]
    assert isinstance(heat.data, bytes) and len(heat.data) == 4 * 30
    np.testing.assert_array_equal(heat.values[0], values.numpy())
    assert heat.column_labels == ["0", "1", "2", "3", "4"]
    state, _, buffers = _split(heat)
    assert len(buffers) == 1 and "data" not in json.dumps(state)


def _split(widget):
    from ipywidgets.widgets.widget import _remove_buffers

    state = {k: v for k, v in widget.get_state().items() if k in ("data", "shape", "figure")}
    state, paths, buffers = _remove_buffers(state)
    return state, paths, buffers


def test_a_heat_map_takes_frames_and_bytes() -> None:
    heat = HeatMap().show(torch.zeros(4, 1, 2, 3), frame=3)
    assert (heat.shape, heat.frame) == ([4, 1, 2, 3], 3)
    quarter = HeatMap().show(np.full((2, 2), 64, np.uint8), low=0.0, high=1.0)
    assert (quarter.dtype, len(quarter.data)) == ("uint8", 4)


def test_a_tensor_with_a_gradient_and_nan_is_shown() -> None:
    values = torch.tensor([[1.0, float("nan")], [float("inf"), -2.0]], requires_grad=True)
    heat = HeatMap().show(values)
    assert np.isnan(heat.values[0, 0, 0, 1])
    assert (heat.low, heat.high) == (-2.0, 1.0)
    only_nan = HeatMap().show(torch.full((2, 2), float("nan")))
    assert only_nan.low < only_nan.high


def test_every_kind_of_tensor_is_shown_and_an_empty_view_has_no_values() -> None:
    ones = [torch.ones(2, 2, dtype=d) for d in (torch.bfloat16, torch.float16, torch.float64, torch.int64, torch.bool)]
    assert all((HeatMap().show(values).values == 1).all() for values in ones)
    assert Bars().values.size == 0
    assert Chart(go.Figure(go.Scatter(y=[]))).line(0).size == 0


def test_a_diverging_scale_has_zero_in_the_middle() -> None:
    heat = HeatMap(palette="diverging").show([[-1.0, 3.0]])
    assert (heat.low, heat.high) == (-3.0, 3.0)
    assert HeatMap().show([[2.0, 2.0]]).high > 2.0, "a scale of one value has a width all the same"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: HeatMap().show(torch.zeros(2, 3), row_labels="abc"),
            r"2 rows got 3 labels.*exactly 2, or none",
        ),
        (lambda: HeatMap().show(torch.zeros(2, 3), column_labels="ab"), "3 columns got 2 labels"),
        (lambda: HeatMap().show(torch.zeros(1, 2, 3, 4, 5)), r"between 1 and 4 axes.*got 5"),
        (lambda: HeatMap().show(torch.tensor(1.0)), "between 1 and 4 axes"),
        (lambda: HeatMap().show([["a", "b"]]), "needs numbers"),
        (
            lambda: HeatMap().show(torch.zeros(3000, 3000)),
            "at most 8,000,000 numbers at once, and got 9,000,000",
        ),
        (lambda: HeatMap().show(torch.zeros(2, 2), frame=1), "Frame 1 does not exist: there are 1"),
        (lambda: HeatMap().show(torch.zeros(2, 2), low=0.0, high=float("nan")), "two finite ends"),
        (lambda: HeatMap().show(torch.zeros(1, 5000)), "at most 4096 rows and columns, and got 1 and 5000"),
        (lambda: TokenStrip().show(["a"], [1.0], frame=9), "Frame 9 does not exist"),
        (lambda: TokenStrip().show(["a", "b"], [1.0]), "got 2 labels. Give exactly 1."),
        (lambda: TokenStrip().show([], [1.0]), "got 0 labels"),
        (lambda: Bars().show(["a"], [1.0, 2.0]), "got 1 labels. Give exactly 2."),
        (lambda: Bars().show(["a"], [[1.0], [2.0]], series=["one"]), "2 series got 1 labels"),
        (lambda: Bars().show(["a"] * 201, [0.0] * 201), "at most 200 numbers, and got 201"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(call, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_leaves_the_last_picture() -> None:
    heat = HeatMap().show([[1.0, 2.0]])
    before = heat.get_state(["data", "shape", "low", "high", "row_labels"])
    with pytest.raises(ValueError, match="labels"):
        heat.show(torch.zeros(3, 3), row_labels="ab")
    assert heat.get_state(["data", "shape", "low", "high", "row_labels"]) == before


def test_the_cursor_stays_inside_a_smaller_picture() -> None:
    heat = HeatMap().show(torch.zeros(5, 5))
    heat.cursor = [0, 4, 4]
    heat.show(torch.zeros(2, 3))
    assert heat.cursor == [0, 1, 2]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_short_and_visible(text: str) -> None:
    shown = visible(text)
    assert 0 < len(shown) <= LONGEST + 5
    assert not set(shown) & set("\u2028\u2029\u202e\x00\n")
    assert TokenStrip().show([text], [1.0]).tokens == [shown]


def test_how_characters_are_made_visible() -> None:
    assert [visible(c) for c in (" ", "\n", "\t", "\u202e", "a\u200bb")] == [
        "␣",
        "⏎",
        "⇥",
        "U+202E",
        "aU+200Bb",
    ]
    assert visible("👩‍👩‍👧") == "👩‍👩‍👧"
    assert visible("x" * 10_000) == "x" * 59 + "…"
    assert Chart(go.Figure(go.Bar(x=["\u202ea", "b"], y=[1, 2]))).figure["data"][0]["x"] == ["U+202Ea", "b"]


def test_bars_have_their_zero_on_the_scale() -> None:
    bars = Bars().show(["a", "b"], [0.5, 0.25])
    assert bars.low == 0.0
    assert Bars().show(["a", "b"], [-2.0, 1.0]).low == -2.0
    np.testing.assert_allclose(Bars().show(["a"], [[1.0], [2.0]], series=["x", "y"]).values, [[1.0], [2.0]])


def test_a_chart_sends_buffers_and_gives_its_lines_back() -> None:
    figure = go.Figure()
    figure.add_scatter(x=[0, 1, 2], y=np.array([1.0, np.nan, 1e-300]), name="n")
    figure.add_heatmap(z=[[1.0, 2.0], [3.0, 4.0]])
    chart = Chart(figure)
    np.testing.assert_array_equal(chart.line(0), [1.0, np.nan, 1e-300])
    np.testing.assert_array_equal(chart.line(0, "x"), [0, 1, 2])
    state, _, buffers = _split(chart)
    assert len(buffers) == 4, "x, y and the two rows of z"
    assert "1e-300" not in json.dumps(state)
    assert "template" not in chart.figure["layout"], "plotly's own colours would be sent with every picture"


def test_a_log_axis_counts_in_powers_of_ten() -> None:
    assert log_axis([1.0, 1e-4]) == {"type": "log", "dtick": 1}
    assert log_axis([1.0], torch.tensor([1e-60, 0.0, float("nan")], dtype=torch.float64)) == {
        "type": "log",
        "dtick": 10,
    }
    assert log_axis([1.0, 2.0]) == log_axis([]) == log_axis() == {"type": "log"}, "plotly divides a single decade"


def test_plotly_is_sent_once_it_is_asked_for_and_is_no_state() -> None:
    chart = Chart(go.Figure())
    assert sum(len(v) for v in chart.get_state().values() if isinstance(v, (str, bytes))) < 60_000
    sent = []
    chart.send = lambda content, buffers=None: sent.append((content, buffers))
    chart._on_message(chart, {"need": "plotly"}, [])
    chart._on_message(chart, {"something": "else"}, [])
    ((content, (packed,)),) = sent
    assert content == {"plotly": True}
    assert b"plotly.js v" in gzip.decompress(packed)[:200]


def test_the_fallback_text_is_a_sentence() -> None:
    assert HeatMap()._repr_mimebundle_()[0]["text/plain"] == "HeatMap: run this cell in JupyterLab to see it."
