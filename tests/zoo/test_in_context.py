"""The recipe of the model that learns in context: what it reads, what counts, and what its file promises."""

import math
from collections import Counter

import torch
from torch.nn import functional as F

from lessons import zoo
from lessons.core.muon import Muon
from lessons.core.seed import generator
from lessons.gpt import in_context
from lessons.gpt.in_context import SYMBOLS, draw_rule
from lessons.zoo.recipes import in_context as recipe


def test_one_token_for_every_character():
    tokenizer = recipe.tokenizer()
    assert len(tokenizer) == len(SYMBOLS) == 54 and tokenizer.entries == tuple(SYMBOLS)
    encoded = tokenizer.encode("cab>xQe;")
    assert encoded.tokens == list("cab>xQe;") and encoded.ids == [SYMBOLS.index(symbol) for symbol in "cab>xQe;"]
    assert tokenizer.decode(encoded.ids) == "cab>xQe;" and not any(encoded.special)


def test_only_the_answers_are_to_be_foretold():
    ids, wanted = recipe.batch(generator(1))
    tokenizer = recipe.tokenizer()
    assert ids.shape == wanted.shape and len(ids) == recipe.BATCH and ids.shape[1] <= recipe.CONTEXT
    for number, (row, asked) in enumerate(zip(ids, wanted, strict=True)):
        text, counts = tokenizer.decode(row.tolist()), asked != recipe.IGNORE
        assert torch.equal(asked[counts], row[counts])
        answers = "".join(tokenizer.decode([token]) for token in row[counts].tolist())
        if recipe.MIXTURE[number % len(recipe.MIXTURE)] == recipe.LETTERS:
            assert answers == text.rstrip(";")[1::2] and len(answers) == 30
        else:
            pieces = text.rstrip(";").split(";")
            assert answers == "".join(piece.partition(">")[2] + ";" for piece in pieces) and len(pieces) == 9


def test_what_is_held_out_is_never_trained_on(monkeypatch):
    drawn = []

    def watched(family, source, held_out=True):
        drawn.append((family, held_out))
        return draw_rule(family, source, held_out)

    monkeypatch.setattr(in_context, "draw_rule", watched)
    recipe.batch(generator(0))
    assert len(drawn) == recipe.BATCH and not any(held_out for _, held_out in drawn)
    assert Counter(family for family, _ in drawn) == {"cipher": 32, "affix": 8, "pick": 8}


def test_the_loss_is_the_mean_over_the_answers():
    run = recipe.in_context_training(steps=2)
    ids, wanted = recipe.batch(generator(2))
    loss = recipe.answer_loss(run.model, (ids, wanted))
    logits = run.model(ids[:, :-1])
    expected = F.cross_entropy(logits.flatten(0, 1), wanted[:, 1:].flatten(), ignore_index=recipe.IGNORE)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=0)


def test_a_short_training_can_be_repeated_and_lowers_the_loss():
    runs = [recipe.in_context_training(steps=6) for _ in range(2)]
    for run in runs:
        run.run(progress=False)
    losses = [[record.loss for record in run.history] for run in runs]
    assert losses[0] == losses[1] and losses[0][-1] < losses[0][0] and losses[0][0] > math.log(len(SYMBOLS))
    optimizer = runs[0].optimizer
    assert isinstance(optimizer, Muon)
    held = [weight for group in optimizer.param_groups for weight in group["params"]]
    assert {id(weight) for weight in held} == {id(weight) for weight in runs[0].model.parameters()}


def test_the_file_is_small_and_brings_its_tokenizer():
    entry, model = zoo.entry("in-context"), zoo.load("in-context")
    assert entry.bytes <= 1_500_000 and (model.config.layers, model.config.heads) == (recipe.LAYERS, recipe.HEADS)
    assert model.tokenizer == recipe.tokenizer()


def test_the_score_has_every_number_of_examples():
    score = zoo.entry("in-context").score
    for name in ("cipher", "affix", "pick", "ideal"):
        shares = [score[f"{name}_{shots}"] for shots in range(9)]
        assert all(0 <= share <= 1 for share in shares) and shares[0] < 0.05
    for job in ("pairing", "question", "note", "lookup"):
        assert score[job] > 0 and score[f"{job}_layer"] in range(3) and score[f"{job}_head"] in range(4)
