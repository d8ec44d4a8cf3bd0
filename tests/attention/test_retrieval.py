"""Soft retrieval: a weighted sum of the values, with hard retrieval as its limit."""

import math
from dataclasses import replace

import pytest
import torch

from lessons.attention.retrieval import ANIMALS, learn_nearest, retrieve, weights_at
from lessons.attention.similarity import build
from lessons.core.seed import generator

QUERY, KEY, D_HEAD, OUTPUT = 2, 5, 3, 4


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_equals_a_literal_loop(temperature):
    torch.manual_seed(0)
    query, key, value = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((QUERY, D_HEAD), (KEY, D_HEAD), (KEY, OUTPUT))
    )
    answer, weights = retrieve(query, key, value, temperature=temperature)
    rows, taken = [], []
    for q in query:
        parts = [torch.exp((q * k).sum() / temperature) for k in key]
        taken.append(torch.stack([part / sum(parts) for part in parts]))
        rows.append(sum(weight * v for weight, v in zip(taken[-1], value, strict=True)))
    back = torch.randn(QUERY, OUTPUT, dtype=torch.float64)
    grads = [torch.autograd.grad((out * back).sum(), (query, key, value)) for out in (answer, torch.stack(rows))]
    for mine, other in [(answer, torch.stack(rows)), (weights, torch.stack(taken)), *zip(*grads, strict=True)]:
        assert (mine - other).abs().max() <= 1e-10 * other.abs().max()


def test_as_the_temperature_falls_soft_retrieval_becomes_hard():
    scores = torch.tensor([[0.5, 0.2, 0.4], [-1.0, 3.0, 2.9]], dtype=torch.float64)
    hard = weights_at(scores, 0.0)
    assert hard.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    distances = [(weights_at(scores, temperature) - hard).abs().max().item() for temperature in (1.0, 0.1, 0.01, 1e-4)]
    assert distances == sorted(distances, reverse=True) and distances[-1] == 0.0


@pytest.mark.parametrize("temperature", [2e-38, 1e-39, 1e-46, 3e-308, 1e-320])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_temperature_next_to_0_is_the_limit(temperature, dtype):
    scores = torch.tensor([[2000.0, 1000.0, 2000.0], [0.0, 3000.0, 2500.0]], dtype=dtype)
    assert weights_at(scores, temperature).tolist() == [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]


def test_two_databases_can_be_compared():
    assert ANIMALS == ANIMALS and replace(ANIMALS) != ANIMALS


def test_keys_that_are_equally_good_share_in_the_limit_too():
    scores = torch.tensor([[2.0, 1.0, 2.0]])
    assert weights_at(scores, 0.0).tolist() == [[0.5, 0.0, 0.5]]
    torch.testing.assert_close(weights_at(scores, 1e-3), weights_at(scores, 0.0))


def test_a_high_temperature_gives_the_plain_mean():
    answer, weights = retrieve(ANIMALS.key[:1], ANIMALS.key, ANIMALS.value, temperature=1e9)
    torch.testing.assert_close(weights, torch.full_like(weights, 1 / 8))
    torch.testing.assert_close(answer[0], ANIMALS.value.mean(dim=0))


@pytest.mark.parametrize("temperature", [-0.1, math.nan])
def test_a_temperature_below_0_is_refused(temperature):
    with pytest.raises(ValueError, match=f"0 or more, not {temperature}"):
        weights_at(torch.zeros(1, 2), temperature)


def test_a_query_far_out_in_one_direction_finds_the_animal_there():
    assert len(ANIMALS.names) == len(ANIMALS.key) == len(ANIMALS.value) == 8
    for query, name in {(0.0, 2.5): "cheetah", (2.5, 0.0): "elephant", (-2.5, -2.5): "snail"}.items():
        _, weights = retrieve(torch.tensor([query]).double(), ANIMALS.key, ANIMALS.value)
        assert ANIMALS.names[weights.argmax()] == name


def _found(name):
    """How often the best score is that of the nearest key, for queries that nobody learned from."""
    query = 5 * torch.rand(2000, 2, generator=generator(99), dtype=torch.float64) - 2.5
    best = learn_nearest(name, ANIMALS.key)(query, ANIMALS.key).argmax(dim=-1)
    return (best == torch.cdist(query, ANIMALS.key).argmin(dim=-1)).double().mean().item()


def test_a_learned_similarity_finds_what_the_dot_product_cannot():
    assert 0.5 < _found("dot") < _found("general") < 0.7  # W turns and stretches, but the length of a key still counts
    assert 0.75 < _found("cosine") < 0.81 < 0.84 < _found("additive")


@pytest.mark.parametrize("name", ["general", "additive"])
def test_learning_repeats_itself_and_leaves_the_outside_alone(name):
    before = torch.get_rng_state()
    first, second = learn_nearest(name, ANIMALS.key), learn_nearest(name, ANIMALS.key)
    assert torch.equal(torch.get_rng_state(), before)
    for mine, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, other) and not mine.requires_grad
    start = dict(learn_nearest(name, ANIMALS.key, steps=0).named_parameters())
    assert all(not torch.equal(weight, start[key]) for key, weight in first.named_parameters())


def test_what_has_no_weights_comes_as_it_is():
    assert learn_nearest("cosine", ANIMALS.key) is build("cosine", 2)
