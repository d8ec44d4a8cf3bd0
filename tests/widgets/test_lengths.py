"""The panel of the length table, without a browser, on small models that were never trained."""

import numpy as np
import pytest

from lessons.core.seed import seeded
from lessons.positions.encodings import ENCODINGS, TITLES
from lessons.positions.length import loss_by_position
from lessons.positions.model import PositionedConfig, PositionedModel
from lessons.text.characters import Characters
from lessons.text.tale import TALE
from widgets.explorers.lengths import LONGEST, WINDOWS, Lengths

CONTEXT = 8
SYMBOLS = Characters.of(TALE, 1).symbols
TEXT = TALE[:400]


def model(encoding: str) -> PositionedModel:
    with seeded(ENCODINGS.index(encoding)):
        return PositionedModel(PositionedConfig(SYMBOLS, encoding, 12, 1, 2, 10, CONTEXT))


@pytest.fixture(scope="module")
def models() -> dict[str, PositionedModel]:
    return {encoding: model(encoding) for encoding in ENCODINGS}


@pytest.fixture
def panel(models) -> Lengths:
    return Lengths({name: lambda name=name: models[name] for name in ENCODINGS}, text=TEXT)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_line_is_the_mean_loss_of_each_stretch(panel: Lengths, models, encoding: str) -> None:
    at = ENCODINGS.index(encoding)
    loss = loss_by_position(models[encoding], TEXT, WINDOWS)
    np.testing.assert_allclose(panel.chart.line(at), loss.view(-1, 2).mean(dim=1), rtol=1e-5)
    np.testing.assert_allclose(panel.chart.line(at, "x")[:3], [1.5, 3.5, 5.5])
    assert panel.chart.figure["data"][at]["name"] == TITLES[encoding]
    assert len(panel.chart.line(at)) == (4 if encoding == "learned" else 16)


def test_a_mark_stands_where_the_length_of_training_ends(panel: Lengths) -> None:
    assert panel.chart.line(6, "x").tolist() == [CONTEXT, CONTEXT]
    assert panel.chart.figure["data"][6]["name"] == "length of training: 8"


def test_the_bars_compare_the_window_with_that_of_training(panel: Lengths, models) -> None:
    asked = [name for name in ENCODINGS if name != "learned"]
    assert panel.bars.labels == [TITLES[name] for name in asked]
    assert panel.bars.series == ["8 characters", "32 characters"]
    losses = [loss_by_position(models[name], TEXT, WINDOWS) for name in asked]
    expected = [[loss[:8].mean() for loss in losses], [loss.mean() for loss in losses]]
    np.testing.assert_allclose(panel.bars.values, expected, rtol=1e-5)
    panel.times = 2
    assert panel.bars.series[1] == "16 characters"
    np.testing.assert_allclose(panel.bars.values[1], [loss[:16].mean() for loss in losses], rtol=1e-5)
    assert len(panel.chart.line(0)) == 8


def test_what_cannot_be_asked_is_said_and_shown_as_far_as_it_goes(panel: Lengths) -> None:
    assert panel.status.message == "The model with learned positions cannot be asked beyond 8."
    panel.times = 1
    assert panel.status.message == ""
    assert len(panel.bars.labels) == 6 and panel.bars.series == ["8 characters"]


def test_a_hidden_line_stays_so_that_the_others_keep_their_colours(panel: Lengths) -> None:
    before = panel.chart.line(4)
    panel.none = panel.learned = False
    assert panel.chart.line(0).size == panel.chart.line(2).size == 0
    np.testing.assert_array_equal(panel.chart.line(4), before)
    assert panel.bars.labels == [TITLES[name] for name in ("sinusoidal", "relative", "rotary", "alibi")]
    assert panel.status.message == ""
    for name in ENCODINGS:
        setattr(panel, name, False)
    assert panel.bars.labels == [] and panel.chart.summary.endswith("no model is chosen.")
    assert panel.status.message == ""


def test_the_models_read_a_text_once(models) -> None:
    asked = []
    panel = Lengths({name: lambda name=name: asked.append(name) or models[name] for name in ENCODINGS}, text=TEXT)
    measured = panel._measured.cache_info().misses
    assert measured == len(asked) == 6
    panel.times, panel.alibi = 1, False
    assert panel._measured.cache_info().misses == 6 and len(asked) == 6, "nothing was computed again"
    panel.text = TALE[:500]
    assert panel._measured.cache_info().misses == 12 and len(asked) == 6, "a new text was read, no model loaded"


def test_a_short_long_and_strange_text(panel: Lengths) -> None:
    before = panel.chart.line(0)
    panel.text = "too short"
    assert panel.status.message == (
        "Your text has 9 characters. It takes 33 or more: a window of 4 times the length of training, 8, and one "
        "character to predict."
    )
    np.testing.assert_array_equal(panel.chart.line(0), before)
    panel.text = "a" * LONGEST
    read = panel.chart.line(0)
    panel.text = "a" * LONGEST + "b" * LONGEST
    assert panel.status.message.startswith("Your text has 10,000 characters. This panel reads the first 5,000.")
    np.testing.assert_array_equal(panel.chart.line(0), read)
    panel.text = "🦊 <b>\u202e" * 10
    assert "The models do not know 🦊, <, >, U+202E: they read □ there." in panel.status.message


def test_a_model_that_cannot_be_had_is_a_sentence() -> None:
    def missing() -> PositionedModel:
        raise OSError("There is no such model.")

    panel = Lengths(dict.fromkeys(ENCODINGS, missing), text=TEXT)
    assert panel.status.message == "There is no such model." and panel.status.kind == "error"
