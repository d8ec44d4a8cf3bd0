"""Our encoder and decoder blocks equal torch's: outputs and gradients, readable and fast. All sizes differ."""

import pytest
import torch

from lessons.attention.block import DecoderBlock, EncoderBlock
from lessons.attention.masks import causal_mask, padding_mask
from lessons.core.record import record
from tests.equality import assert_equal

BATCH, TIME, SOURCE, HEADS, D_MODEL, D_FF = 2, 5, 7, 3, 12, 17
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
BOTH = pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
ORDER = pytest.mark.parametrize("norm_first", [False, True], ids=["norm last", "norm first"])
ACTIVATION = pytest.mark.parametrize("activation", ["relu", "gelu"])
OURS = {"self_attn": "attention", "multihead_attn": "cross_attention"}
NORMS = {
    "EncoderBlock": ["attention", "feed_forward"],
    "DecoderBlock": ["attention", "cross_attention", "feed_forward"],
}


def under_our_names(theirs: dict[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    """torch's weights, or their gradients, in our names and shapes: a table of its own, not the one of the models."""
    ours = {}
    for name, tensor in theirs.items():
        part, _, rest = name.partition(".")
        if part in OURS and "in_proj" in rest:
            for letter, piece in zip("QKV", tensor.chunk(3), strict=True):
                shape = (HEADS, D_MODEL // HEADS, *piece.shape[1:])
                ours[f"{OURS[part]}.{'W' if 'weight' in rest else 'b'}_{letter}"] = piece.reshape(shape)
        elif part in OURS:
            name, shape = ("W_O", (D_MODEL, HEADS, -1)) if "weight" in rest else ("b_O", (D_MODEL,))
            ours[f"{OURS[part]}.{name}"] = tensor.reshape(shape)
        elif part.startswith("norm"):
            ours[f"{NORMS[kind][int(part[4:]) - 1]}_norm.{rest}"] = tensor
        else:
            ours[f"feed_forward.{'up' if part == 'linear1' else 'down'}.{rest}"] = tensor
    return ours


def made(kind, activation, norm_first, dtype):
    """Ours and torch's with the same weights, none of them 0 or 1."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer if kind is EncoderBlock else torch.nn.TransformerDecoderLayer
    theirs = layer(D_MODEL, HEADS, D_FF, 0.0, activation, 1e-3, batch_first=True, norm_first=norm_first, dtype=dtype)
    for weight in theirs.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    ours = kind(D_MODEL, HEADS, D_FF, activation, norm_first, norm_epsilon=1e-3).to(dtype)
    ours.load_state_dict(under_our_names(theirs.state_dict(), kind.__name__))
    return ours, theirs


def compare(ours, theirs, watched, tolerance, inputs, our_call, their_call, patterns):
    """Outputs and gradients for a loss that weighs every output differently; where watched, the patterns are sound."""
    towards = torch.randn_like(inputs[0])
    mine, other = ([tensor.clone().requires_grad_() for tensor in inputs] for _ in range(2))
    if watched:
        with record(ours) as seen:
            out = our_call(*mine)
        for name, (keys, allowed) in patterns.items():
            pattern = seen[f"{name}.see_pattern"]
            assert pattern.shape == (BATCH, HEADS, TIME, keys)
            assert not pattern[~allowed.expand_as(pattern)].any()
            assert_equal(pattern.sum(-1), torch.ones_like(pattern[..., 0]), tolerance)
        assert seen["see_residual"] is out
    else:
        out = our_call(*mine)
    their_out = their_call(*other)
    (out * towards).sum().backward()
    (their_out * towards).sum().backward()
    assert_equal(out, their_out, tolerance)
    for a, b in zip(mine, other, strict=True):
        assert_equal(a.grad, b.grad, tolerance)
    grads = under_our_names({name: weight.grad for name, weight in theirs.named_parameters()}, type(ours).__name__)
    assert grads.keys() == dict(ours.named_parameters()).keys()
    for name, weight in ours.named_parameters():
        # A bias of the keys has no effect: its gradient is 0 but for rounding.
        assert_equal(weight.grad, grads[name], tolerance, grads["attention.b_Q"] if name.endswith("b_K") else None)


@pytest.mark.parametrize("kind", ["none", "causal", "padding", "both"])
@ORDER
@ACTIVATION
@BOTH
@EXACT
def test_encoder_block_equals_torch(kind, norm_first, activation, watched, dtype, tolerance):
    ours, theirs = made(EncoderBlock, activation, norm_first, dtype)
    causal, padding = causal_mask(TIME), padding_mask([TIME, TIME - 2], TIME)
    mask = {"none": None, "causal": causal, "padding": padding, "both": causal & padding}[kind]
    compare(
        ours, theirs, watched, tolerance, [torch.randn(BATCH, TIME, D_MODEL, dtype=dtype)],
        lambda x: ours(x, mask),
        lambda x: theirs(
            x,
            src_mask=~causal if kind in ("causal", "both") else None,
            src_key_padding_mask=~padding[:, 0, 0] if kind in ("padding", "both") else None,
        ),
        {"attention": (TIME, torch.ones(1).bool() if mask is None else mask)},
    )  # fmt: skip


@pytest.mark.parametrize("padded", [False, True])
@ORDER
@ACTIVATION
@BOTH
@EXACT
def test_decoder_block_equals_torch(padded, norm_first, activation, watched, dtype, tolerance):
    ours, theirs = made(DecoderBlock, activation, norm_first, dtype)
    own, source = padding_mask([TIME - 2, TIME], TIME), padding_mask([SOURCE, SOURCE - 3], SOURCE)
    compare(
        ours, theirs, watched, tolerance, [torch.randn(BATCH, time, D_MODEL, dtype=dtype) for time in (TIME, SOURCE)],
        lambda x, source_x: ours(x, source_x, *((own, source) if padded else ())),
        lambda x, source_x: theirs(
            x,
            source_x,
            tgt_mask=~causal_mask(TIME),
            tgt_key_padding_mask=~own[:, 0, 0] if padded else None,
            memory_key_padding_mask=~source[:, 0, 0] if padded else None,
        ),
        {
            "attention": (TIME, causal_mask(TIME) & own if padded else causal_mask(TIME)),
            "cross_attention": (SOURCE, source if padded else torch.ones(1).bool()),
        },
    )  # fmt: skip
