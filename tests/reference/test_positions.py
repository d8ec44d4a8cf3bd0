"""Our encodings of positions equal transformers' rotary, and for each of the others a literal loop. All sizes differ.

The loops take one query and one key at a time, in whole attention layers too: what positions do to the output and to
every gradient. Both the readable path and the fast one are compared.
"""

import math

import pytest
import torch

from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import MultiHeadAttention
from lessons.core.record import record
from lessons.positions.alibi import Alibi
from lessons.positions.relative import RelativePositions, relative_shift
from lessons.positions.rotary import Rotary, halves_order, rotate
from lessons.positions.sinusoidal import sinusoids
from tests.equality import assert_equal

BATCH, HEADS, D_HEAD, TIME, D_MODEL = 2, 3, 4, 7, 10
BASE = 100.0  # so that the slow arrows turn visibly, too
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])


# --- rotary, against transformers -------------------------------------------------------------------------------------


def literal_angles(positions, d_head):
    return torch.tensor(
        [[p * BASE ** (-2 * i / d_head) for i in range(d_head // 2)] for p in positions.tolist()], dtype=torch.float64
    )


def llama(x, positions):
    """transformers' Llama. It makes its table in float32 whatever x is, so float64 is given a table of float64."""
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    rope = {"rope_type": "default", "rope_theta": BASE}
    sizes = {"num_attention_heads": HEADS, "hidden_size": HEADS * x.shape[-1], "head_dim": x.shape[-1]}
    cos, sin = LlamaRotaryEmbedding(LlamaConfig(rope_parameters=rope, **sizes))(x, positions[None])
    if x.dtype == torch.float64:
        exact = literal_angles(positions, x.shape[-1]).repeat(1, 2)[None]
        assert_equal(cos, exact.cos(), 1e-5)
        cos, sin = exact.cos(), exact.sin()
    return apply_rotary_pos_emb(x, x, cos, sin)[0]


def gptj(x, positions):
    """transformers' GPT-J, whose table knows the base 10000 alone: it is given ours."""
    from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb

    angle = literal_angles(positions, x.shape[-1]).to(x.dtype)[None]  # [batch=1 time d_head/2]
    return apply_rotary_pos_emb(x.transpose(1, 2), angle.sin(), angle.cos()).transpose(1, 2)


@pytest.mark.parametrize(("pairing", "theirs"), [("halves", llama), ("neighbours", gptj)])
@EXACT
def test_rotary_equals_transformers(pairing, theirs, dtype, tolerance):
    torch.manual_seed(0)
    x = torch.randn(BATCH, HEADS, TIME, 8, dtype=dtype)
    towards, positions = torch.randn_like(x), torch.tensor([0, 1, 2, 5, 11, 19, 40])
    results = []
    for turn in (lambda x: rotate(x, positions, BASE, pairing), lambda x: theirs(x, positions)):
        leaf = x.clone().requires_grad_()
        out = turn(leaf)
        results.append((out, *torch.autograd.grad((out * towards).sum(), leaf)))
    for mine, other in zip(*results, strict=True):
        assert_equal(mine, other, tolerance)


def test_the_order_of_halves_carries_one_pairing_into_the_other():
    x, positions = torch.randn(BATCH, TIME, 8, dtype=torch.float64), torch.arange(TIME)
    order = halves_order(8)
    turned = rotate(x, positions, BASE, "neighbours")[..., order]
    assert_equal(turned, rotate(x[..., order], positions, BASE, "halves"), 1e-12)
    assert (turned - rotate(x, positions, BASE, "halves")).abs().max() > 0.1


# --- whole attention layers, one query and one key at a time ----------------------------------------------------------


def no_positions(layer, q, k, h, i, j):
    return q @ k


def relative(layer, q, k, h, i, j):
    """The four terms of Dai et al., in their order."""
    W_R, u, v = layer.positions.W_R[h], layer.positions.u[h], layer.positions.v[h]
    waves = [(i - j) * 10000.0 ** (-2 * w / D_MODEL) for w in range(D_MODEL // 2)]
    r = torch.tensor([f(wave) for wave in waves for f in (math.sin, math.cos)], dtype=q.dtype)
    return q @ k + q @ (W_R @ r) + u @ k + v @ (W_R @ r)


def turned(x, position, pairs):
    """Arrow by arrow, as complex numbers."""
    out = list(x)
    for w, (a, b) in enumerate(pairs):
        angle = position * BASE ** (-2 * w / D_HEAD)
        arrow = torch.complex(x[a], x[b]) * torch.polar(*torch.tensor([1.0, angle], dtype=x.dtype))
        out[a], out[b] = arrow.real, arrow.imag
    return torch.stack(out)


def halves(layer, q, k, h, i, j):
    pairs = [(w, w + D_HEAD // 2) for w in range(D_HEAD // 2)]
    return turned(q, i, pairs) @ turned(k, j, pairs)


def neighbours(layer, q, k, h, i, j):
    pairs = [(2 * w, 2 * w + 1) for w in range(D_HEAD // 2)]
    return turned(q, i, pairs) @ turned(k, j, pairs)


def alibi(layer, q, k, h, i, j):
    """Three heads: the slopes of two, 1/16 and 1/256, and then the first of those of four, 1/4."""
    return q @ k - math.sqrt(D_HEAD) * [1 / 16, 1 / 256, 1 / 4][h] * abs(i - j)


def literal_layer(score, layer, x, causal):
    out = []
    for sequence in x:
        rows = [layer.b_O for _ in range(TIME)]
        for h in range(HEADS):
            q, k, v = (
                [weight[h] @ vector + bias[h] for vector in sequence]
                for weight, bias in (
                    (layer.W_Q, layer.b_Q),
                    (layer.W_K, layer.b_K),
                    (layer.W_V, layer.b_V),
                )
            )
            for i in range(TIME):
                keys = range(i + 1 if causal else TIME)
                scores = [torch.exp(score(layer, q[i], k[j], h, i, j) / math.sqrt(D_HEAD)) for j in keys]
                found = sum(weight * v[j] for j, weight in zip(keys, scores, strict=True)) / sum(scores)
                rows[i] = rows[i] + layer.W_O[:, h] @ found
        out.append(torch.stack(rows))
    return torch.stack(out)


@pytest.mark.parametrize(("score", "make"), [
    (no_positions, lambda: None),
    (relative, lambda: RelativePositions(D_MODEL, HEADS, D_HEAD)),
    (halves, lambda: Rotary(D_HEAD, BASE)),
    (neighbours, lambda: Rotary(D_HEAD, BASE, "neighbours")),
    (alibi, lambda: Alibi(HEADS)),
])  # fmt: skip
@pytest.mark.parametrize("causal", [False, True], ids=["everywhere", "causal"])
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
def test_attention_equals_a_literal_loop(score, make, causal, watched):
    torch.manual_seed(1)
    layer = MultiHeadAttention(D_MODEL, HEADS, D_HEAD, positions=make()).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()  # also u, v and the biases, which begin at 0
    x = torch.randn(BATCH, TIME, D_MODEL, dtype=torch.float64)
    towards = torch.randn_like(x)
    mask = causal_mask(TIME) if causal else None

    def ours(x):
        if not watched:
            return layer(x, mask=mask)
        with record(layer):
            return layer(x, mask=mask)

    results = []
    for forward in (ours, lambda x: literal_layer(score, layer, x, causal)):
        leaf = x.clone().requires_grad_()
        out = forward(leaf)
        results.append([out, *torch.autograd.grad((out * towards).sum(), [leaf, *layer.parameters()])])
    scale = max(gradient.abs().max() for gradient in results[1][1:])
    for mine, other in zip(*results, strict=True):  # b_K has no gradient but rounding: any key's weight grows alike
        assert mine.shape == other.shape
        assert (mine - other).abs().max() <= 1e-10 * max(other.abs().max(), 1e-3 * scale)


# --- tables and the shift, number by number ---------------------------------------------------------------------------


@EXACT
def test_sinusoids_equal_a_literal_loop(dtype, tolerance):
    positions = [0, 1, 2, 3, 17, 400, -6]
    table = [[math.nan] * D_MODEL for _ in positions]
    for row, position in enumerate(positions):
        for i in range(D_MODEL // 2):
            table[row][2 * i] = math.sin(position / BASE ** (2 * i / D_MODEL))
            table[row][2 * i + 1] = math.cos(position / BASE ** (2 * i / D_MODEL))
    mine = sinusoids(torch.tensor(positions), D_MODEL, BASE, dtype)
    assert mine.dtype == dtype
    assert_equal(mine, torch.tensor(table, dtype=dtype), tolerance)


@pytest.mark.parametrize(("queries", "keys"), [(5, 5), (5, 8), (6, 4), (1, 1)])
def test_the_relative_shift_equals_a_literal_loop(queries, keys):
    """A column for every distance from queries - 1 down; the result has it under the right key."""
    columns = queries + keys - 1
    x = torch.randn(BATCH, HEADS, queries, columns, dtype=torch.float64, requires_grad=True)
    towards = torch.randn(BATCH, HEADS, queries, keys, dtype=torch.float64)
    rows = [[x[..., i, (queries - 1) - (i - j)] for j in range(keys)] for i in range(queries)]
    literal = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    mine = relative_shift(x)
    assert mine.shape == x.shape
    assert torch.equal(mine[..., :keys], literal)
    gradients = [torch.autograd.grad((out * towards).sum(), x)[0] for out in (mine[..., :keys], literal)]
    assert torch.equal(*gradients)


def test_the_relative_shift_of_a_square_is_right_up_to_the_diagonal():
    """Distances from 4 to 0 alone, as in the papers: a look-ahead mask hides the rest."""
    x = torch.randn(5, 5)
    shifted = relative_shift(x)
    for i in range(5):
        for j in range(i + 1):
            assert shifted[i, j] == x[i, 4 - (i - j)]
