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


def beyond(row: LengthRow) -> float:
    """What the characters beyond L lose more than those of the second half within it."""
    return row.between(1, 4) - row.by_position[row.context // 2 : row.context].mean().item()


@EVERY
def test_they_differ_in_the_encoding_alone(encoding):
    first, config = zoo.load("lengths-none").config, zoo.load(f"lengths-{encoding}").config
    assert config.encoding == encoding and config.context == 64
    changed = {key for key, value in vars(config).items() if value != getattr(first, key)}
    assert changed <= {"encoding"}
    assert zoo.entry(f"lengths-{encoding}").bytes < 500_000


def test_the_recipe_cuts_windows_out_of_what_is_not_held_out():
    text = "".join(chr(ord("a") + i % 26) for i in range(1000))
    run = lengths.length_training(text, "none", least=1)
    ids = run.batches(run.generator)
    assert ids.shape == (lengths.WINDOWS, lengths.LENGTH + 1)
    vocabulary = run.model.vocabulary
    assert all(vocabulary.decode(window) in text[:900] for window in ids)


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
