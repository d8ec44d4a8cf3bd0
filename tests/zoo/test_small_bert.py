"""The small BERT that is wholly in the box: what its file promises, and what the recipe does."""

import json
import math

import pytest
import torch

from lessons import zoo
from lessons.bert.everyday import ask_everyday
from lessons.bert.masking import IGNORE
from lessons.core.muon import Muon
from lessons.text.tale import TALE
from lessons.zoo import weights
from lessons.zoo.recipes import masked_score, texts
from lessons.zoo.recipes import small_bert as recipe


@pytest.fixture(scope="module")
def model():
    return zoo.load("small-bert")


def small_text() -> str:
    """Four files as the recipe reads them. What is held out has words of its own."""
    articles = "".join(
        f" = Article {i} = \n The {'zebra' if i % 10 == 9 else 'sea'} is blue near <unk> {i} . Größe rains . \n"
        for i in range(20)
    )
    tales = "\n\n".join("The old fox met a crow. He asked for cheese." for _ in range(60))
    problems = ["\n".join(json.dumps({"question": f"{who} has {i} pens."}) for i in range(20)) for who in ("Ann", "Yo")]
    return "\f".join([articles, tales, *problems])


@pytest.fixture(scope="module")
def run():
    return recipe.small_training(small_text(), steps=4, pieces=120)


def test_the_file_is_small_and_the_score_is_sensible(model):
    entry = zoo.entry("small-bert")
    assert entry.bytes <= 4_000_000 and entry.base is None and len(model.tokenizer) == recipe.PIECES
    assert 0.4 < entry.score["prose_top5"] < 0.6 and 0.28 < entry.score["wikitext2_top5"] < 0.45
    assert 3.5 < entry.score["tales_nats"] < 5 and 4 < entry.score["wikitext2_nats"] < 5.6
    for source in ("tales", "problems", "wikitext2"):
        assert entry.score[f"{source}_top1"] < entry.score[f"{source}_top5"]


def test_it_fills_everyday_blanks_less_well_than_the_real_one(model):
    answered = ask_everyday(model)
    share = sum(one.right for one in answered) / len(answered)
    entry = zoo.entry("small-bert")
    assert abs(share - entry.score["everyday"]) <= entry.tolerance["everyday"] and 0.1 < share < 0.35


def test_it_fills_blanks_of_a_tale_that_it_never_read(model):
    table = texts.rows([texts.sentences(" ".join(TALE.split()))], model.tokenizer, 128)
    figures = masked_score.held_out(model, table)
    assert 0.12 < figures["top1"] < 0.35 and 0.35 < figures["top5"] < 0.6 and 3.5 < figures["nats"] < 5


def test_the_vocabulary_is_made_from_what_is_read(run):
    entries = run.model.tokenizer.entries
    assert len(entries) <= 120 and {"sea", "fox", "cheese", "ann"} <= set(entries)
    assert all(entry.isascii() for entry in entries) and "unk" not in entries
    assert not {"zebra", "yo", "z", "##z"} & set(entries), "held out"
    assert run.model.tokenizer.encode("Größe", special=False).ids == [run.model.tokenizer.special("[UNK]")]


def test_every_batch_has_rows_of_one_length_in_turn(run):
    lengths = []
    for _ in range(4):
        ids, labels = run.batches(torch.Generator().manual_seed(run.done))
        assert ids.shape == labels.shape and ids.numel() == recipe.TOKENS
        assert (ids[:, 0] == run.model.tokenizer.special("[CLS]")).all() and (labels[:, 0] == IGNORE).all()
        lengths.append(ids.shape[1])
        run.step()
    assert lengths == [128, 32, 128, 32]


def test_the_recipe_trains_and_is_measured():
    run = recipe.small_training(small_text(), steps=12, pieces=120)
    assert isinstance(run.optimizer, Muon)
    run.run(progress=False)
    assert run.history[0].loss == pytest.approx(math.log(len(run.model.tokenizer)), abs=0.5)
    assert run.history[-1].loss < run.history[0].loss - 0.1  # the rate is still rising
    figures = recipe.small_bert().score(run.model.eval(), small_text())
    sources = ("wikitext2", "tales", "problems")
    measured = {f"{source}_{name}" for source in sources for name in ("top1", "top5", "nats")}
    assert set(figures) == measured | {"prose_top1", "prose_top5", "everyday"}
    assert all(0 <= figures[name] < 7 for name in figures) and {*recipe.small_bert().tolerance} <= {*figures}


def test_the_size_of_the_whole_model():
    """Below 4 MB with its tokenizer; the recipe's own sizes, without training."""
    from lessons.bert.encoder import BertConfig
    from lessons.bert.models import MaskedLanguageModel

    sizes = (recipe.PIECES, recipe.D_MODEL, recipe.LAYERS, recipe.HEADS, recipe.D_FF, recipe.CONTEXT)
    assert 2 * weights.parameters(MaskedLanguageModel(BertConfig(*sizes))) < 3_800_000
