"""Every similarity is what its formula says: against literal loops, values and gradients, in float64."""

import math

import pytest
import torch
from torch import nn

from lessons.attention.similarity import SIMILARITIES, TITLES, Additive, General, build

BATCH, QUERY, KEY, D_HEAD, HIDDEN = 2, 3, 5, 4, 7


def _dot(q, k):
    return sum(q[i] * k[i] for i in range(len(q)))


def _cosine(q, k):
    return _dot(q, k) / (torch.sqrt(_dot(q, q)) * torch.sqrt(_dot(k, k)))


def _general(q, k, W):
    return sum(q[i] * W[i, j] * k[j] for i in range(len(q)) for j in range(len(k)))


def _additive(q, k, W, U, v):
    return sum(v[h] * torch.tanh(_dot(W[h], q) + _dot(U[h], k)) for h in range(len(v)))


LITERAL = {
    "dot": _dot,
    "scaled_dot": lambda q, k: _dot(q, k) / math.sqrt(len(q)),
    "cosine": _cosine,
    "general": _general,
    "additive": _additive,
}


def _made(name):
    torch.manual_seed(0)
    similarity = Additive(D_HEAD, HIDDEN) if name == "additive" else build(name, D_HEAD)
    return similarity.double() if isinstance(similarity, nn.Module) else similarity


@pytest.mark.parametrize("name", SIMILARITIES)
def test_equals_a_literal_loop(name):
    similarity = _made(name)
    weights = list(similarity.parameters()) if isinstance(similarity, nn.Module) else []
    query = torch.randn(BATCH, QUERY, D_HEAD, dtype=torch.float64, requires_grad=True)
    key = torch.randn(BATCH, KEY, D_HEAD, dtype=torch.float64, requires_grad=True)
    back = torch.randn(BATCH, QUERY, KEY, dtype=torch.float64)

    ours = similarity(query, key)
    literal = torch.stack([LITERAL[name](q, k, *weights) for b in range(BATCH) for q in query[b] for k in key[b]])
    literal = literal.reshape(BATCH, QUERY, KEY)
    pairs = [(ours, literal)]
    inputs = [query, key, *weights]
    grads = [torch.autograd.grad((scores * back).sum(), inputs) for scores in (ours, literal)]
    pairs += zip(*grads, strict=True)
    for mine, other in pairs:
        assert mine.shape == other.shape
        assert (mine - other).abs().max() <= 1e-10 * other.abs().max()


@pytest.mark.parametrize("name", SIMILARITIES)
def test_every_leading_axis_is_an_axis_of_the_scores(name):
    similarity = _made(name)
    query, key = torch.randn(QUERY, D_HEAD).double(), torch.randn(KEY, D_HEAD).double()
    alone = similarity(query, key)
    assert alone.shape == (QUERY, KEY)
    many = similarity(query.expand(2, 3, -1, -1), key.expand(2, 3, -1, -1))
    assert many.shape == (2, 3, QUERY, KEY)
    torch.testing.assert_close(many[1, 2], alone)


def test_every_similarity_has_a_title_and_those_that_learn_are_modules():
    assert list(SIMILARITIES) == list(TITLES) == list(LITERAL)
    assert [name for name in SIMILARITIES if isinstance(build(name, 2), nn.Module)] == ["general", "additive"]
    assert {type(build("general", 2)), type(build("additive", 2))} == {General, Additive}


def test_the_length_counts_for_the_dot_product_and_not_for_the_cosine():
    query, key = torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0], [10.0, 0.0]])
    assert build("dot", 2)(query, key).tolist() == [[3.0, 30.0]]
    torch.testing.assert_close(build("cosine", 2)(query, key), torch.tensor([[0.6, 0.6]]))


def test_a_vector_of_length_0_has_the_cosine_0_and_a_finite_gradient():
    query, key = torch.zeros(1, 2, requires_grad=True), torch.tensor([[1.0, 2.0]])
    score = build("cosine", 2)(query, key)
    score.sum().backward()
    assert score.item() == 0.0 and query.grad.isfinite().all()


def test_an_unknown_similarity_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="no similarity 'manhattan'.*dot, scaled_dot, cosine, general, additive"):
        build("manhattan", 2)
