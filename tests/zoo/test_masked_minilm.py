"""The updates that teach MiniLM to fill blanks: what their file promises, and what the recipe does."""

import json

import pytest
import torch

from lessons import zoo
from lessons.bert.everyday import ask_everyday
from lessons.bert.models import MaskedLanguageModel
from lessons.text.everyday import EVERYDAY, MASK
from lessons.text.tale import TALE
from lessons.zoo.recipes import masked_minilm as recipe
from lessons.zoo.recipes import texts
from lessons.zoo.recipes.masked_score import held_out
from tests.real_weights import needs_real

ENTRY = zoo.entry("masked-minilm")
REAL = needs_real("masked-minilm")


@pytest.fixture(scope="module")
def model() -> MaskedLanguageModel:
    return zoo.load("masked-minilm")


def test_the_blanks_are_sixty_and_have_one_mask_and_several_answers():
    assert len({blank.text for blank in EVERYDAY}) == len(EVERYDAY) == 60
    assert all(blank.text.count(MASK) == 1 and blank.answers for blank in EVERYDAY)
    assert sum(len(blank.answers) > 1 for blank in EVERYDAY) >= 50
    assert all(word.islower() and word.isalpha() for blank in EVERYDAY for word in blank.answers)


@REAL
def test_every_answer_is_one_token(model):
    for blank in EVERYDAY:
        for word in blank.answers:
            assert len(model.tokenizer.encode(word, special=False)) == 1, (blank.text, word)


def test_the_file_is_small_and_reaches_what_was_asked():
    """The figures of the manifest, measured on held-out text by the recipe."""
    assert ENTRY.bytes <= 8_000_000 and ENTRY.base == "minilm-l6"
    assert ENTRY.score["prose_top5"] >= 0.60
    assert ENTRY.score["wikitext2_top5"] >= 0.45
    assert ENTRY.score["everyday"] >= 0.60
    assert ENTRY.score["prose_top5"] == pytest.approx((ENTRY.score["tales_top5"] + ENTRY.score["problems_top5"]) / 2)


@REAL
def test_it_fills_the_everyday_blanks(model):
    """Measured again; another processor may round one blank to the other side."""
    answered = ask_everyday(model)
    share = sum(one.right for one in answered) / len(answered)
    assert abs(share - ENTRY.score["everyday"]) <= ENTRY.tolerance["everyday"] and share >= 0.6


@REAL
def test_it_fills_blanks_of_a_tale_that_it_never_read(model):
    table = texts.rows([texts.sentences(" ".join(TALE.split()))], model.tokenizer, 128)
    figures = held_out(model, table)
    assert 0.3 < figures["top1"] < 0.5 and 0.55 < figures["top5"] < 0.7 and 2.8 < figures["nats"] < 3.7


@REAL
def test_without_the_updates_the_same_head_knows_much_less(model):
    """The head alone, on MiniLM as it was: the updates are what has learned."""
    bare = MaskedLanguageModel(model.config)
    bare.encoder, bare.head, bare.tokenizer = zoo.load("minilm-l6"), model.head, model.tokenizer
    table = texts.rows([texts.sentences(" ".join(TALE.split()))], model.tokenizer, 128)
    assert held_out(bare.eval(), table)["top5"] < held_out(model, table)["top5"] - 0.2


def small_text() -> str:
    articles = "".join(f" = Article {i} = \n The sea is blue near town {i} . It rains often . \n" for i in range(20))
    tales = "\n\n".join("The old fox met a crow. He asked for cheese." for _ in range(60))
    problems = "\n".join(json.dumps({"question": f"Ann has {i} pens. How many are left?"}) for i in range(20))
    return "\f".join([articles, tales, problems, problems])


@needs_real("minilm-l6")
def test_the_recipe_trains_the_updates_and_nothing_else():
    run = recipe.updates_training(small_text(), steps=4)
    before = {name: weight.clone() for name, weight in run.model.state_dict().items()}
    base = zoo.load("minilm-l6").state_dict()
    ids, labels = run.batches(run.generator)
    assert ids.shape == labels.shape and ids.numel() == recipe.TOKENS
    run.run(progress=False)
    assert run.history[0].loss < 8  # the head begins with something sensible: knowing nothing is ln 30522 = 10.3
    assert run.history[-1].loss < run.history[0].loss
    changed = {name for name, weight in run.model.state_dict().items() if not torch.equal(weight, before[name])}
    assert {"head.bias", "up.blocks/5/feed_forward/up/weight", "vector.norm/bias"} <= changed
    assert all(torch.equal(weight, base[name]) for name, weight in zoo.load("minilm-l6").state_dict().items())


@needs_real("minilm-l6")
def test_the_score_has_every_figure_of_the_manifest():
    run = recipe.updates_training(small_text(), steps=1)
    figures = recipe.score(run.model, small_text())
    assert set(figures) == set(ENTRY.score)
    assert all(0 <= value <= 1 for name, value in figures.items() if not name.endswith("nats"))
