"""Scores with and without the root: set a trait, read the charts."""

import math

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.attention.scaling import SIZES, dot_products, saturation
from lessons.checks.wording import number
from widgets.explorers import scaling as module
from widgets.explorers.scaling import KEYS, WITH, WITHOUT, Scaling

DEFAULTS = {"d_head": 64, "sample": 0}


@pytest.mark.parametrize("state", [{}, {"d_head": 1}, {"d_head": 512, "sample": 9}])
def test_the_bars_are_one_row_of_the_softmax_both_ways(state: dict) -> None:
    panel = Scaling(**state)
    scores = dot_products(panel.d_head, keys=KEYS)[panel.sample]
    divided = scores / math.sqrt(panel.d_head)
    for trace, row in enumerate((scores.softmax(dim=-1), divided.softmax(dim=-1))):
        np.testing.assert_allclose(panel.row.line(trace), row.numpy(), rtol=1e-12)
        assert f"{row.max():.2f}" in panel.row.summary
    assert [bar["name"] for bar in panel.row.figure["data"]] == [WITHOUT, WITH]
    assert panel.row.figure["layout"]["yaxis"]["title"]["text"] == "weight" and panel.status.message == ""


def test_the_lines_are_the_measures_of_the_lesson() -> None:
    panel = Scaling(d_head=128)
    for at, d in enumerate(SIZES):
        before = saturation(dot_products(d, keys=KEYS))
        after = saturation(dot_products(d, keys=KEYS) / math.sqrt(d))
        spread = [panel.spread.line(trace)[at] for trace in range(3)]
        gradient = [panel.gradient.line(trace)[at] for trace in range(3)]
        assert spread == pytest.approx([before.deviation, after.deviation, math.sqrt(d)])
        assert gradient == pytest.approx([before.typical_gradient, after.typical_gradient, before.gradient])
        if d == 128:
            assert panel.spread.line(3) == pytest.approx(spread) and panel.gradient.line(3) == pytest.approx(gradient)
            assert set(panel.spread.line(3, "x")) == set(panel.gradient.line(3, "x")) == {128.0}
            assert f"At d_head = 128 the standard deviation of the scores is {number(before.deviation)} without" in (
                panel.spread.summary
            )
            assert f"{number(before.typical_gradient)} without the root" in panel.gradient.summary
            assert f"{before.largest:.2f} and {after.largest:.2f}." in panel.row.summary


def test_the_lines_differ_without_colour_and_the_axes_are_logarithmic() -> None:
    panel = Scaling()
    for chart in (panel.spread, panel.gradient):
        lines = [trace for trace in chart.figure["data"] if trace["mode"] == "lines"]
        assert len({line["line"]["dash"] for line in lines}) == len(lines) == 3
        assert {chart.figure["layout"][axis]["type"] for axis in ("xaxis", "yaxis")} == {"log"}
        assert chart.figure["layout"]["xaxis"]["title"]["text"] == "d_head"


def test_a_longer_vector_saturates_the_softmax_only_without_the_root() -> None:
    panel = Scaling(d_head=1)
    np.testing.assert_array_equal(panel.row.line(0), panel.row.line(1))
    panel.d_head = 512
    largest = []
    for sample in range(10):
        panel.sample = sample
        largest.append([panel.row.line(trace).max() for trace in range(2)])
    without, divided = np.mean(largest, axis=0)
    assert without > 0.8 and divided < 0.5


def test_every_control_moves_its_state_and_back() -> None:
    panel, other = Scaling(), Scaling()
    assert {name: getattr(panel, name) for name in panel.state()} == DEFAULTS and set(panel.controls) == set(DEFAULTS)
    for name, other_value in {"d_head": 512, "sample": 9}.items():
        control = panel.controls[name]
        control.value = other_value
        assert getattr(panel, name) == other_value != getattr(other, name)
        setattr(panel, name, DEFAULTS[name])
        assert control.value == DEFAULTS[name]
    for wrong in ({"d_head": 0}, {"d_head": 100}, {"sample": 10}):
        with pytest.raises(t.TraitError):
            Scaling(**wrong)


def test_update_is_a_pure_function_of_the_state() -> None:
    panel = Scaling(d_head=8)
    before = torch.get_rng_state()
    assert str(panel.update()) == str(panel.update())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_move_of_the_slider_measures_nothing_again() -> None:
    module.measured.cache_clear()
    panel = Scaling()
    assert module.measured.cache_info().misses == 2 * len(SIZES)
    panel.d_head, panel.sample = 512, 5
    assert module.measured.cache_info().misses == 2 * len(SIZES)
