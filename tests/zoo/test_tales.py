"""The four character models as they are shipped: what lesson 2 says of them, measured on a text of our own."""

import pytest
import torch

from lessons import zoo
from lessons.recurrent.architectures import ARCHITECTURES
from lessons.recurrent.character_model import nats_per_character, write
from lessons.recurrent.find_cells import best_unit, correlations, inside_quotes, memory, place_in_line
from lessons.recurrent.reading import Freeze, read
from lessons.text.tale import TALE
from lessons.zoo.recipes import tales

EVERY = pytest.mark.parametrize("architecture", ARCHITECTURES)
GATED = pytest.mark.parametrize("architecture", ["ugrnn", "gru", "lstm"])


def load(architecture: str):
    return zoo.load(f"tales-{architecture}")


def score(architecture: str) -> dict[str, float]:
    return zoo.entry(f"tales-{architecture}").score


def test_the_held_out_scores_are_what_the_lesson_says():
    nats = {name: score(name)["nats"] for name in ARCHITECTURES}
    assert nats["rnn"] > nats["ugrnn"] + 0.05 > nats["lstm"] + 0.05
    assert abs(nats["lstm"] - nats["gru"]) < 0.02 and nats["lstm"] < 1.25
    assert zoo.entry("tales-gru").parameters / zoo.entry("tales-lstm").parameters == pytest.approx(0.76, abs=0.02)


@GATED
def test_a_quote_cell_and_a_line_cell(architecture):
    """|r| is at least .8 on the held-out tenth, and the same unit follows the marks in a text of ours."""
    assert score(architecture)["quote_r"] >= 0.8 and score(architecture)["line_r"] >= 0.8
    model = load(architecture)
    quotes = correlations(memory(model, TALE)[0], inside_quotes(TALE)).abs()
    lines = correlations(memory(model, TALE)[0], place_in_line(TALE)).abs()
    assert quotes[int(score(architecture)["quote_unit"])] >= 0.8
    assert lines[int(score(architecture)["line_unit"])] >= 0.8


def test_the_plain_rnn_has_neither():
    assert max(score("rnn")["quote_r"], score("rnn")["line_r"]) < 0.3
    assert abs(best_unit(memory(load("rnn"), TALE), inside_quotes(TALE)).r) < 0.4


@EVERY
def test_our_tale_surprises_about_as_much_as_the_held_out_ones(architecture):
    assert nats_per_character(load(architecture), TALE) == pytest.approx(score(architecture)["nats"], abs=0.2)


def closed(text: str) -> list[bool]:
    """For every opening mark with another mark after it: is that one closing?"""
    marks = [character for character in text if character in "“”"]
    return [second == "”" for first, second in zip(marks, marks[1:], strict=False) if first == "“"]


@EVERY
def test_who_closes_what_it_opens(architecture):
    model = load(architecture)
    ends = [end for seed in range(4) for end in closed("".join(write(model, "Once upon a time", 1500, 0.7, seed)))]
    part = sum(ends) / len(ends)
    assert len(ends) >= 15
    assert part < 0.4 if architecture == "rnn" else part > 0.75, part


def test_the_switch_of_the_quote_cell():
    """Its forget gate shuts at ” alone; what is written there is low, so that the memory is high inside."""
    unit, reading = int(score("lstm")["quote_unit"]), read(load("lstm"), TALE)
    at = torch.tensor([character == "”" for character in reading.text])
    forget, candidate = (reading.values[name][0, :, unit] for name in ("forget", "candidate"))
    assert forget[at].max() < 0.1 and forget[~at].mean() > 0.9 and candidate[at].max() < -0.9


def test_a_frozen_gate_of_one_unit_costs_little_on_the_whole():
    model, unit = load("lstm"), int(score("lstm")["quote_unit"])
    trained, frozen = read(model, TALE), read(model, TALE, [Freeze("forget", 1.0, unit=unit)])
    assert 0.005 < frozen.nats - trained.nats < 0.15
    assert read(model, TALE, [Freeze("output", 0.0)]).nats == pytest.approx(4.16, abs=0.05)  # ln 64: it knows nothing


def test_the_recipe_cleans_and_splits():
    front, back = "FOREWORD\nNot a tale.\n\nGRIMM’S FAIRY TALES\n\n\n\n\n", "\n\n\nTranscriber’s Notes\n"
    text = f"{front}A _small_ [Illustration: a\npicture] tale.{back}"
    assert tales.clean(text) == "GRIMM’S FAIRY TALES\n\n\nA small  tale.\n"
    assert tales.clean("No front matter.") == "No front matter.\n"
    assert tales.split("0123456789") == ("012345678", "9")


@EVERY
def test_the_recipe_trains(architecture):
    """A short run on a text of ours: the same training as that of the weights, but for its length."""
    run = tales.character_training(TALE * 4, architecture, passes=8)
    run.run(progress=False)
    assert run.done == run.steps and run.history[-1].loss < 0.9 * run.history[0].loss
    figures = tales.score(run.model.model, TALE * 4)
    assert set(figures) == set(score(architecture)) and 0 < figures["nats"] < 4.2
