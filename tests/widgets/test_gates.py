"""The explorer of gates without a browser: set a trait, read the instruments."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons import zoo
from lessons.recurrent.character_model import CharacterConfig, CharacterModel
from lessons.recurrent.reading import Freeze, Reader, read
from lessons.text.characters import Characters
from widgets import TokenStrip
from widgets.explorers.gates import LONGEST, MOST_LIKELY, OPENING, Gates
from widgets.instruments.text import visible_all

SYMBOLS = Characters.of(OPENING).symbols


def model(architecture: str, hidden: int, layers: int = 1) -> CharacterModel:
    torch.manual_seed(3)
    sizes = {"embedding_size": 5, "hidden_size": hidden, "layers": layers}
    built = CharacterModel(CharacterConfig(symbols=SYMBOLS, architecture=architecture, **sizes))
    with torch.no_grad():  # far from 0, so that a difference shows
        for weight in built.parameters():
            weight.mul_(3)
    return built


LSTM = model("lstm", 9)
MODELS = {
    "LSTM": lambda: LSTM,
    "GRU": lambda: model("gru", 6),
    "RNN": lambda: model("rnn", 5),
    "Two layers": lambda: model("lstm", 4, layers=2),
}
KNOWN = {"LSTM": {"quote cell": 7, "line cell": 2}}


@pytest.fixture
def panel() -> Gates:
    return Gates(MODELS, KNOWN)


def test_it_opens_on_a_cell_with_a_meaning(panel: Gates) -> None:
    assert panel.status.message == "" and panel.architecture == "LSTM"
    assert (panel.unit, panel.shown, panel.controls["known"].value) == (7, "memory", 7)
    assert [name for name, _ in panel.controls["known"].options][1:] == ["quote cell (unit 7)", "line cell (unit 2)"]
    assert Gates(MODELS, KNOWN, unit=3).unit == 3


def test_the_strip_is_coloured_by_any_value_of_any_unit(panel: Gates) -> None:
    values = read(LSTM, OPENING).values
    for name, value in values.items():
        panel.shown, panel.unit = name, 4
        np.testing.assert_allclose(panel.strip.values[0], value[0, :, 4], rtol=1e-5)
        assert panel.strip.palette == ("sequential" if name in ("input", "forget", "output") else "diverging")
        if name != "cell":
            assert (panel.strip.low, panel.strip.high) == (0.0 if panel.strip.palette == "sequential" else -1.0, 1.0)
        assert panel.strip.value_axis.startswith(name)
    assert panel.strip.low == -panel.strip.high
    assert "".join(panel.strip.tokens) == OPENING.replace(" ", "␣").replace("\n", "⏎")


def test_the_heat_map_has_everything_of_the_unit_and_the_chart_its_memory(panel: Gates) -> None:
    values = read(LSTM, OPENING).values
    names = ["input", "forget", "output", "candidate", "memory", "hidden"]
    assert [row.split()[0] for row in panel.heat.row_labels] == names
    np.testing.assert_allclose(panel.heat.values[0, 0], torch.stack([values[n][0, :, 7] for n in names]), rtol=1e-5)
    np.testing.assert_allclose(panel.chart.line(0), values["memory"][0, :, 7], rtol=1e-5)
    assert panel.chart.line(0, "x")[0] == 1 and len(panel.chart.figure["data"]) == 1


def test_a_freeze_changes_memory_and_prediction_and_thawing_brings_them_back(panel: Gates) -> None:
    before = panel.strip.data, panel.heat.data, panel.bars.data, panel.chart.summary
    panel.freeze("forget", 0, unit=7)
    frozen = read(LSTM, OPENING, [Freeze("forget", 0.0, unit=7)])
    free = read(LSTM, OPENING)
    np.testing.assert_allclose(panel.strip.values[0], frozen.values["memory"][0, :, 7], rtol=1e-5)
    assert (panel.heat.values[0, 0, 1] == 0).all()
    np.testing.assert_allclose(panel.chart.line(0), free.values["memory"][0, :, 7], rtol=1e-5)
    np.testing.assert_allclose(panel.chart.line(1), frozen.values["memory"][0, :, 7], rtol=1e-5)
    assert panel.chart.figure["data"][1]["line"]["dash"] == "dash"
    assert np.abs(panel.chart.line(0) - panel.chart.line(1)).max() > 0.05
    assert panel.bars.series == ["as trained", "frozen"] and panel.bars.values.shape == (2, MOST_LIKELY)
    assert np.abs(panel.bars.values[0] - panel.bars.values[1]).max() > 1e-4
    assert f"{free.nats:.2f} nats as trained, {frozen.nats:.2f} nats frozen" in panel.chart.summary
    assert panel.controls["frozen"].value == "Frozen: the forget gate of unit 7 (layer 0) at 0."
    panel.thaw()
    assert before == (panel.strip.data, panel.heat.data, panel.bars.data, panel.chart.summary)
    assert len(panel.chart.figure["data"]) == 1
    assert panel.controls["frozen"].value == "No gate is frozen." and panel.bars.series == []


def test_the_buttons_freeze_what_is_chosen(panel: Gates) -> None:
    assert panel.controls["gate"].value == "forget", "the gate that keeps the memory comes first"
    panel.controls["value"].value = 1.0
    panel.controls["freeze"].click()
    panel.controls["gate"].value, panel.controls["where"].value = "input", "all units"
    panel.controls["freeze"].click()
    assert panel.freezes == (Freeze("forget", 1.0, 0, 7), Freeze("input", 1.0, 0, None))
    panel.controls["thaw"].click()
    assert panel.freezes == ()
    panel.architecture = "Two layers"
    panel.layer, panel.unit = 1, 3
    panel.controls["freeze"].click()
    assert panel.freezes == (Freeze("forget", 1.0, 1, None),)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("forget", 1.0, 0, 3), "Frozen already is the forget gate of every unit (layer 0) at 0: thaw it before"),
        (("update", 0.0), "The LSTM has no 'update' gate: choose from input, forget, output."),
        (("input", 2), "A gate can be frozen at a value from 0 (shut) to 1 (open), not at 2."),
        (("input", 0.0, 1), "There is no layer 1: this model has only layer 0."),
        (("input", 0.0, 0, 9), "There is no unit 9: a layer of this model has 9 units, from 0 to 8."),
    ],
)
def test_what_cannot_be_frozen_is_said_and_the_freezes_stay(panel: Gates, arguments: tuple, says: str) -> None:
    panel.freeze("forget", 0.0)
    freezes, picture = panel.freezes, panel.strip.data
    panel.freeze(*arguments)
    assert panel.status.message.startswith(says) and panel.status.kind == "error"
    assert panel.freezes == freezes and panel.strip.data == picture
    panel.thaw()
    assert panel.status.message == ""


def test_a_model_without_gates_says_so(panel: Gates) -> None:
    panel.shown = "forget"
    panel.architecture = "RNN"
    assert panel.status.message == "" and panel.shown == "memory"
    assert panel.controls["frozen"].value == "The RNN has no gate to freeze." and panel.heat.row_labels == ["memory h"]
    assert all(panel.controls[name].disabled for name in ("gate", "value", "where", "freeze", "thaw"))
    panel.freeze("forget", 0.0)
    assert "The RNN has no gate that could be frozen" in panel.status.message
    panel.architecture = "LSTM"
    assert not panel.controls["freeze"].disabled and panel.controls["gate"].value == "forget"


def test_another_model_brings_its_own_controls_and_nothing_frozen(panel: Gates) -> None:
    panel.unit = 8
    panel.freeze("output", 1.0)
    panel.architecture = "GRU"
    assert panel.freezes == () and panel.unit == 5 and panel.controls["unit"].max == 5
    assert [value for _, value in panel.controls["shown"].options] == ["reset", "update", "candidate", "memory"]
    assert panel.controls["gate"].value == "update" and panel.status.message == ""
    assert panel.controls["known"].layout.display == panel.controls["layer"].layout.display == "none"
    panel.architecture = "Two layers"
    assert panel.controls["layer"].layout.display is None and panel.controls["layer"].max == 1
    panel.layer = 1
    values = read(panel.model(), OPENING).values["memory"]
    np.testing.assert_allclose(panel.chart.line(0), values[1, :, panel.unit], rtol=1e-5)
    panel.architecture = "LSTM"
    assert (panel.layer, panel.unit, panel.controls["known"].value) == (0, 7, 7)


@pytest.mark.parametrize(
    ("trait", "value", "says"), [("unit", 9, "no unit 9"), ("unit", -1, "no unit -1"), ("layer", 1, "no layer 1")]
)
def test_a_unit_or_layer_out_of_range_is_said_and_the_picture_stays(panel: Gates, trait, value, says) -> None:
    picture = panel.strip.data
    setattr(panel, trait, value)
    assert says in panel.status.message and panel.strip.data == picture
    setattr(panel, trait, 0)
    assert panel.status.message == ""


@pytest.mark.parametrize("trait", ["architecture", "shown"])
def test_an_unknown_model_or_value_is_refused_with_what_there_is(panel: Gates, trait: str) -> None:
    with pytest.raises(t.TraitError, match=f"{trait} must be one of .*(LSTM|memory).*, not 'nonsense'"):
        setattr(panel, trait, "nonsense")
    assert panel.status.message == "" and getattr(panel, trait) in ("LSTM", "memory")


def test_an_empty_text_is_said_and_the_picture_stays(panel: Gates) -> None:
    panel.text = "a"
    assert "nothing yet that the model could be surprised by" in panel.chart.summary and panel.strip.tokens == ["a"]
    panel.text = ""
    assert "no text to read" in panel.status.message and panel.strip.tokens == ["a"]


def test_a_long_text_is_cut_and_that_is_said(panel: Gates) -> None:
    panel.text = "e" * 5000
    assert len(panel.strip.tokens) == LONGEST and panel.status.kind == "note"
    assert panel.status.message == f"Your text has 5,000 characters. This panel reads the first {LONGEST}."


def test_what_the_model_does_not_know_is_shown_and_replaced(panel: Gates) -> None:
    panel.text = 'fox "☃" 漢\u202e'
    assert "".join(panel.strip.tokens) == "fox␣“□”␣□□" and panel.status.kind == "note"
    assert panel.status.message == "The model does not know ☃, 漢, U+202E: it reads □ there."
    panel.text = "☀☁☂☃☄★" + "e" * 600
    assert "☀, ☁, ☂, ☃, ☄, …: it reads □" in panel.status.message and "606 characters" in panel.status.message
    panel.text = "fox"
    assert panel.status.message == ""


def test_the_bars_follow_the_chosen_character_and_a_new_text_chooses_the_last(panel: Gates) -> None:
    chances = read(LSTM, OPENING).probabilities
    best = chances[-1].topk(MOST_LIKELY)
    np.testing.assert_allclose(panel.bars.values[0], best.values, rtol=1e-5)
    assert panel.bars.labels == visible_all(SYMBOLS[i] for i in best.indices)
    assert panel.bars.title == "What comes after …til␣morning."
    panel.strip.selected = 6
    np.testing.assert_allclose(panel.bars.values[0], chances[6].topk(MOST_LIKELY).values, rtol=1e-5)
    assert panel.bars.title == "What comes after The␣fox" and panel.heat.cursor[2] == 6
    panel.heat.cursor = [0, 2, 9]
    assert panel.strip.selected == 9 and panel.bars.title == "What comes after The␣fox␣kn"
    panel.text = "The miller"
    assert panel.strip.selected == -1 and panel.bars.title == "What comes after The␣miller"
    panel.text = "The"
    assert panel.strip.selected == -1, "a shorter text moves the heat map's cursor, and chooses nothing"


def test_a_known_cell_is_chosen_by_its_name(panel: Gates) -> None:
    panel.shown = "forget"
    panel.unit = 3
    assert panel.controls["known"].value == -1 and panel.shown == "forget"
    panel.unit = 2
    assert panel.controls["known"].value == 2 and panel.shown == "forget", "to pass by a cell does not choose it"
    panel.controls["known"].value = 7
    assert (panel.unit, panel.shown) == (7, "memory")


def test_every_control_moves_its_state_and_back(panel: Gates) -> None:
    other = Gates(MODELS, KNOWN)
    values = {"text": "Only crumbs", "shown": "candidate", "unit": 1, "architecture": "Two layers", "layer": 1}
    for name, value in values.items():
        panel.controls[name].value = value
        assert getattr(panel, name) == value and getattr(other, name) != value
    assert {*values, "freezes"} == set(panel.state())
    panel.unit = 2
    assert panel.controls["unit"].value == 2
    before = str(panel.update())
    assert str(panel.update()) == before, "update has no side effects"


def test_another_unit_layer_or_colour_is_not_read_again_and_a_typed_character_alone(monkeypatch) -> None:
    steps = []
    read_on = Reader._read_on

    counted = lambda self, text, *rest: (steps.append(len(text)), read_on(self, text, *rest))[1]  # noqa: E731
    monkeypatch.setattr(Reader, "_read_on", counted)
    panel = Gates(MODELS, KNOWN)
    panel.unit, panel.shown, panel.strip.selected = 1, "forget", 5
    assert steps == [len(OPENING)]
    panel.text += "!"
    panel.freeze("forget", 0.0)
    panel.thaw()
    panel.freeze("forget", 0.0)
    assert steps[1:] == [1, len(OPENING) + 1]


def test_models_are_loaded_when_they_are_chosen_and_once() -> None:
    loaded = []

    def broken():
        raise zoo.ZooError("The file of 'broken' is missing: fetch it again.")

    models = {name: lambda name=name: (loaded.append(name), LSTM)[1] for name in ("one", "two")}
    panel = Gates(models | {"broken": broken})
    assert loaded == ["one"] and panel.controls["known"].layout.display == "none"
    panel.architecture = "two"
    panel.architecture = "one"
    assert loaded == ["one", "two"]
    picture = panel.strip.data
    panel.architecture = "broken"
    assert panel.status.message == "The file of 'broken' is missing: fetch it again." and panel.strip.data == picture


def test_the_opening_text_has_what_there_is_to_see() -> None:
    assert 150 < len(OPENING) < 250 and OPENING.count("“") == OPENING.count("”") >= 2
    assert all(55 < len(line) <= 70 for line in OPENING.splitlines())


def test_a_strip_changes_its_palette_and_name_with_its_values_or_keeps_them() -> None:
    strip = TokenStrip(value_axis="weight").show("ab", [0.0, 1.0], low=0.0, high=1.0)
    strip.show("ab", [0.5, 1.0], low=-1.0, high=1.0, palette="diverging", value_axis="memory")
    assert (strip.palette, strip.value_axis, strip.low) == ("diverging", "memory", -1.0)
    strip.show("ab", [0.5, 1.0])
    assert (strip.palette, strip.value_axis, strip.low) == ("diverging", "memory", -1.0)
    with pytest.raises(t.TraitError):
        strip.show("xyz", [1.0, 1.0, 1.0], palette="rainbow")
    assert strip.tokens == ["a", "b"] and not strip.as_text
