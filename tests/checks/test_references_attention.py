"""The checks of lesson 03: references against torch and loops over numbers, and mistakes as students write them."""

import math

import pytest
import torch
from torch.nn import functional as F

from lessons.attention import masks
from lessons.attention.head_scores import previous_token
from lessons.attention.multi_head import MultiHeadAttention
from lessons.checks.attention_heads import causal_mask, multi_head, previous_token_score, scaled_dot_product
from tests.equality import assert_equal, assert_equal_gradients

# --- Scaled dot-product attention -----------------------------------------------------------------


@pytest.mark.parametrize("case", scaled_dot_product.all_cases())
def test_the_product_is_that_of_torch_with_its_gradients(case):
    *leaves, mask = case
    leaves = [tensor.requires_grad_() for tensor in leaves]
    ours = scaled_dot_product.reference(*leaves, mask)
    theirs = F.scaled_dot_product_attention(*(tensor[None] for tensor in leaves), attn_mask=mask)[0]
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, leaves, theirs, leaves)


def test_in_every_mask_each_row_and_each_column_holds_both_values():
    for *_, mask in scaled_dot_product.all_cases():
        for axis in (0, 1):
            assert mask.any(dim=axis).all() and not mask.all(dim=axis).any()


def attention(query, key, value, mask, hide=-1e9, axis=-1, root=True):
    scores = query @ key.T / (math.sqrt(query.shape[-1]) if root else 1)
    return scores.masked_fill(mask == 0, hide).softmax(dim=axis) @ value


@pytest.mark.parametrize(
    "attempt",
    [
        attention,
        lambda query, key, value, mask: attention(query, key, value, mask, hide=-math.inf),
        lambda query, key, *rest: attention(
            query / key.shape[1] ** 0.25, key / key.shape[1] ** 0.25, *rest, root=False
        ),
        lambda query, key, value, mask: torch.einsum(
            "qk,kd->qd",
            torch.where(mask, torch.einsum("qd,kd->qk", query, key) / query.shape[1] ** 0.5, -math.inf).softmax(1),
            value,
        ),
    ],
)
def test_every_right_way_to_write_the_product_passes(attempt):
    assert scaled_dot_product.examine(attempt).passed


def test_whoever_shares_the_weights_out_again_after_the_mask_is_right_too():
    def attempt(query, key, value, mask):
        weights = (query @ key.T / query.shape[1] ** 0.5).softmax(dim=-1) * mask
        return weights / weights.sum(dim=-1, keepdim=True) @ value

    assert scaled_dot_product.examine(attempt).passed


@pytest.mark.parametrize("hide", [-math.inf, -1e9, -1e30])
@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda q, k, v, m, **how: attention(q, k, v, m, root=False, **how), "forgot the square root of d_head"),
        (lambda q, k, v, m, **how: attention(q, k, v, m, axis=0, **how), "softmax over the wrong axis"),
        (lambda q, k, v, m, **how: attention(q, k, v, ~m, **how), "swapped True and False"),
        (lambda q, k, v, m, **how: attention(q, k, k, m, **how), "took the keys for the values"),
    ],
)
def test_a_mistake_has_its_name_however_the_scores_are_hidden(attempt, name, hide):
    assert scaled_dot_product.examine(lambda q, k, v, m: attempt(q, k, v, m, hide=hide)).misconception == name


def test_keys_that_are_not_transposed_stop_with_the_sizes():
    verdict = scaled_dot_product.examine(lambda query, key, value, mask: query @ key)
    assert "Your function stops with RuntimeError" in verdict.headline and "key [5, 4]" in verdict.detail


def test_a_product_that_is_cut_off_from_its_gradient_is_told():
    verdict = scaled_dot_product.examine(lambda query, *others: attention(query.detach(), *others))
    assert "gradient with respect to `query`" in verdict.headline


# --- The causal mask ------------------------------------------------------------------------------


@pytest.mark.parametrize("time", [1, 4, 6])
def test_the_mask_is_that_of_the_library_and_of_a_double_loop(time):
    mask = causal_mask.reference(time)
    assert mask.dtype == torch.bool and torch.equal(mask, masks.causal_mask(time))
    assert mask.tolist() == [[key <= query for key in range(time)] for query in range(time)]


def test_the_mask_means_the_opposite_of_torchs_as_its_misconception_says():
    inverted = next(m for m in causal_mask.misconceptions if m.name == "let True mean hidden")
    floats = next(m for m in causal_mask.misconceptions if m.name.startswith("zero and minus infinity"))
    assert "torch.nn.MultiheadAttention" in inverted.says
    theirs = torch.nn.Transformer.generate_square_subsequent_mask(5)  # what is added to the scores
    assert torch.equal(floats.wrong(5), theirs) and torch.equal(inverted.wrong(5), theirs.isinf())


@pytest.mark.parametrize(
    "attempt",
    [
        lambda time: torch.arange(time)[:, None] >= torch.arange(time),
        lambda time: torch.tril(torch.ones(time, time)) == 1,
        lambda time: ~torch.triu(torch.ones(time, time, dtype=torch.bool), diagonal=1),
    ],
)
def test_every_right_way_to_write_the_mask_passes(attempt):
    assert causal_mask.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda time: torch.arange(time)[:, None] > torch.arange(time), "nobody may look at themselves"),
        (lambda time: torch.arange(time)[:, None] <= torch.arange(time), "looks ahead, not back"),
        (
            lambda time: torch.triu(torch.full((time, time), -math.inf), 1),
            "zero and minus infinity in place of True and False",
        ),
    ],
)
def test_other_ways_to_write_a_wrong_mask_have_the_same_names(attempt, name):
    assert causal_mask.examine(attempt).misconception == name


# --- Multi-head attention -------------------------------------------------------------------------


def heads_by_numbers(x, W_Q, W_K, W_V, W_O):
    """One number at a time: no matrix product, no softmax of torch's, no reshape."""
    time, d_model, heads, d_head = len(x), x.shape[1], *W_Q.shape[:2]

    def projected(W, h, t):
        return [sum(W[h, e, d] * x[t, d] for d in range(d_model)) for e in range(d_head)]

    out = [[torch.zeros((), dtype=torch.float64)] * d_model for _ in range(time)]
    for h in range(heads):
        query, key, value = ([projected(W, h, t) for t in range(time)] for W in (W_Q, W_K, W_V))
        for t in range(time):
            products = [sum(a * b for a, b in zip(query[t], key[s], strict=True)) for s in range(time)]
            weights = [torch.exp(product / math.sqrt(d_head)) for product in products]
            for e in range(d_head):
                found = sum(weights[s] / sum(weights) * value[s][e] for s in range(time))
                out[t] = [out[t][d] + W_O[d, h, e] * found for d in range(d_model)]
    return torch.stack([torch.stack(row) for row in out])


@pytest.mark.parametrize("case", multi_head.all_cases())
def test_the_heads_are_those_of_a_loop_over_numbers_with_their_gradients(case):
    leaves = [tensor.requires_grad_() for tensor in case]
    ours, theirs = multi_head.reference(*leaves), heads_by_numbers(*leaves)
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, leaves, theirs, leaves)


@pytest.mark.parametrize("case", multi_head.all_cases())
def test_the_heads_are_those_of_the_model_with_their_gradients(case):
    x, *weights = leaves = [tensor.requires_grad_() for tensor in case]
    heads, d_head, d_model = weights[0].shape
    model = MultiHeadAttention(d_model, heads, d_head, bias=False).double()
    parameters = [model.W_Q, model.W_K, model.W_V, model.W_O]
    with torch.no_grad():
        for parameter, weight in zip(parameters, weights, strict=True):
            parameter.copy_(weight)
    ours, theirs = multi_head.reference(*leaves), model(x[None])[0]
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, leaves, theirs, [x, *parameters])


def test_the_first_case_is_that_of_torchs_module():
    x, W_Q, W_K, W_V, W_O = multi_head.case(1)
    theirs = torch.nn.MultiheadAttention(x.shape[1], len(W_Q), bias=False).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([W.flatten(0, 1) for W in (W_Q, W_K, W_V)]))
        theirs.out_proj.weight.copy_(W_O.flatten(1))
    assert_equal(multi_head.reference(x, W_Q, W_K, W_V, W_O), theirs(x, x, x)[0].detach())


def by_a_loop(x, W_Q, W_K, W_V, W_O, heads=None):
    out = torch.zeros_like(x)
    everybody = torch.ones(len(x), len(x), dtype=torch.bool)
    for head in range(len(W_Q)) if heads is None else heads(len(W_Q)):
        query, key, value = x @ W_Q[head].T, x @ W_K[head].T, x @ W_V[head].T
        out = out + scaled_dot_product.reference(query, key, value, everybody) @ W_O[:, head].T
    return out


def by_one_product(x, W_Q, W_K, W_V, W_O, split=lambda flat, heads: flat.unflatten(1, (heads, -1)).transpose(0, 1)):
    query, key, value = (split(x @ W.flatten(0, 1).T, len(W)) for W in (W_Q, W_K, W_V))
    found = (query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])).softmax(dim=-1) @ value
    return found.permute(1, 0, 2).reshape(len(x), -1) @ W_O.reshape(len(W_O), -1).T


@pytest.mark.parametrize("attempt", [lambda *case: by_a_loop(*case), lambda *case: by_one_product(*case)])
def test_a_loop_over_heads_and_one_large_product_both_pass(attempt):
    assert multi_head.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda *case: by_a_loop(*case, heads=lambda heads: [heads - 1]), "kept the last head only"),
        (lambda *case: by_a_loop(*case, heads=lambda heads: [0]), "kept the first head only"),
        (lambda *case: by_a_loop(*case) / len(case[1]), "averaged the heads"),
        (
            lambda *case: by_one_product(*case, split=lambda flat, heads: flat.view(heads, len(flat), -1)),
            "heads mixed up with time on the way in",
        ),
    ],
)
def test_mistakes_in_both_ways_to_write_the_heads_are_named(attempt, name):
    assert multi_head.examine(attempt).misconception == name


# --- The score of a head --------------------------------------------------------------------------


@pytest.mark.parametrize("case", previous_token_score.all_cases())
def test_the_score_is_that_of_the_library_and_of_a_loop(case):
    (pattern,) = case
    ours = previous_token_score.reference(pattern)
    assert_equal(ours, previous_token(pattern[None])[0])
    by_hand = [pattern[t, t - 1].item() for t in range(1, len(pattern))]
    assert ours.item() == pytest.approx(sum(by_hand) / len(by_hand), rel=1e-12)


def test_the_cases_are_patterns_of_a_decoder_and_of_an_encoder():
    patterns = [pattern for (pattern,) in previous_token_score.all_cases()]
    assert all(torch.allclose(p.sum(dim=-1), torch.ones(len(p)).double()) for p in patterns)
    assert [bool(p.triu(1).any()) for p in patterns] == [False, True, True]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda pattern: pattern.diagonal(-1).mean(),
        lambda pattern: pattern[1:, :-1].diagonal().mean().item(),
        lambda pattern: sum(pattern[t, t - 1] for t in range(1, len(pattern))) / (len(pattern) - 1),
        lambda pattern: pattern[torch.arange(1, len(pattern)), torch.arange(len(pattern) - 1)].mean(),
    ],
)
def test_every_right_way_to_write_the_score_passes(attempt):
    assert previous_token_score.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda p: sum(p[t, t - 1] for t in range(len(p))) / len(p), "went round at the first token"),
        (lambda p: sum(p[t, max(t - 1, 0)] for t in range(len(p))) / len(p), "counted the first token's own weight"),
        (lambda p: p.T.diagonal(-1).mean(), "looked at the next token"),
        (lambda p: (p * torch.ones_like(p).tril(-1).triu(-1)).mean(), "mean over the whole table"),
        (
            lambda p: (p[1:].argmax(1) == torch.arange(len(p) - 1)).float().mean(),
            "counted how often the largest weight lies there",
        ),
    ],
)
def test_wrong_scores_as_students_write_them_are_named(attempt, name):
    assert previous_token_score.examine(attempt).misconception == name
