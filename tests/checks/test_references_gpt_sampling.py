"""The checks of top-p and of the cache: references against the library, and mistakes as students write them.

The other checks of lesson 06 are in test_references_gpt_few_shot.py."""

import math

import pytest
import torch

from lessons.attention.cache import LayerCache
from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import MultiHeadAttention
from lessons.attention.scaled_dot_product import attend
from lessons.checks.gpt_few_shot import attend_with_cache, top_p
from lessons.core.record import record
from lessons.core.seed import generator, seeded
from lessons.gpt.decoding import Decoding, probabilities
from tests.equality import assert_equal, assert_equal_gradients

# --- Top-p ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", top_p.all_cases())
def test_top_p_is_that_of_the_library(case):
    chances, p = case
    assert_equal(top_p.reference(chances, p), probabilities(chances.log(), Decoding(top_p=p)))


def test_top_p_is_that_of_the_library_on_a_large_vocabulary():
    for seed in range(20):
        chances = (4 * torch.randn(500, generator=generator(seed), dtype=torch.float64)).softmax(dim=0)
        for p in (0.0, 0.1, 0.5, 0.9, 0.999, 1.0):
            theirs = probabilities(chances.log(), Decoding(top_p=p))
            assert_equal(top_p.reference(chances, p), theirs)


def test_top_p_is_that_of_transformers():
    from transformers import TopPLogitsWarper

    for chances, p in top_p.all_cases():
        if 0 < p < 1:  # theirs knows no others
            theirs = TopPLogitsWarper(p)(None, chances.log()[None])[0].softmax(dim=0)
            assert_equal(top_p.reference(chances, p), theirs)


@pytest.mark.parametrize("case", top_p.all_cases())
def test_no_sum_lies_on_p_and_no_two_tokens_are_equally_likely(case):
    chances, p = case
    assert chances.sum().item() == pytest.approx(1.0)
    likely = chances.sort(descending=True).values
    assert (likely[:-1] - likely[1:]).min() > 1e-4
    assert (likely.cumsum(dim=0)[:-1] - p).abs().min() > 1e-4
    assert likely.tolist() != chances.tolist() != likely.flip(0).tolist(), "in no order"


def by_a_loop(probabilities, p):
    result = torch.zeros_like(probabilities)
    total = 0.0
    for token in probabilities.argsort(descending=True).tolist():
        result[token] = probabilities[token]
        total += probabilities[token].item()
        if total >= p:
            break
    return result / result.sum()


def by_the_solution(probabilities, p):
    likely, order = probabilities.sort(descending=True)
    before = likely.cumsum(dim=0) - likely
    kept = torch.where(before < p, likely, 0.0)
    kept[0] = likely[0]
    result = torch.zeros_like(probabilities)
    result[order] = kept / kept.sum()
    return result


def by_scatter(probabilities, p):
    likely, order = torch.sort(probabilities, descending=True)
    stays = torch.roll(likely.cumsum(0) < p, 1)
    stays[0] = True
    kept = torch.zeros_like(probabilities).scatter(0, order, likely * stays)
    return kept / kept.sum()


@pytest.mark.parametrize("attempt", [by_a_loop, by_the_solution, by_scatter])
def test_loops_and_masks_both_pass(attempt):
    assert top_p.examine(lambda *case: attempt(*case)).passed


def loop_that_stops_before(probabilities, p):
    """The question comes before the token is taken."""
    result = torch.zeros_like(probabilities)
    total = 0.0
    for token in probabilities.argsort(descending=True).tolist():
        if result.any() and total + probabilities[token] > p:
            break
        result[token] = probabilities[token]
        total += probabilities[token].item()
    return result / result.sum()


def with_threshold(probabilities, p):
    """A threshold from the sorted tokens; nobody divides."""
    likely = probabilities.sort(descending=True).values
    last = int((likely.cumsum(0) < p).sum())
    return torch.where(probabilities >= likely[min(last, len(likely) - 1)], probabilities, 0.0)


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (loop_that_stops_before, "keeps the token that crosses the threshold out"),
        (with_threshold, "the cut without renormalising"),
        (lambda *case: with_threshold(*case).softmax(0), "a softmax that brings the cut tokens back"),
        (lambda chances, p: by_a_loop(chances.sort(descending=True).values, p), "in sorted order, not in that of the"),
        (lambda chances, p: by_a_loop(chances, 0.0), "always the likeliest token"),
        (lambda *case: (by_a_loop(*case) > 0).double(), "zeros and ones in place of probabilities"),
    ],
)
def test_mistakes_in_top_p_are_named(attempt, name):
    assert top_p.examine(attempt).misconception.startswith(name)


def test_keeping_nothing_is_told_by_its_nan():
    def attempt(probabilities, p):
        likely, order = probabilities.sort(descending=True)
        kept = torch.zeros_like(probabilities)
        kept[order] = torch.where(likely.cumsum(0) <= p, likely, 0.0)
        return kept / kept.sum()

    verdict = top_p.examine(attempt)
    assert verdict.misconception == "keeps the token that crosses the threshold out, and may keep none at all"


def test_typical_stumbles_of_top_p_get_a_sentence():
    verdict = top_p.examine(lambda probabilities, p: by_a_loop(probabilities, p).tolist())
    assert verdict.headline == "Your result is a list of 6, expected one tensor."
    verdict = top_p.examine(lambda probabilities, p: by_a_loop(probabilities, p).float())
    assert "float32" in verdict.headline
    verdict = top_p.examine(lambda probabilities, p: by_a_loop(probabilities, p)[probabilities > 0.1])
    assert "shape" in verdict.headline

    def attempt(probabilities, p):
        probabilities[probabilities < 0.1] = 0.0
        return probabilities / probabilities.sum()

    assert "changes its argument `probabilities` in place" in top_p.examine(attempt).headline
    drawn = top_p.examine(lambda probabilities, p: torch.rand(len(probabilities)).double().softmax(0))
    assert "gives another answer each time" in drawn.headline


# --- The cache ------------------------------------------------------------------------------------


def test_step_by_step_gives_the_rows_of_the_whole_attention_with_its_gradient():
    time, d_head = 6, 4
    rows = torch.randn(3, time, d_head, generator=generator(1), dtype=torch.float64).requires_grad_()
    query, key, value = rows
    whole, _ = attend(query, key, value, causal_mask(time))
    keys = values = torch.zeros(0, d_head, dtype=torch.float64)
    found = []
    for t in range(time):
        row, keys, values = attend_with_cache.reference(query[t], key[t], value[t], keys, values)
        found.append(row)
    assert_equal(torch.stack(found), whole)
    assert_equal_gradients(torch.stack(found), [rows], whole, [rows])
    assert torch.equal(keys, key) and torch.equal(values, value)


def test_the_step_is_that_of_our_attention_layer_with_its_cache():
    with seeded(2):
        layer = MultiHeadAttention(d_model=12, heads=3, d_head=5).double().eval()
    x = torch.randn(1, 4, 12, generator=generator(3), dtype=torch.float64)
    cache = LayerCache()
    with torch.no_grad():
        layer(x[:, :3], mask=causal_mask(3), cache=cache)
        with record(layer) as before:
            layer(x[:, :3])
        with record(layer) as seen:
            layer(x[:, 3:], cache=cache)
    for head in range(3):
        query, found = seen["see_query"][0, head, 0], seen["see_head"][0, head, 0]
        keys, values = before["see_key"][0, head], before["see_value"][0, head]
        newest = seen["see_key"][0, head, -1], seen["see_value"][0, head, -1]
        ours, grown, _ = attend_with_cache.reference(query, *newest, keys, values)
        assert_equal(ours, found)
        assert_equal(grown, seen["see_key"][0, head])


def by_the_solution_of_the_notebook(query, key, value, keys, values):
    keys = torch.cat([keys, key[None]])
    values = torch.cat([values, value[None]])
    weights = (keys @ query / len(query) ** 0.5).softmax(dim=0)
    return weights @ values, keys, values


def by_torch(query, key, value, keys, values):
    keys, values = torch.vstack([keys, key]), torch.vstack([values, value])
    found = torch.nn.functional.scaled_dot_product_attention(query[None, None], keys[None], values[None])
    return found[0, 0], keys, values


def by_a_loop_of_rows(query, key, value, keys, values):
    keys, values = torch.stack([*keys, key]), torch.stack([*values, value])
    weights = torch.stack([(row @ query / math.sqrt(query.shape[0])).exp() for row in keys])
    return sum(w * row for w, row in zip(weights / weights.sum(), values, strict=True)), keys, values


@pytest.mark.parametrize("attempt", [by_the_solution_of_the_notebook, by_torch, by_a_loop_of_rows])
def test_a_step_in_other_words_passes(attempt):
    assert attend_with_cache.examine(lambda *case: attempt(*case)).passed


def in_the_wrong_order(query, key, value, keys, values):
    found = (keys @ query / math.sqrt(len(query))).softmax(dim=0) @ values
    return found, torch.cat([keys, key[None]]), torch.cat([values, value[None]])


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (in_the_wrong_order, "attended before the newest token was in the cache"),
        (lambda *case: (by_torch(*case)[0], *case[3:]), "gave back the old cache"),
        (lambda q, k, v, ks, vs: by_torch(q, k, v, ks[:-1], vs[:-1]), "the newest key and value in place of the last"),
        (lambda q, k, v, ks, vs: by_torch(q * math.sqrt(len(q)), k, v, ks, vs), "forgot to scale"),
        (lambda q, k, v, ks, vs: by_torch(q / math.sqrt(len(q)), k, v, ks, vs), "divided by the width, not by its"),
        (lambda q, k, v, *more: (by_torch(q, k, v, *more)[0], *by_torch(q, q, v, *more)[1:]), None),
        (lambda q, k, v, *more: by_torch(q, q, v, *more), "cached the query in place of the key"),
        (lambda *case: by_torch(*case)[0], "only what the token finds"),
    ],
)
def test_mistakes_with_a_cache_are_named(attempt, name):
    found = attend_with_cache.examine(attempt).misconception
    assert found is name or found.startswith(name)


def test_typical_stumbles_of_the_cache_get_a_sentence():
    verdict = attend_with_cache.examine(lambda q, k, v, ks, vs: by_torch(q, k, v, torch.cat([ks, k]), vs))
    assert verdict.headline.startswith("Your function stops with RuntimeError: Tensors must have same number of dim")
    verdict = attend_with_cache.examine(lambda q, k, v, ks, vs: by_torch(q, k, v, torch.cat([ks, k[:, None]], 1), vs))
    assert "Look at line 1 of your function" in verdict.detail and "keys [4, 3]" in verdict.detail
    verdict = attend_with_cache.examine(lambda *case: tuple(part[None] for part in by_torch(*case)))
    assert verdict.headline == "Result 1 is a tensor of shape [1, 3], expected a tensor of shape [3]."
    verdict = attend_with_cache.examine(lambda *case: tuple(part.detach() for part in by_torch(*case)))
    assert "no gradient flows" in verdict.headline

    def attempt(query, key, value, keys, values):
        values[-1:] = value
        return by_torch(query, key, value, keys, values)

    assert "changes its argument `values` in place" in attend_with_cache.examine(attempt).headline
