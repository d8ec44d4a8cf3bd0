"""The gates explorer with the models of the box, and what goes wrong on the way from one model to another."""

import logging
from types import SimpleNamespace

import pytest
import torch

from lessons import zoo
from lessons.recurrent.reading import Freeze
from lessons.zoo import manifest
from tests.widgets.test_gates import KNOWN, MODELS, model
from widgets.explorers.box import known_cells
from widgets.explorers.gates import Gates


def test_the_cells_that_are_offered_follow_something(monkeypatch) -> None:
    """From the real manifest: the RNN has no such cell, and none is offered."""
    cells = known_cells()
    assert cells["RNN"] == {}
    for title in ("UGRNN", "GRU", "LSTM"):
        score = zoo.entry(f"tales-{title.lower()}").score
        assert cells[title] == {"quote cell": score["quote_unit"], "line cell": score["line_unit"]}


def test_the_panel_opens_on_the_first_model_of_the_box(monkeypatch) -> None:
    entry = SimpleNamespace(score={"nats": 1.3, "quote_unit": 4.0, "quote_r": 0.9})
    monkeypatch.setattr(zoo, "names", lambda: ["tales-lstm", "tales-rnn"])
    monkeypatch.setattr(zoo, "entry", lambda name: entry if name == "tales-lstm" else SimpleNamespace(score={}))
    asked = []
    monkeypatch.setattr(zoo, "load", lambda name: (asked.append(name), model("lstm", 9))[1])
    assert known_cells() == {"LSTM": {"quote cell": 4}, "RNN": {}}
    panel = Gates()
    assert asked == ["tales-lstm"] and panel.unit == 4
    assert panel.controls["architecture"].options == ("LSTM", "GRU", "UGRNN", "RNN")
    assert Gates(MODELS).unit == 0, "models of somebody's own have no known cells"


@pytest.mark.parametrize("what", ["missing", "broken"])
def test_a_box_that_cannot_be_read_is_a_sentence_in_the_panel(monkeypatch, tmp_path, what: str) -> None:
    monkeypatch.setattr(manifest, "FOLDER", tmp_path)
    if what == "broken":
        (tmp_path / "manifest.toml").write_text("[tales-lstm\n", "utf-8")
    panel = Gates()
    assert panel.status.kind == "error" and ("zoo" in panel.status.message or "manifest" in panel.status.message)
    assert "has no gate" not in panel.controls["frozen"].value, "of a model that is not there nothing is said"


def test_another_model_is_answered_once_and_without_a_fault(caplog, monkeypatch) -> None:
    panel = Gates(MODELS, KNOWN)
    panel.shown = "forget"
    panel.freeze("forget", 0.0, unit=7)
    answers = []
    refresh = Gates.refresh
    monkeypatch.setattr(Gates, "refresh", lambda self: (answers.append(self.status.message), refresh(self))[1])
    with caplog.at_level(logging.ERROR):
        panel.architecture = "GRU"
    assert len(answers) == 1 and not caplog.records
    assert panel.status.message == "" and panel.freezes == () and panel.shown == "memory"


def test_the_title_of_the_bars_stays_with_them_when_the_text_is_emptied() -> None:
    panel = Gates(MODELS, KNOWN)
    panel.strip.selected = 3
    before = panel.bars.title, panel.bars.data
    panel.text = ""
    assert (panel.bars.title, panel.bars.data) == before


def test_a_letter_and_its_accent_are_one_character() -> None:
    panel = Gates(MODELS, KNOWN, text="e\u0301")
    assert panel.strip.tokens == ["e"] and panel.status.message == ""


def test_known_cells_of_a_model_with_two_layers_are_those_of_the_lowest() -> None:
    panel = Gates(MODELS, {"Two layers": {"quote cell": 2}}, architecture="Two layers")
    assert panel.controls["known"].value == 2
    panel.layer = 1
    assert panel.controls["known"].value == -1, "unit 2 of the layer above is another one"
    panel.controls["known"].value = 2
    assert (panel.layer, panel.unit) == (0, 2)


def test_the_bars_hold_what_either_reading_finds_likely() -> None:
    panel = Gates(MODELS, KNOWN)
    panel.freezes = (Freeze("output", 0.0), Freeze("forget", 1.0))
    trained, frozen = (reading.probabilities[-1] for reading in panel.readings().values())
    expected = torch.stack([trained, frozen]).amax(dim=0).topk(8).values
    assert panel.bars.values.max(axis=0).tolist() == pytest.approx(expected.tolist(), rel=1e-5)
