"""The chart of emergent abilities, without a browser."""

import math

import numpy as np
import pytest

from lessons.reasoning.emergence import ABILITIES
from widgets.explorers.emergence import RANGES, SCALES, Emergence, chosen, emergence_figure, short


@pytest.mark.parametrize("scale", SCALES)
def test_every_row_of_the_table_is_a_point_of_its_family(scale: str) -> None:
    panel = Emergence(scale=scale)
    points = {}
    for i, trace in enumerate(panel.chart.figure["data"]):
        for x, task in zip(panel.chart.line(i, "x"), trace["y"], strict=True):
            points[task] = (trace["name"], x)
    assert points == {ability.task: (ability.model, getattr(ability, scale)) for ability in ABILITIES}
    assert all(10 ** RANGES[scale][0] < x < 10 ** RANGES[scale][1] for _, x in points.values())
    assert panel.chart.figure["layout"]["xaxis"]["type"] == "log"
    assert panel.chart.figure["layout"]["xaxis"]["title"]["text"] == SCALES[scale]


def test_the_smallest_comes_first_and_names_its_model() -> None:
    figure = emergence_figure()
    sizes = [ability.flops for ability in chosen("flops", "all")]
    assert sizes == sorted(sizes)
    assert list(figure.layout.yaxis.categoryarray)[0] == "scratchpad: adding 8 digits (fine-tuned)"
    lamda = next(trace for trace in figure.data if trace.name == "LaMDA")
    assert lamda.text[0] == " LaMDA, 40M" and " LaMDA, 68B" in lamda.text


def test_families_are_told_apart_by_more_than_colour() -> None:
    figure = emergence_figure()
    symbols = [trace.marker.symbol for trace in figure.data]
    assert len(set(symbols)) == len(symbols) == len({ability.model for ability in ABILITIES})


def test_a_sort_of_prompting_keeps_its_rows_and_the_colours() -> None:
    panel = Emergence()
    names, height = [trace["name"] for trace in panel.chart.figure["data"]], panel.chart.height
    panel.sort = "few-shot"
    assert sum(len(trace["y"]) for trace in panel.chart.figure["data"]) == 9
    assert [trace["name"] for trace in panel.chart.figure["data"]] == names, "no family takes another's colour"
    assert panel.chart.height < height and panel.chart.summary.startswith("9 abilities, from toxic comments")
    panel.sort = "augmented"
    assert panel.chart.summary.startswith("13 abilities, from scratchpad")
    assert "Wei et al. 2022" in panel.status.message and panel.status.kind == "note"


def test_names_have_room_to_the_right_of_the_last_point() -> None:
    for scale, (low, high) in RANGES.items():
        last = max(getattr(ability, scale) for ability in ABILITIES)
        assert (high - math.log10(last)) / (high - low) > 0.2


@pytest.mark.parametrize(("parameters", "said"), [(175e9, "175B"), (7.1e9, "7.1B"), (40e6, "40M")])
def test_parameters_are_written_as_papers_do(parameters: float, said: str) -> None:
    assert short(parameters) == said


def test_update_is_a_pure_function_of_the_state() -> None:
    panel = Emergence()
    assert str(panel.update()) == str(panel.update())
    np.testing.assert_array_equal(panel.chart.line(0, "x"), panel.chart.line(0, "x"))
