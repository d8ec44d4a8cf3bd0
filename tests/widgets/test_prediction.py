"""Predictions without a browser: committed once, kept, scored, forgotten; a bad guess changes nothing."""

import json
from pathlib import Path

import pytest

from lessons.checks.question import Choice, Estimate
from widgets import Prediction, Scoreboard, guesses

CHOICE = Choice(key="99.choice", text="Which?", options=("this", "<b>that</b>"), answer=1, why="Because of that.")
ESTIMATE = Estimate(key="99.number", text="How many?", answer=100.0, within=2.0, unit="steps", why="A hundred.")


def test_the_answer_is_not_in_the_page_before_a_guess() -> None:
    for question in (CHOICE, ESTIMATE):
        state = str({k: v for k, v in Prediction(question).get_state().items() if not k.startswith("_")})
        assert question.why not in state and "100" not in state


def test_a_guess_is_committed_kept_and_scored() -> None:
    panel = Prediction(CHOICE)
    panel.commit("1")
    assert (panel.kind, panel.guess) == ("right", "<b>that</b>")
    assert "Because of that." in panel.feedback
    again = Prediction(CHOICE)  # the same cell, run a second time, or tomorrow
    assert (again.kind, again.guess) == ("right", "<b>that</b>")
    panel.commit("0")
    assert panel.kind == "right" and "committed" in panel.message, "the first guess counts"


def test_a_number_is_scored_by_its_factor() -> None:
    kinds = []
    for guess in ("100", "150", "350", "9999", "-3"):
        panel = Prediction(ESTIMATE)
        panel.commit(guess)
        kinds.append(panel.kind)
        panel.forget()
        assert (panel.kind, panel.guess) == ("open", "")
    assert kinds == ["right", "right", "close", "wrong", "wrong"]
    assert guesses.load() == {}


@pytest.mark.parametrize("guess", ["", "many", "nan", "1,5", "0,002", "1,23,456", "</script>", "1e999", None])
def test_a_guess_that_is_no_number_leaves_a_sentence(guess) -> None:
    panel = Prediction(ESTIMATE)
    panel.commit(guess)
    assert panel.kind == "open" and "is not a number" in panel.message
    assert guesses.load() == {}
    panel.commit("100")
    assert panel.kind == "right" and panel.message == ""


def test_a_comma_between_thousands_is_read() -> None:
    panel = Prediction(Estimate(key="99.growth", text="?", answer=13781.0, why="."))
    panel.commit("13,781")
    assert panel.kind == "right"


@pytest.mark.parametrize("guess", [1.9, float("inf"), "nothing", "2", "-1", None])
def test_a_choice_that_is_none_leaves_a_sentence(guess) -> None:
    panel = Prediction(CHOICE)
    panel.commit(guess)
    assert panel.kind == "open" and "not one of the options" in panel.message


def test_a_message_from_the_page_commits_and_forgets() -> None:
    panel = Prediction(CHOICE)
    panel._on_message(panel, {"commit": "0"}, [])
    assert panel.kind == "wrong"
    panel._on_message(panel, {"forget": True}, [])
    assert panel.kind == "open"


def test_a_damaged_file_is_set_aside_and_nothing_is_lost(own_folder: Path) -> None:
    own_folder.mkdir()
    (own_folder / "guesses.json").write_text('{"99.choice": ')
    assert guesses.load() == {}
    assert (own_folder / "guesses.unreadable").read_text() == '{"99.choice": '
    panel = Prediction(CHOICE)
    panel.commit("1")
    assert json.loads((own_folder / "guesses.json").read_text()) == {"99.choice": 1}
    assert not list(own_folder.glob("*.tmp"))


def test_a_kept_guess_that_no_longer_fits_is_ignored() -> None:
    guesses.keep("99.choice", 7)
    assert Prediction(CHOICE).kind == "open"
    assert Scoreboard({"99.choice": CHOICE}).rows == []


def test_a_folder_that_cannot_be_written_is_said(own_folder: Path) -> None:
    own_folder.write_text("a file where the folder should be")
    panel = Prediction(CHOICE)
    panel.commit("1")
    assert panel.kind == "right" and "could not be kept" in panel.message


def test_the_scoreboard_adds_up() -> None:
    assert "No prediction is committed yet" in Scoreboard({"99.choice": CHOICE}).message
    Prediction(CHOICE).commit("1")
    board = Scoreboard({"99.choice": CHOICE, "99.number": ESTIMATE})
    assert board.rows == [["Which?", "<b>that</b>", "right"]]
    assert board.message.startswith("1 of 2 predictions committed; 1 of 1 points.")
