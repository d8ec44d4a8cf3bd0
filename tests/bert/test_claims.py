"""What lesson 05 says of the real model and of the small one: every figure of its prose, in a range."""

import pytest
import torch

from lessons import zoo
from lessons.bert.blanks import fill, fill_in_turn
from lessons.bert.everyday import ask_everyday
from lessons.bert.fine_tuning import compare, mean
from lessons.bert.models import MaskedLanguageModel
from lessons.checks.masking_blanks import CITIES, fill_one_by_one
from lessons.text.reviews import UNKIND, judging_words
from tests.real_weights import needs_real

REAL = needs_real("masked-minilm")
CLOSE, FAR = ("stale", "burnt"), ("delicious", "tasty", "juicy")
FOREST = "I went to [MASK] [MASK] and saw the [MASK] [MASK] [MASK]."


@pytest.fixture(scope="module")
def model() -> MaskedLanguageModel:
    return zoo.load("masked-minilm")


def asked(model: MaskedLanguageModel, sentence: str) -> tuple[torch.Tensor, list[int]]:
    ids = torch.tensor(model.tokenizer.encode(sentence).ids)
    return ids, (ids == model.tokenizer.special("[MASK]")).nonzero()[:, 0].tolist()


def best(model: MaskedLanguageModel, sentence: str, count: int = 5) -> list[dict[str, float]]:
    """For each blank its best words with their probabilities."""
    ids, places = asked(model, sentence)
    guesses = fill(model, ids, places, count)
    named = ([model.tokenizer.token(i) for i in guess.words] for guess in guesses)
    return [dict(zip(words, guess.probabilities, strict=True)) for words, guess in zip(named, guesses, strict=True)]


def both_ways(model: MaskedLanguageModel, sentence: str) -> tuple[str, str]:
    ids, places = asked(model, sentence)
    apart = ids.clone()
    for guess in fill(model, ids, places):
        apart[guess.place] = guess.words[0]
    return tuple(
        model.tokenizer.decode(found[1:-1].tolist()) for found in (apart, fill_in_turn(model, ids, places).ids)
    )


@REAL
def test_the_burning_sentence_is_left_open(model):
    first, second = best(model, "The [MASK] burned the [MASK] quickly.")
    assert list(first)[:3] == ["storm", "sun", "wolf"] and max(first.values()) < 0.05
    assert list(second)[:3] == ["ground", "fire", "water"] and max(second.values()) < 0.05


@REAL
def test_the_forest(model):
    first, second, *_ = best(model, FOREST)
    assert first["the"] == pytest.approx(0.60, abs=0.02) and second["forest"] == pytest.approx(0.35, abs=0.02)


@REAL
def test_each_by_itself_and_one_after_the_other(model):
    apart, turns = both_ways(model, FOREST)
    assert apart.startswith("i went to the forest and saw the other of again")
    assert turns.startswith("i went to the forest and saw the rest of it")
    apart, turns = both_ways(model, "The war lasted for [MASK] [MASK].")
    assert apart.startswith("the war lasted for the years") and turns.startswith("the war lasted for three years")


@REAL
def test_it_is_not_always_better(model):
    _, turns = both_ways(model, "The [MASK] burned the [MASK] quickly.")
    assert turns.startswith("the storm burned the storm quickly")


@REAL
def test_the_everyday_blanks(model):
    answered = ask_everyday(model)
    assert 42 <= sum(one.right for one in answered) <= 44
    assert 10 <= sum(one.words[0] in one.blank.answers for one in answered) <= 12
    words = {one.blank.text: one.words for one in answered}
    assert words["The sun rises in the [MASK]."][0] == "sun"
    assert words["She cut the bread with a [MASK]."][0] == "bread"
    assert (
        "door" in words["He opened the [MASK] with a key."]
        and "birthday" in words["They celebrated her [MASK] with a big cake."]
    )


@REAL
def test_the_capital_of_france(model):
    (words,) = best(model, "Paris is the capital of [MASK].")
    assert list(words)[:2] == ["paris", "france"]
    assert words["paris"] == pytest.approx(0.30, abs=0.02) and words["france"] == pytest.approx(0.15, abs=0.02)


def test_the_held_out_figures():
    score = zoo.entry("masked-minilm").score
    shares = [round(100 * score[f"{source}_top5"]) for source in ("wikitext2", "tales", "problems")]
    assert shares == [51, 56, 72]


def test_what_labels_are_worth():
    """From scratch it guesses at the new words, with 128 labels too; pre-trained it is right in two of three with 8."""
    rows = compare(zoo.load("reviews-bert"), labels=(8, 32, 128), starts=("scratch", "fine-tuned"))
    for labels in (8, 128):
        assert abs(mean(rows, "scratch", labels).new_words - 0.5) < 0.12
    assert 0.58 < mean(rows, "fine-tuned", 8).new_words < 0.78
    assert mean(rows, "fine-tuned", 32).new_words > 0.9 and mean(rows, "fine-tuned", 128).new_words > 0.95
    scratch = mean(rows, "scratch", 128)
    assert scratch.labelled_words > 0.8 and scratch.labelled_words > mean(rows, "scratch", 8).labelled_words + 0.1


def test_soggy_keeps_the_company_of_stale_and_burnt():
    """It is never labelled, they may be, and in a sentence its vector is more like theirs than like that of praise."""
    assert "soggy" in judging_words(UNKIND, test=True)
    assert {"stale", "burnt"} <= set(judging_words(UNKIND, test=False))
    model = zoo.load("reviews-bert")

    def vector(word: str) -> torch.Tensor:
        ids = torch.tensor([model.tokenizer.encode(f"The soup was {word} .").ids])
        return model.encoder(ids)[0, 4].detach()

    alike = {word: torch.cosine_similarity(vector("soggy"), vector(word), dim=0).item() for word in CLOSE + FAR}
    assert min(alike[word] for word in CLOSE) > max(alike[word] for word in FAR) + 0.03


def test_one_after_the_other_does_not_promise_the_best():
    words, probability = fill_one_by_one.reference(["I", "went", "to", "[MASK]", "[MASK]", "today"], CITIES)
    assert words == ["I", "went", "to", "New", "York", "today"] and round(probability, 2) == 0.30
    assert max(weight for _, weight in CITIES.sentences) == 0.36
