"""The small Llama as it is shipped: its heads have the jobs that lesson 3 shows, measured on texts of our own."""

import pytest
import torch

from lessons import zoo
from lessons.attention.deletion import deleted, deleted_in_turn, next_probabilities, surprise
from lessons.attention.heads import read, read_heads
from lessons.core.muon import Muon
from lessons.text.pieces import START
from lessons.text.repeats import twice
from lessons.text.tale import TALE
from lessons.zoo.recipes import tales_llama as recipe

FLOWING = " ".join(TALE.split())


@pytest.fixture(scope="module")
def model():
    return zoo.load("tales-llama")


@pytest.fixture(scope="module")
def score():
    return zoo.entry("tales-llama").score


def head(score: dict[str, float], job: str) -> tuple[int, int]:
    """The head that the manifest names for a job."""
    return int(score[f"{job}_layer"]), int(score[f"{job}_head"])


def test_it_is_small(model, score):
    entry = zoo.entry("tales-llama")
    assert entry.bytes < 1_500_000 and entry.parameters == 620_416
    assert (model.config.layers, model.config.heads, len(model.tokenizer)) == (3, 4, 1000)


def test_the_scores_are_what_the_lesson_says(score):
    assert score["nats"] < 3.9 and score["nats_again"] < 0.6
    assert score["previous_token"] >= 0.9 and score["same_word"] >= 0.4 and score["induction"] >= 0.8


def test_a_head_for_the_previous_token(model, score):
    reading, (layer, place) = read(model, FLOWING), head(score, "previous_token")
    assert reading.scores["previous_token"][layer, place] > 0.9 > 20 * reading.chance["previous_token"]


def test_a_head_for_induction(model, score):
    ids, (layer, place) = twice(model.tokenizer, 40, seed=5), head(score, "induction")
    pattern = read_heads(model, ids)[layer, place]
    on_what_came_next = pattern[41:].diagonal(2)  # the second copy starts at 41, and 41 looks at 2
    assert len(on_what_came_next) == 40 and on_what_came_next.mean() > 0.8


def test_a_head_for_the_same_word(model, score):
    place = head(score, "same_word")
    reading = read(model, "The fox saw the king, and the king saw the fox.")
    assert reading.scores["same_word"][place] > 0.9 > 10 * reading.chance["same_word"]
    tale = read(model, FLOWING)
    assert tale.scores["same_word"][place] > 0.4 > 10 * tale.chance["same_word"]


def test_the_jobs_are_those_of_different_heads(score):
    """Induction stands on the head for the previous token, so it lies above it."""
    previous, same, induction = (head(score, job) for job in ("previous_token", "same_word", "induction"))
    assert len({previous, same, induction}) == 3 and previous[0] < induction[0]


def test_heads_rest_on_the_first_token_where_nothing_comes_again(model, score):
    reading = read(model, "The king went into the wood.")
    assert reading.tokens[0] == START
    assert reading.scores["first_token"][head(score, "induction")] > 0.8
    assert reading.scores["first_token"].max() > 0.95


def test_the_second_time_is_no_surprise_until_a_head_is_deleted(model, score):
    ids = twice(model.tokenizer, 40, seed=5)
    nats = surprise(model, ids)
    assert nats[:40].mean() > 8 and nats[41:].mean() < 0.8
    for job in ("induction", "previous_token"):
        with deleted(model, [head(score, job)]):
            change = surprise(model, ids) - nats
        assert change[41:].mean() > 5 > 1 > change[:40].mean()


def test_no_head_of_the_last_layer_is_missed_where_a_text_comes_twice(model):
    """Deleted in turn: what is copied is found in the two layers below."""
    ids = twice(model.tokenizer, 40, seed=5)
    change = deleted_in_turn(model, lambda: surprise(model, ids)[41:].mean().item())
    assert change[2].abs().max() < 0.5 and (change[:2] > 5).sum() >= 3


def test_a_tale_of_ours_surprises_it_about_as_much_as_the_held_out_ones(model, score):
    nats = surprise(model, read(model, FLOWING, longest=256).ids)
    assert nats.mean().item() == pytest.approx(score["nats"], abs=0.4)


def test_it_goes_on_as_a_tale_does(model):
    found = next_probabilities(model, torch.tensor(model.tokenizer.encode("The King's").ids))
    assert {model.tokenizer.decode([i]) for i in found.topk(2).indices.tolist()} == {" Son", " Daughter"}
    assert found.topk(2).values.sum() > 0.7


@pytest.mark.parametrize("text", ["Größe 😀 \0", "x" * 4000, "汉字", "\ud83d"])
def test_it_reads_any_text(model, text):
    reading = read(model, text)
    assert reading.patterns.isfinite().all() and len(reading.tokens) <= 128


def test_the_text_flows():
    assert recipe.flowing("One line\nand another.\n\nA new\nparagraph.") == "One line and another.\n\nA new paragraph."


@pytest.mark.parametrize("lengths, in_order", [((64,), 0), ((64, 256), 5)])
def test_the_mixture(lengths, in_order):
    tale = torch.arange(5000, 9000)  # so that every piece of the tale can be told from random ones
    generator, seen, random, orders = torch.Generator().manual_seed(0), set(), 0, []
    for _ in range(20):
        foretold, ids = recipe.mixture(tale, 1000, lengths, in_order, generator)
        seen.add(foretold.shape[1])
        assert ids.shape == (foretold.shape[0], foretold.shape[1] + 1) and foretold.numel() == recipe.TOKENS
        assert (ids[:, 0] == 0).all() and (ids[:, 1:] != 0).all()
        half = len(ids) // 2
        assert foretold[:half].all() and (ids[:half, 2:] == ids[:half, 1:-1] + 1).all()  # the tale itself
        assert (ids[half:] < 1000)[:, 1:].all(dim=1).sum() + (ids[half:] >= 5000)[:, 1:].all(dim=1).sum() == half
        assert not foretold[half:].all(dim=1).any() and foretold[half:].any(dim=1).all()
        random += (ids[half:, 1] < 1000).sum().item()
        if len(ids) == 16:
            turns = (ids[half:, 1:] == ids[half:, :-1]).any(dim=1)  # a mirrored text says its last token twice
            orders.append(turns.tolist())
    assert seen == set(lengths) and random > 10
    assert all(all(turns[in_order:]) for turns in orders) and len(orders) > 2
    if in_order:
        assert not all(any(turns[:in_order]) for turns in orders)


def test_copies_in_order_come_only_after_the_beginning(monkeypatch):
    asked = []

    def mixture(tale, vocab, lengths, in_order, generator):
        asked.append((tuple(lengths), in_order))
        return original(tale, vocab, (64,), in_order, generator)

    original = recipe.mixture
    monkeypatch.setattr(recipe, "mixture", mixture)
    monkeypatch.setattr(recipe, "MIRRORED_STEPS", 2)
    recipe.llama_training(TALE * 4, steps=3, pieces=400).run(progress=False)
    assert asked == [((64,), 0), ((64,), 0), ((64, 64, 64, 256), 5)]


def test_the_recipe_trains():
    """A short run on a text of ours: the same training as that of the weights, but for its length."""
    run = recipe.llama_training(TALE * 4, steps=12, pieces=400)
    assert isinstance(run.optimizer, Muon)
    run.run(progress=False)
    assert run.history[-1].loss < 0.95 * run.history[0].loss
    figures = recipe.score(run.model.eval(), TALE * 4)
    assert set(figures) == set(zoo.entry("tales-llama").score) and 0 < figures["nats"] < 7
