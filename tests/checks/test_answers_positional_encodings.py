"""The answers of lesson 04, computed with the course's own encodings and by looking at what they give."""

import math

import torch

from lessons import zoo
from lessons.attention.block import EncoderBlock
from lessons.attention.multi_head import MultiHeadAttention
from lessons.attention.scaled_dot_product import softmax_where
from lessons.checks import all_questions
from lessons.positions.alibi import Alibi, slopes
from lessons.positions.learned import LearnedPositions
from lessons.positions.rotary import rotate
from lessons.positions.sinusoidal import sinusoidal, wavelengths
from tests.real_weights import needs_real

QUESTIONS = all_questions()


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_shuffle():
    words = dict(zip(("the", "dog", "bites", "man"), numbers(4, 12), strict=True))
    one, other = ["the", "dog", "bites", "the", "man"], ["the", "man", "bites", "the", "dog"]
    torch.manual_seed(0)
    for model in (MultiHeadAttention(12, 3).double(), EncoderBlock(12, 3, 20).double()):
        here, there = (model(torch.stack([words[word] for word in text])[None])[0] for text in (one, other))
        assert torch.allclose(here[one.index("dog")], there[other.index("dog")], rtol=1e-12, atol=1e-12)
        # With positions it would be another vector.
        waves = sinusoidal(5, 12, dtype=torch.float64)
        here, there = (model(torch.stack([words[word] for word in text])[None] + waves)[0] for text in (one, other))
        assert not torch.allclose(here[one.index("dog")], there[other.index("dog")], rtol=1e-2)
    assert chosen("04.shuffle") == "They are exactly the same vector."


def test_wave():
    far = sinusoidal(60_000, 64, dtype=torch.float64)[:, -2]  # the sine of the slowest wave
    begins_again = next(p for p in range(40_000, 60_000) if far[p - 1] < 0 <= far[p])  # its next way up through 0
    assert abs(begins_again - QUESTIONS["04.wave"].answer) <= 1
    assert round(wavelengths(64)[-1].item()) == 47117 == round(2 * math.pi * 10000 ** (62 / 64))
    assert round(wavelengths(64)[0].item(), 2) == 6.28 and len(wavelengths(64)) == 32
    for wrong in (10_000, 64):
        assert QUESTIONS["04.wave"].score(wrong) < 1.0


def test_dot():
    for d_model, base in ((64, 10000.0), (10, 100.0)):
        table = sinusoidal(200, d_model, base, dtype=torch.float64)
        products = {
            pair: (table[pair[0]] @ table[pair[1]]).item() for pair in ((3, 10), (6, 20), (103, 110), (30, 100))
        }
        same = [pair for pair in products if math.isclose(products[pair], products[3, 10], rel_tol=1e-9)]
        assert same == [(3, 10), (103, 110)]
    assert chosen("04.dot") == "103 and 110"


def test_table():
    table = LearnedPositions(context=512, d_model=384)
    assert sum(weight.numel() for weight in table.parameters()) == 196608 == QUESTIONS["04.table"].answer
    assert not list(Alibi(4).parameters())  # "learn nothing"


@needs_real("minilm-l6")
def test_the_table_is_that_of_minilm():
    config = zoo.load("minilm-l6").config
    assert config.context * config.d_model == QUESTIONS["04.table"].answer


def test_far():
    query, key = numbers(1, 8), numbers(1, 8, seed=2)
    for pairing in ("halves", "neighbours"):

        def score(p: int, q: int, pairing: str = pairing) -> float:
            turned = (rotate(x, torch.tensor([at]), pairing=pairing) for x, at in ((query, p), (key, q)))
            return torch.mul(*turned).sum().item()

        assert math.isclose(score(5, 3), score(105, 103), rel_tol=1e-10)
        assert not math.isclose(score(5, 3), score(5, 103), rel_tol=1e-3)
    assert chosen("04.far") == "It is the same."


def test_slope():
    heads = {slope.item(): head for head, slope in enumerate(slopes(8))}
    query, key = numbers(1, 8, 1, 6), numbers(1, 1, 1, 6, seed=2).expand(1, 8, 21, 6)  # all keys are alike
    pattern = softmax_where(query @ key.mT + Alibi(8).bias(torch.zeros(1, 8, 21, 6), key)[:, :, -1:])[
        0, :, 0
    ]  # [head key]
    for slope, factor in ((1 / 2, "148"), (1 / 256, "1.04")):
        near, far = pattern[heads[slope], -5], pattern[heads[slope], -15]
        assert f"{near / far:.{2 if slope < 0.1 else 0}f}" == factor
    assert QUESTIONS["04.slope"].answer == 148


def test_length():
    """From the scores in the manifest; tests/zoo/test_lengths.py measures the models themselves."""
    scores = {name: zoo.entry(f"lengths-{name}").score for name in ("sinusoidal", "relative", "rotary", "alibi")}
    grown = {name: score["nats_4"] / score["nats_1"] for name, score in scores.items()}
    assert [name for name in grown if grown[name] < 1.0] == ["relative", "alibi"]  # they "even win a little"
    assert all(2.0 < grown[name] < 2.6 for name in ("sinusoidal", "rotary"))  # "more than doubles"
    assert chosen("04.length") == "Relative and ALiBi."
