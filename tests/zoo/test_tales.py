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
    assert part < 0.45 if architecture == "rnn" else part > 0.6, part


def test_the_switch_of_the_quote_cell():
    """Its forget gate shuts at ” and just after “, and is open elsewhere; the candidate says low, then high."""
    unit, reading = int(score("lstm")["quote_unit"]), read(load("lstm"), TALE)
    opens, closes = (torch.tensor([character == mark for character in reading.text]) for mark in "“”")
    after = opens.roll(1)
    forget, candidate = (reading.values[name][0, :, unit] for name in ("forget", "candidate"))
    assert forget[closes].max() < 0.1 and candidate[closes].max() < -0.9
    assert forget[after].max() < 0.1 and candidate[after].min() > 0.9
    assert forget[opens].mean() > 0.9 and forget[~(after | closes)].mean() > 0.9


def right_of_a_linear_map(values: torch.Tensor, label: torch.Tensor, fit: slice, test: slice) -> float:
    """Least squares with a little ridge on one part of a text; the part of right answers on the other."""
    x = torch.cat([values, torch.ones(len(values), 1)], dim=1).double()
    weights = torch.linalg.solve(x[fit].T @ x[fit] + torch.eye(x.shape[1]), x[fit].T @ label[fit].double())
    return ((x[test] @ weights > 0.5) == (label[test] > 0.5)).double().mean().item()


@EVERY
def test_no_linear_map_of_all_units_of_the_rnn_knows_about_the_marks(architecture):
    label, values = inside_quotes(TALE), memory(load(architecture), TALE)[0]
    half = len(TALE) // 2
    for fit, test in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
        right, always_outside = right_of_a_linear_map(values, label, fit, test), 1 - label[test].mean().item()
        assert 0.55 < always_outside < 0.66
        assert right < always_outside + 0.1 if architecture == "rnn" else right > 0.93


def test_a_network_that_cannot_forget_is_worse_than_one_that_knows_nothing():
    costs = [read(load("lstm"), TALE, [Freeze("forget", value)]).nats for value in (0.0, 1.0)]
    assert 1.5 < costs[0] < 3 < 4.16 < 10 < costs[1]


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


def test_the_learning_rate_warms_up_and_falls():
    factor = tales.warm_then_cosine(1000, warm=40)
    assert [factor(step) for step in (0, 10, 20)] == pytest.approx([0, 0.25, 0.5], rel=1e-2)
    assert [factor(step) for step in (500, 1000)] == pytest.approx([0.525, 0.05])
    assert tales.warm_then_cosine(1000)(50) == pytest.approx(0.5, rel=1e-2)
