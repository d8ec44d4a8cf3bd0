"""The answers of lesson 03, computed with the course's own attention and from seeded random numbers."""

import math

import torch

from lessons import zoo
from lessons.attention.deletion import deleted, surprise
from lessons.attention.head_scores import best_head, induction
from lessons.attention.heads import read, read_heads
from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import MultiHeadAttention
from lessons.attention.scaled_dot_product import attend, scaled_scores
from lessons.attention.scaling import dot_products, saturation
from lessons.checks import all_questions
from lessons.core.record import record
from lessons.text.repeats import twice
from tests.real_weights import needs_real

QUESTIONS = all_questions()


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_same_keys():
    query, key, value = numbers(4, 3), numbers(1, 3, seed=2).expand(6, 3), numbers(6, 3, seed=3)
    found, pattern = attend(query, key, value)
    assert torch.allclose(found, value.mean(dim=0).expand(4, 3)) and torch.allclose(
        pattern, torch.tensor(1 / 6).double()
    )
    assert chosen("03.same_keys") == "The mean of all values, whatever the query is."


def test_long_query():
    query, key, value = numbers(50, 4), numbers(6, 4, seed=2), numbers(6, 4, seed=3)
    before, after = attend(query, key, value), attend(100 * query, key, value)
    best = value[scaled_scores(query, key).argmax(dim=-1)]  # the hard retrieval
    assert after[1].amax(dim=-1).median() > 0.999 > 0.9 > before[1].amax(dim=-1).median()
    assert (after[0] - best).norm(dim=-1).median() < 1e-3 < 0.5 < (before[0] - best).norm(dim=-1).median()
    assert chosen("03.long_query") == "It becomes the value of the key that fits best, nearly alone."


def test_spread():
    scores = dot_products(256, samples=4000)
    assert round(scores.std().item()) == 16 == QUESTIONS["03.spread"].answer == math.sqrt(256)
    assert round((scores / 16).std().item(), 1) == 1.0  # "Dividing by the root of d_head makes it 1 again"
    assert QUESTIONS["03.spread"].score(256) == 0.0  # who takes the variance


def test_gradient():
    for seed in range(3):
        scores = dot_products(512, samples=1000, seed=seed)
        without, with_root = saturation(scores), saturation(scores / math.sqrt(512))
        assert without.typical_gradient < with_root.typical_gradient / 100
        assert abs(without.largest - 0.95) < 0.015 and abs(with_root.largest - 0.29) < 0.015
    assert chosen("03.gradient") == "less than a hundredth"


def layer(d_model: int, heads: int) -> MultiHeadAttention:
    return MultiHeadAttention(d_model, heads).double()


def pattern_of(time: int, mask: torch.Tensor | None = None) -> torch.Tensor:
    attention = layer(12, 3)
    with record(attention) as seen:
        attention(numbers(1, time, 12), mask=mask)
    return seen["see_pattern"]


def test_mask():
    pattern = pattern_of(8, causal_mask(8))[0]
    assert {int((head > 0).sum()) for head in pattern} == {36} == {QUESTIONS["03.mask"].answer}
    assert [int((row > 0).sum()) for row in pattern[0]] == [1, 2, 3, 4, 5, 6, 7, 8]
    for wrong in (28, 32, 64):  # without the diagonal, half of the table, all of it
        assert QUESTIONS["03.mask"].score(wrong) < 1.0


def test_weights():
    one, eight = (sum(weight.numel() for weight in layer(64, heads).parameters()) for heads in (1, 8))
    assert eight / one == 1 == QUESTIONS["03.weights"].answer
    assert QUESTIONS["03.weights"].score(8) == 0.0


def test_cost():
    for time in (5, 16):
        assert pattern_of(2 * time).numel() / pattern_of(time).numel() == 4 == QUESTIONS["03.cost"].answer
    assert QUESTIONS["03.cost"].score(2) == 0.0


@needs_real("smollm2-135m")
def test_sink():
    model, text = zoo.load("smollm2-135m"), QUESTIONS["03.sink"].text
    sentence = text[text.index("“") + 1 : text.index("”")]
    before, after = read(model, sentence), read(model, f"My aunt says {sentence[0].lower()}{sentence[1:]}")
    sinks = before.scores["first_token"] > 0.9  # [layer head]
    assert 24 < sinks.sum() < 60, "dozens"
    weights = dict(zip(after.tokens, after.patterns[sinks][:, 4:].mean(dim=(0, 1)).tolist(), strict=True))
    assert before.tokens[0] == "The" and after.tokens[:4] == ["My", " aunt", " says", " the"]
    assert weights["My"] > 0.85 and max(weights[" aunt"], weights[" the"]) < 0.05
    assert chosen("03.sink") == "At “My”, the new first token."


def test_only_the_first_token_can_be_seen_by_all_others():
    assert causal_mask(9).all(dim=0).nonzero().flatten().tolist() == [0]


def losses(model, ids: torch.Tensor, once: int) -> tuple[float, float]:
    """The mean surprise of the tokens of each copy but for its first token, which nobody can know."""
    nats = surprise(model, ids)
    return nats[: once - 1].mean().item(), nats[once:].mean().item()


@needs_real("smollm2-135m")
def test_delete():
    model, once = zoo.load("smollm2-135m"), 50
    assert model.config.layers * model.config.heads == 270
    for seed in range(2):
        ids = twice(model.tokenizer, once, seed)
        assert torch.equal(ids[:once], ids[once:])
        head = best_head(induction(read_heads(model, ids), ids))
        before = losses(model, ids, once)
        with deleted(model, [head]):
            after = losses(model, ids, once)
        assert before[1] < before[0] / 4, "it copies"
        assert abs(after[0] / before[0] - 1) < 0.02 and after[1] > 2 * before[1]
    assert chosen("03.delete") == "It rises on the second copy, and hardly changes on the first."
