"""The small reasoner: what its file promises, and what the recipe does. What the lesson says of it: tests/reasoning."""

import pytest
import torch
from torch.nn import functional as F

from lessons import zoo
from lessons.core.muon import Muon
from lessons.reasoning.problems import TRAINED_EVENTS
from lessons.reasoning.vocabulary import END, tokenizer
from lessons.zoo.recipes import reasoner as recipe


def drawn(seed: int = 0) -> recipe.Batch:
    return recipe.batch(torch.Generator().manual_seed(seed))


def told(ids: torch.Tensor, labels: torch.Tensor, row: int) -> tuple[str, str]:
    """What a row asks, and what is to be learned of it."""
    answers = labels[row] != recipe.IGNORE
    first = int(answers.nonzero()[0])
    return tokenizer().decode(ids[row, : first + 1].tolist()), tokenizer().decode(labels[row][answers].tolist())


def test_it_is_small():
    entry = zoo.entry("reasoner")
    assert entry.bytes < 1_500_000 and entry.text_sha256 is None and entry.base is None
    model = zoo.load("reasoner")
    assert model.tokenizer == tokenizer() and model.config.vocab == len(tokenizer())
    assert sum(weight.numel() for weight in model.parameters()) == entry.parameters < 620_000


def test_the_scores_are_what_the_lesson_says():
    score = zoo.entry("reasoner").score
    assert set(score) == {f"{way}_{events}" for way in ("direct", "chain") for events in range(1, 9)}
    assert all(score[f"chain_{events}"] > score[f"direct_{events}"] + 0.1 for events in range(1, 7))
    assert all(score[f"chain_{events}"] >= 0.85 for events in range(1, 7))


def test_a_step_asks_in_both_ways():
    (direct, direct_labels), (chain, chain_labels) = drawn()
    assert len(direct) == len(chain) == recipe.PROBLEMS
    for row in range(recipe.PROBLEMS):
        asked, learned = told(direct, direct_labels, row)
        assert asked.startswith("Q: ") and asked.endswith(" now? A: The answer is")
        assert learned.removesuffix(f". {END}").isdigit()
        asked, learned = told(chain, chain_labels, row)
        assert asked.endswith(" A: Let's think step by step.")
        assert " = " in learned and ". The answer is " in learned and learned.endswith(f". {END}")


def test_a_label_is_the_next_token():
    for ids, labels in drawn():
        answers = labels[:, :-1] != recipe.IGNORE
        assert torch.equal(labels[:, :-1][answers], ids[:, 1:][answers])


def test_what_is_held_out_is_never_trained_on(monkeypatch):
    asked = []

    def draw(events, generator, held_out):
        asked.append((events, held_out))
        return original(events, generator, held_out)

    original = recipe.draw
    monkeypatch.setattr(recipe, "draw", draw)
    source = torch.Generator().manual_seed(0)
    steps = [recipe.batch(source) for _ in range(25)]
    assert not any(held_out for _, held_out in asked)
    lengths = [{events for events, _ in asked[i : i + 64]} for i in range(0, len(asked), 64)]
    assert len(steps) == len(lengths) and all(len(events) == 1 for events in lengths)  # one length a step
    assert {events for events, _ in asked} <= set(range(1, TRAINED_EVENTS + 1))
    assert sum(events for events, _ in asked) / len(asked) > 3.5  # the longer ones more often


def test_the_loss_is_that_of_the_answers():
    model = recipe.reasoner_training(steps=1).model
    batch = [(ids[:3], labels[:3]) for ids, labels in drawn(1)]
    rows = [(ids[row], labels[row]) for ids, labels in batch for row in range(3)]
    nats = torch.cat(
        [F.cross_entropy(model(ids[None])[0], labels, ignore_index=-100, reduction="none") for ids, labels in rows]
    )
    answers = torch.cat([labels for _, labels in rows]) != recipe.IGNORE
    assert recipe.answer_loss(model, batch).item() == pytest.approx(nats[answers].mean().item(), rel=1e-5)


def test_the_recipe_trains(monkeypatch):
    """A short run: the same training as that of the weights, but for its length and the problems of a step."""
    monkeypatch.setattr(recipe, "PROBLEMS", 4)
    run = recipe.reasoner_training(steps=20)
    assert isinstance(run.optimizer, Muon) and run.model.config == zoo.load("reasoner").config
    run.run(progress=False)
    assert run.history[-1].loss < 0.9 * run.history[0].loss


def test_the_score(monkeypatch):
    monkeypatch.setattr(recipe, "SCORED", 2)
    monkeypatch.setattr(recipe, "MOST_EVENTS", 2)
    score = recipe.score(zoo.load("reasoner"), "")
    assert set(score) == {"direct_1", "direct_2", "chain_1", "chain_2"} and score["chain_1"] == 1
