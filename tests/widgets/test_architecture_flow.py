"""The gradient flow of four architectures: set a trait, read the chart."""

import statistics
import time

import numpy as np
import pytest
import torch

from lessons.checks.wording import number
from lessons.recurrent.architecture_flow import architecture_flow
from lessons.recurrent.architectures import ARCHITECTURES, TITLES
from widgets.explorers import architecture_flow as module
from widgets.explorers.architecture_flow import FLOOR, ArchitectureFlow, sizes

DEFAULTS = {"keep_bias": 0.0, "steps": 100, "seed": 0}


@pytest.mark.parametrize("state", [{}, {"keep_bias": 5.0}, {"steps": 10}, {"keep_bias": 6.0, "seed": 9}])
def test_the_lines_are_those_of_the_lesson(state: dict) -> None:
    panel = ArchitectureFlow(**state)
    assert panel.status.message == ""
    for i, architecture in enumerate(ARCHITECTURES):
        logs = architecture_flow(architecture, **({"steps": 100} | state))
        np.testing.assert_allclose(panel.chart.line(i), 10 ** logs.flip(0).numpy(), rtol=1e-12)
        assert len(panel.chart.line(i)) == panel.steps and panel.chart.line(i)[0] == 1
        assert f"{TITLES[architecture]} {number(panel.chart.line(i)[-1])}" in panel.chart.summary
    assert (
        f"{panel.steps - 1} steps back" in panel.chart.summary and f"Bias {panel.keep_bias:g}." in panel.chart.summary
    )


def test_the_lines_differ_without_colour_and_the_axis_is_logarithmic() -> None:
    figure = ArchitectureFlow().chart.figure
    assert len({line["line"]["dash"] for line in figure["data"]}) == len(figure["data"]) == 4
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert figure["layout"]["xaxis"]["title"]["text"] == "steps back"


def test_a_bias_opens_the_gated_ones_and_not_the_rnn() -> None:
    panel = ArchitectureFlow()
    before = [panel.chart.line(i)[-1] for i in range(4)]
    panel.keep_bias = 5.0
    after = [panel.chart.line(i)[-1] for i in range(4)]
    assert before[0] == after[0] < 1e-20
    assert all(low < 1e-10 and high > 0.1 for low, high in zip(before[1:], after[1:], strict=True))


def test_what_is_too_small_to_draw_stays_on_the_floor() -> None:
    logs = torch.tensor([float("-inf"), -320.0, -5.0, 0.0], dtype=torch.float64)
    np.testing.assert_allclose(sizes(logs), [1.0, 1e-5, FLOOR, FLOOR])


def test_every_control_moves_its_state_and_back() -> None:
    panel, other = ArchitectureFlow(), ArchitectureFlow()
    assert {name: getattr(panel, name) for name in panel.state()} == DEFAULTS and set(panel.controls) == set(DEFAULTS)
    for name, other_value in {"keep_bias": 6.0, "steps": 10, "seed": 9}.items():
        control = panel.controls[name]
        control.value = other_value
        assert getattr(panel, name) == other_value != getattr(other, name)
        setattr(panel, name, DEFAULTS[name])
        assert control.value == DEFAULTS[name]
    assert (panel.controls["keep_bias"].min, panel.controls["keep_bias"].max) == (0.0, 6.0)
    assert panel.controls["keep_bias"].step == 0.5


def test_update_is_a_pure_function_of_the_state() -> None:
    panel = ArchitectureFlow()
    assert str(panel.update()) == str(panel.update())


def test_a_new_bias_computes_three_networks_and_a_known_one_none(monkeypatch) -> None:
    module.flow_of.cache_clear()
    panel = ArchitectureFlow()
    assert module.flow_of.cache_info().misses == 4
    panel.keep_bias = 3.0
    assert module.flow_of.cache_info().misses == 7
    panel.keep_bias = 0.0
    assert module.flow_of.cache_info().misses == 7


def test_a_new_bias_is_answered_while_the_slider_moves() -> None:
    """Some 35 ms on a quiet machine, 60 on a busy one; the ceiling is for the noise of shared machines."""
    panel = ArchitectureFlow(seed=7)
    times = []
    for step in range(1, 8):
        start = time.perf_counter()
        panel.keep_bias = step / 2
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.3
