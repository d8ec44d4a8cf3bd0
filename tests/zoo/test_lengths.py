"""The six models of the length table as they are shipped: what lesson 4 says of them, measured on a text of our own."""

import pytest

from lessons import zoo
from lessons.positions.encodings import ENCODINGS
from lessons.positions.length import TIMES, LengthRow, length_table
from lessons.text.tale import TALE
from lessons.zoo.recipes import lengths

EVERY = pytest.mark.parametrize("encoding", ENCODINGS)


@pytest.fixture(scope="module")
def rows() -> dict[str, LengthRow]:
    models = {encoding: zoo.load(f"lengths-{encoding}") for encoding in ENCODINGS}
    return {row.name: row for row in length_table(models, TALE)}


@EVERY
def test_they_differ_in_the_encoding_alone(encoding):
    first, config = zoo.load("lengths-none").config, zoo.load(f"lengths-{encoding}").config
    assert config.encoding == encoding and config.context == 64
    changed = {key for key, value in vars(config).items() if value != getattr(first, key)}
    assert changed <= {"encoding"}
    assert zoo.entry(f"lengths-{encoding}").bytes < 500_000


@EVERY
def test_at_the_length_of_training_all_are_nearly_alike(encoding, rows):
    """Our tale is easier than the held-out tenth. What an encoding brings at L is small beside what it costs later."""
    score = {name: zoo.entry(f"lengths-{name}").score["nats_1"] for name in ENCODINGS}
    assert 1.3 < score[encoding] < 1.6 and 1.15 < rows[encoding].nats(1) < 1.5
    assert score["none"] > max(value for name, value in score.items() if name != "none") + 0.05


@pytest.mark.parametrize("encoding", ["relative", "alibi"])
def test_these_hold_and_even_gain(encoding, rows):
    row, score = rows[encoding], zoo.entry(f"lengths-{encoding}").score
    assert row.nats(4) < row.nats(2) + 0.02 < row.nats(1) + 0.02
    assert row.between(2, 4) < row.between(1, 2) + 0.1  # the farther half is not worse, but for the text itself
    assert score["nats_4"] < score["nats_2"] < score["nats_1"]


def test_sinusoidal_positions_break_at_once(rows):
    """Ten characters beyond L it loses as much as a model that knows only how frequent each character is."""
    row = rows["sinusoidal"]
    assert row.by_position[54:64].mean() < 1.4 and row.by_position[74:84].mean() > 3
    assert row.between(1, 2) > 3 and row.between(2, 4) > 3


def test_rotary_positions_hold_for_a_while_and_then_break(rows):
    row = rows["rotary"]
    assert row.by_position[64:72].mean() < 1.4
    assert row.between(1, 2) > 2 and row.between(2, 4) > 3


def test_without_positions_it_is_worse_and_breaks_slowly(rows):
    """A look-ahead mask tells something of positions: how many characters can be seen. That, too, is new beyond L."""
    row = rows["none"]
    assert row.between(1, 2) < 2.2 and row.between(2, 4) > 2.5


def test_learned_positions_cannot_be_asked(rows):
    assert rows["learned"].nats(2) is None and len(rows["learned"].by_position) == 64


def test_the_recipe_cuts_windows_out_of_what_is_not_held_out():
    text = "".join(chr(ord("a") + i % 26) for i in range(900)) + "Z" * 100
    run = lengths.length_training(text, "none", least=1)
    ids = run.batches(run.generator)
    assert ids.shape == (lengths.WINDOWS, lengths.LENGTH + 1)
    vocabulary = run.model.vocabulary
    assert all(vocabulary.decode(window) in text[:900] for window in ids)  # never a Z


@EVERY
def test_the_recipe_trains(encoding):
    """A short run on a text of ours: the same training as that of the weights, but for its length."""
    run = lengths.length_training(TALE * 4, encoding, steps=30)
    run.run(progress=False)
    assert run.done == 30 and run.history[-1].loss < 0.85 * run.history[0].loss
    figures = lengths.score(run.model, TALE * 4)
    expected = {"nats_1"} if encoding == "learned" else {f"nats_{times}" for times in TIMES}
    assert set(figures) == expected == set(zoo.entry(f"lengths-{encoding}").score)
    assert all(0 < value < 4.2 for value in figures.values())
