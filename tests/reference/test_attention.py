"""Our attention equals torch's: outputs, patterns and gradients, readable and fast. All sizes differ.

`torch.nn.MultiheadAttention` means the opposite by True in a mask. Where a row may look nowhere it gives nan as soon as
it shows its weights; such rows are compared with `scaled_dot_product_attention`, and are 0.
"""

import math

import pytest
import torch
from torch.nn import functional as F

from lessons.attention.masks import causal_mask, padding_mask
from lessons.attention.multi_head import InnerPositions, MultiHeadAttention
from lessons.attention.scaled_dot_product import attend, attend_fast
from lessons.core.record import record
from tests.equality import assert_equal

BATCH, HEADS, GROUPS, QUERY, KEY, D_HEAD = 2, 6, 3, 5, 7, 4
D_MODEL = 24  # as wide as all heads together: torch's module knows no other
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
BOTH = pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])


def masks(query: int, key: int) -> dict[str, torch.Tensor | None]:
    torch.manual_seed(5)
    causal, padding = torch.ones(query, key, dtype=torch.bool).tril(), padding_mask([key, key - 3], key)
    own = torch.rand(BATCH, HEADS, query, key) < 0.6
    own[..., 0] = True  # everybody may look somewhere
    blind = own.clone()
    blind[1, :, 2] = blind[0, 4, 0] = False
    return {
        "none": None,
        "causal": causal,
        "padding": padding,
        "both": causal & padding,
        "per head": own,
        "blind rows": blind,
    }


def assert_all_equal(mine, others, tolerance):
    for a, b in zip(mine, others, strict=True):
        assert_equal(a, b, tolerance)


def results(call, inputs, towards):
    """The output and the gradients of all inputs, for a loss that weighs every output differently."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    out = call(*leaves)
    return [out, *torch.autograd.grad((out * towards).sum(), leaves)]


@pytest.mark.parametrize("kind", masks(QUERY, KEY))
@EXACT
def test_attend_and_attend_fast_equal_torch(kind, dtype, tolerance):
    torch.manual_seed(0)
    mask = masks(QUERY, KEY)[kind]
    inputs = [torch.randn(BATCH, HEADS, time, D_HEAD, dtype=dtype) for time in (QUERY, KEY, KEY)]
    towards = torch.randn_like(inputs[0])
    theirs = results(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask), inputs, towards)
    assert_all_equal(results(lambda q, k, v: attend(q, k, v, mask)[0], inputs, towards), theirs, tolerance)
    assert_all_equal(results(lambda q, k, v: attend_fast(q, k, v, mask), inputs, towards), theirs, tolerance)


def carried(ours: MultiHeadAttention, theirs: torch.nn.MultiheadAttention):
    """Give torch's weights to ours; return pairs of our parameter and a function of torch's gradient for it."""
    pairs = []
    with torch.no_grad():
        for i, letter in enumerate("QKV"):
            part = slice(i * D_MODEL, (i + 1) * D_MODEL)
            for name, other in {f"W_{letter}": theirs.in_proj_weight, f"b_{letter}": theirs.in_proj_bias}.items():
                weight = getattr(ours, name)
                weight.copy_(other[part].view_as(weight))
                pairs.append((weight, lambda other=other, part=part: other.grad[part]))
        ours.W_O.copy_(theirs.out_proj.weight.view_as(ours.W_O))
        ours.b_O.copy_(theirs.out_proj.bias)
    for mine, other in ((ours.W_O, theirs.out_proj.weight), (ours.b_O, theirs.out_proj.bias)):
        pairs.append((mine, lambda other=other: other.grad))
    return pairs


def made(dtype):
    """Ours and torch's with the same weights, none of them 0, and the pairs of `carried`."""
    torch.manual_seed(1)
    theirs = torch.nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True, dtype=dtype)
    for bias in (theirs.in_proj_bias, theirs.out_proj.bias):
        torch.nn.init.normal_(bias)
    ours = MultiHeadAttention(D_MODEL, HEADS).to(dtype)
    return ours, theirs, carried(ours, theirs)


def their_mask(mask: torch.Tensor | None, query: int, key: int) -> torch.Tensor | None:
    """Ours, as torch's module takes it: True is "may not look", and batch and heads are one axis."""
    return None if mask is None else ~mask.expand(BATCH, HEADS, query, key).flatten(0, 1)


@pytest.mark.parametrize("kind", ["none", "causal", "padding", "both", "per head"])
@pytest.mark.parametrize("place", ["self", "cross"])
@BOTH
@EXACT
def test_multi_head_equals_torch(place, kind, watched, dtype, tolerance):
    ours, theirs, pairs = made(dtype)
    key = QUERY if place == "self" else KEY
    mask = masks(QUERY, key)[kind]
    inputs = [torch.randn(BATCH, time, D_MODEL, dtype=dtype, requires_grad=True) for time in (QUERY, key)]
    towards = torch.randn(BATCH, QUERY, D_MODEL, dtype=dtype)
    asked, other = inputs if place == "cross" else (inputs[0], inputs[0])
    their_out, their_pattern = theirs(
        asked, other, other, attn_mask=their_mask(mask, QUERY, key), average_attn_weights=False
    )
    used = inputs if place == "cross" else inputs[:1]
    their_grads = torch.autograd.grad((their_out * towards).sum(), used, retain_graph=True)
    (their_out * towards).sum().backward()

    if watched:
        with record(ours) as seen:
            out = ours(*used, mask=mask)
        assert_equal(seen["see_pattern"], their_pattern, tolerance)
    else:
        out = ours(*used, mask=mask)
    grads = torch.autograd.grad((out * towards).sum(), [*used, *(weight for weight, _ in pairs)])
    assert_equal(out, their_out, tolerance)
    assert_all_equal(grads[: len(used)], their_grads, tolerance)
    for (_, theirs_of), (weight, _), grad in zip(pairs, pairs, grads[len(used) :], strict=True):
        other = theirs_of().view_as(weight)
        if weight is ours.b_K:  # the same for all keys, so the softmax takes no notice: 0 but for rounding
            assert max(grad.abs().max(), other.abs().max()) < tolerance * grads[-1].abs().max()
        else:
            assert_equal(grad, other, tolerance)


@BOTH
@EXACT
def test_a_row_that_may_look_nowhere_takes_nothing(watched, dtype, tolerance):
    """torch's module gives nan for such a row, and for it alone; ours gives the bias of the output, and no nan."""
    ours, theirs, _ = made(dtype)
    mask = torch.ones(BATCH, HEADS, QUERY, QUERY, dtype=torch.bool).tril()
    mask[1, :, 2] = False
    x = torch.randn(BATCH, QUERY, D_MODEL, dtype=dtype, requires_grad=True)
    their_out, their_pattern = theirs(
        x, x, x, attn_mask=their_mask(mask, QUERY, QUERY), need_weights=True, average_attn_weights=False
    )
    if watched:
        with record(ours) as seen:
            out = ours(x, mask=mask)
        assert torch.equal(seen["see_pattern"][1, :, 2], torch.zeros(HEADS, QUERY, dtype=dtype))
        others = seen["see_pattern"][their_pattern.isfinite()], their_pattern[their_pattern.isfinite()]
        assert_equal(*others, tolerance)
    else:
        out = ours(x, mask=mask)
    sighted = torch.ones(BATCH, QUERY, dtype=torch.bool)
    sighted[1, 2] = False
    assert their_out[1, 2].isnan().all()
    assert_equal(out[sighted], their_out[sighted], tolerance)
    assert_equal(out[1, 2], ours.b_O, tolerance)
    for grad in torch.autograd.grad(out.square().sum(), [x, *ours.parameters()]):
        assert grad.isfinite().all()


class Distance(InnerPositions):
    """A bias of its own for every head, and keys that are doubled: something to tell paths apart by."""

    def turn(self, x, first=0):
        return 2 * x

    def bias(self, query, key, first=0):
        far = torch.arange(query.shape[2])[:, None] - torch.arange(key.shape[2])
        return torch.linspace(-1, 1, HEADS, dtype=query.dtype)[:, None, None] * far.abs()[None, None]


@pytest.mark.parametrize("kind", ["none", "causal", "padding", "blind rows"])
@BOTH
@EXACT
def test_shared_keys_and_positions_equal_a_loop_over_heads_and_queries(kind, watched, dtype, tolerance):
    """Grouped queries, d_head of its own, no biases, positions inside: written out, one row of one head at a time."""
    torch.manual_seed(2)
    width, time = 11, QUERY
    ours = MultiHeadAttention(width, HEADS, D_HEAD, GROUPS, bias=False, positions=Distance()).to(dtype)
    mask = masks(time, time)[kind]
    allowed = torch.ones(()).bool() if mask is None else mask
    allowed = allowed.expand(BATCH, HEADS, time, time)
    x, towards = (torch.randn(BATCH, time, width, dtype=dtype) for _ in range(2))

    def literal(x, W_Q, W_K, W_V, W_O):
        texts = []
        for b in range(BATCH):
            rows = []
            for t in range(time):
                row = torch.zeros(width, dtype=dtype)
                for head in range(HEADS):
                    group = head // (HEADS // GROUPS)
                    query = 2 * W_Q[head] @ x[b, t]
                    places = [s for s in range(time) if allowed[b, head, t, s]]
                    fits = [
                        torch.exp(
                            query @ (2 * W_K[group] @ x[b, s]) / math.sqrt(D_HEAD)
                            + (-1 + 2 * head / (HEADS - 1)) * abs(t - s)
                        )
                        for s in places
                    ]
                    for s, fit in zip(places, fits, strict=True):
                        row = row + W_O[:, head] @ (W_V[group] @ x[b, s]) * fit / sum(fits)
                rows.append(row)
            texts.append(torch.stack(rows))
        return torch.stack(texts)

    def model(x, *weights):
        named = dict(zip(("W_Q", "W_K", "W_V", "W_O"), weights, strict=True))
        return torch.func.functional_call(ours, named, (x,), {"mask": mask})

    inputs = [x, ours.W_Q, ours.W_K, ours.W_V, ours.W_O]
    if watched:
        with record(ours):
            mine = results(model, inputs, towards)
    else:
        mine = results(model, inputs, towards)
    assert_all_equal(mine, results(literal, inputs, towards), tolerance)


def test_torch_and_we_mean_the_same_by_a_causal_mask():
    theirs = torch.nn.Transformer.generate_square_subsequent_mask(QUERY)
    assert torch.equal(causal_mask(QUERY), theirs == 0)
