"""What can be seen and changed in a layer, and what it refuses. Equality with torch stands in tests/reference."""

import math

import pytest
import torch

from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import MultiHeadAttention
from lessons.attention.scaled_dot_product import scaled_scores, softmax_where
from lessons.core.record import intervene, record

BATCH, TIME, D_MODEL, HEADS, D_HEAD, GROUPS = 2, 5, 11, 6, 4, 3


def made(**changes) -> MultiHeadAttention:
    torch.manual_seed(0)
    return MultiHeadAttention(D_MODEL, HEADS, **({"d_head": D_HEAD, "key_value_heads": GROUPS} | changes))


def inputs() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(BATCH, TIME, D_MODEL)


def test_the_weights_have_the_head_as_an_axis():
    shapes = {name: tuple(weight.shape) for name, weight in made().named_parameters()}
    assert shapes == {
        "W_Q": (6, 4, 11), "W_K": (3, 4, 11), "W_V": (3, 4, 11), "W_O": (11, 6, 4),
        "b_Q": (6, 4), "b_K": (3, 4), "b_V": (3, 4), "b_O": (11,),
    }  # fmt: skip
    assert [name for name, _ in made(bias=False).named_parameters()] == ["W_Q", "W_K", "W_V", "W_O"]


def test_the_marks_show_every_step_of_the_way():
    attention, mask = made(), causal_mask(TIME)
    with record(attention) as seen:
        out = attention(inputs(), mask=mask)
    query, key, value = seen["see_query"], seen["see_key"], seen["see_value"]
    assert query.shape == key.shape == value.shape == (BATCH, HEADS, TIME, D_HEAD)
    assert torch.equal(key[:, 0], key[:, 1]) and not torch.equal(key[:, 1], key[:, 2])  # two heads share one
    assert torch.equal(seen["see_scores"], scaled_scores(query, key))
    assert torch.equal(seen["see_pattern"], softmax_where(seen["see_scores"], mask))
    assert torch.equal(seen["see_head"], seen["see_pattern"] @ value)
    by_hand = torch.einsum("bhqd,mhd->bqm", seen["see_head"], attention.W_O) + attention.b_O
    assert torch.allclose(out, by_hand, atol=1e-6)


def test_dropout_acts_after_the_pattern_was_recorded_and_in_training_only():
    attention, x = made(dropout=0.5), inputs()
    still = attention.eval()(x)
    torch.manual_seed(2)
    with record(attention.train()) as seen:
        dropped = attention(x)
    pattern, found = seen["see_pattern"], seen["see_head"]
    assert torch.allclose(pattern.sum(dim=-1), torch.ones(BATCH, HEADS, TIME)) and (pattern > 0).all()
    torch.manual_seed(2)
    assert torch.allclose(found, torch.nn.functional.dropout(pattern, 0.5) @ seen["see_value"], atol=1e-6)
    torch.manual_seed(2)
    assert torch.equal(attention(x), dropped)  # also when nobody looks
    assert not torch.allclose(dropped, still, atol=1e-3)
    assert torch.equal(attention.eval()(x), still)


def test_a_head_is_deleted_where_it_has_found_something():
    attention, x = made(), inputs()

    def without_head_4(found):
        keep = torch.ones(HEADS)
        keep[4] = 0
        return found * keep[:, None, None]

    with intervene(attention, {"see_head": without_head_4}):
        out = attention(x)
    with torch.no_grad():
        attention.W_O[:, 4] = 0
    assert torch.allclose(out, attention(x), atol=1e-6)


def test_an_edited_pattern_is_what_the_values_are_mixed_with():
    attention, x = made(), inputs()
    only_first = torch.zeros(BATCH, HEADS, TIME, TIME)
    only_first[..., 0] = 1
    with intervene(attention, {"see_pattern": lambda pattern: only_first}), record(attention) as seen:
        attention(x)
    assert torch.equal(seen["see_head"], seen["see_value"][:, :, :1].expand_as(seen["see_head"]))


def test_without_positions_the_order_of_the_tokens_does_not_matter():
    attention, x, order = made(), inputs(), torch.tensor([3, 0, 4, 1, 2])
    assert torch.allclose(attention(x[:, order]), attention(x)[:, order], atol=1e-6)


@pytest.mark.parametrize(("sizes", "sentence"), [
    ((10, 4), "d_model must be a multiple of heads: 10 is none of 4. Or name d_head."),
    ((10, 0), "d_model, heads and d_head must be 1 or more, not 0."),
    ((10, 5, 0), "d_model, heads and d_head must be 1 or more, not 0."),
    ((12, 6, None, 4), "6 heads cannot share 4 heads of keys and values: it must divide 6."),
    ((12, 6, None, 0), "cannot share 0 heads"),
    ((12, 6, None, 12), "cannot share 12 heads"),
])  # fmt: skip
def test_sizes_that_do_not_fit(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        MultiHeadAttention(*sizes)


@pytest.mark.parametrize("shape", [(TIME,), (BATCH, TIME, TIME), (1, BATCH, 1, 1, TIME)])
def test_a_mask_with_other_axes_is_refused(shape):
    """Three axes would be stretched as [head query key], one as [key]."""
    mask = torch.ones(shape, dtype=torch.bool)
    with pytest.raises(
        ValueError, match=f"[batch head query key], not {len(shape)} axes: padding_mask makes one".replace("[", r"\[")
    ):
        made()(inputs(), mask=mask)


def test_the_weights_are_drawn_for_their_own_number_of_rows():
    """Glorot's limit for W_K counts the rows that it has: two heads share one, so they are half as many."""
    attention = made()
    for weight, heads in (
        (attention.W_Q, HEADS),
        (attention.W_K, GROUPS),
        (attention.W_V, GROUPS),
        (attention.W_O, HEADS),
    ):
        limit = math.sqrt(6 / (D_MODEL + heads * D_HEAD))
        assert 0.9 * limit < weight.abs().max() <= limit


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_dropout_out_of_its_range(dropout):
    with pytest.raises(ValueError, match=f"dropout must be from 0 up to and without 1, not {dropout}."):
        made(dropout=dropout)
