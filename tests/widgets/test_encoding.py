"""The panel of the sinusoidal table, without a browser."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.positions.sinusoidal import sinusoidal
from widgets.explorers.encoding import Encoding


def test_it_shows_the_table_a_wave_and_the_dot_products() -> None:
    panel = Encoding(length=30, pairs=5, base=100.0, position=7, dimension=3)
    table = sinusoidal(30, 10, 100.0)
    np.testing.assert_array_equal(panel.heat.values[0, 0], table.numpy())
    assert np.allclose(panel.wave.line(0), table[:, 3]) and np.allclose(panel.wave.line(1), table[:, 2])
    likeness = panel.likeness.line(0)
    assert np.allclose(likeness, table @ table[7] / 5) and likeness.argmax() == 7
    assert np.isclose(likeness[7], 1.0)


def test_the_wave_is_told_in_words() -> None:
    panel = Encoding(length=64, pairs=32, dimension=0)
    assert panel.wave.summary == "Dimension 0 begins again after 6.28 positions: it turns 10.2 times."
    panel.dimension = 63
    assert "less than one turn of it is on view" in panel.wave.summary


def test_the_cursor_chooses_position_and_dimension_and_they_move_the_cursor() -> None:
    panel = Encoding()
    answers = []
    panel.status.observe(lambda change: answers.append(change["new"]), "busy")
    panel.heat.cursor = [0, 3, 5]
    assert (panel.position, panel.dimension) == (3, 5) and answers == [True, False], "answered once"
    panel.position = 11
    assert panel.heat.cursor == [0, 11, 5]


def test_the_sliders_end_where_the_table_does() -> None:
    panel = Encoding(position=50, dimension=100, length=200, pairs=60)
    assert (panel.position, panel.dimension) == (50, 100), "whatever is named first"
    assert (panel.controls["position"].max, panel.controls["dimension"].max) == (199, 119)
    panel.length, panel.pairs = 10, 4
    assert (panel.position, panel.dimension) == (9, 7) and panel.heat.cursor == [0, 9, 7]
    assert [panel.controls[name].max for name in ("position", "dimension")] == [9, 7]
    assert [panel.controls[name].value for name in ("position", "dimension")] == [9, 7]
    panel.position, panel.dimension = 200, 200
    assert (panel.position, panel.dimension) == (9, 7) and panel.status.message == ""
    panel.length, panel.pairs = 64, 32
    assert [panel.controls[name].max for name in ("position", "dimension")] == [63, 63]


def test_the_neighbour_of_the_last_position_is_the_one_before() -> None:
    panel = Encoding(length=30, pairs=8, position=28)
    said = panel.likeness.summary.replace("28", "29")
    panel.position = 29
    assert panel.likeness.summary == said, "alike is who is as far apart"
    assert "its neighbour comes to 0." in said


def test_the_smallest_table_and_an_unknown_base() -> None:
    panel = Encoding(length=2, pairs=1, position=1)
    assert panel.status.message == "" and panel.heat.shape == [1, 1, 2, 2]
    with pytest.raises(t.TraitError, match="base must be one of 10, 100, 1000, 10000, 100000, not 7"):
        panel.base = 7
    assert torch.equal(torch.from_numpy(panel.heat.values[0, 0].copy()), sinusoidal(2, 2))
