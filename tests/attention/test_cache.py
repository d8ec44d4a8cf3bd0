"""The cache of keys and values: the same numbers as without it, in whatever pieces a text is read."""

import pytest
import torch

from lessons.attention.cache import ROOM, Cache, LayerCache, past_mask
from lessons.attention.masks import causal_mask
from lessons.attention.multi_head import InnerPositions, MultiHeadAttention
from lessons.core.record import record
from lessons.gpt.gpt2 import GPT2, GPT2Config
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.positions.alibi import Alibi
from lessons.positions.relative import RelativePositions
from lessons.positions.rotary import Rotary
from tests.equality import assert_equal

BATCH, TIME, D_MODEL, HEADS, D_HEAD = 3, 11, 18, 6, 4
DECODERS = {
    "llama": lambda: Llama(LlamaConfig(23, D_MODEL, 5, HEADS, 2, D_HEAD, 13, TIME, rotary_base=50.0)),
    "gpt2": lambda: GPT2(GPT2Config(23, D_MODEL, 5, HEADS, D_HEAD, 13, TIME)),
}
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
CUTS = pytest.mark.parametrize("pieces", [[TIME], [1] * TIME, [4, 1, 1, 5], [2, 6, 3]], ids=str)
FAMILY = pytest.mark.parametrize("family", DECODERS)


def decoder(family, dtype=torch.float64):
    """Large weights, so that attention is not even."""
    torch.manual_seed(0)
    model = DECODERS[family]().to(dtype).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, mean=1.0 if weight.dim() == 1 else 0.0, std=0.3)
    return model


def texts(batch=BATCH, time=TIME):
    return torch.randint(23, (batch, time), generator=torch.Generator().manual_seed(1))


def in_pieces(model, ids, pieces, cache, padding=None):
    return torch.cat([model.hidden(part, cache=cache, padding=padding) for part in ids.split(pieces, dim=1)], dim=1)


@FAMILY
@CUTS
@EXACT
@torch.no_grad()
def test_a_text_in_pieces_gives_what_the_whole_text_gives(family, pieces, dtype, tolerance):
    model, ids, cache = decoder(family, dtype), texts(), Cache(5)
    found = in_pieces(model, ids, pieces, cache)
    assert cache.length == TIME
    assert_equal(model.unembed(found), model(ids), tolerance)


@FAMILY
@CUTS
@EXACT
@torch.no_grad()
def test_padding_in_front_changes_nothing(family, pieces, dtype, tolerance):
    model, ids, padding = decoder(family, dtype), texts(), torch.tensor([0, 5, 2])
    found = in_pieces(model, ids, pieces, Cache(5), padding)
    whole = model.hidden(ids, padding=padding)
    for row, front in enumerate(padding.tolist()):
        alone = model.hidden(ids[row : row + 1, front:])
        assert_equal(found[row : row + 1, front:], alone, tolerance)
        assert_equal(whole[row : row + 1, front:], alone, tolerance)
    assert found.isfinite().all()


@FAMILY
@torch.no_grad()
def test_what_was_trimmed_was_never_read(family):
    model, ids, cache = decoder(family), texts(), Cache(5)
    model.hidden(ids[:, :4], cache=cache)
    model.hidden(ids[:, 7:], cache=cache)
    cache.trim(4)
    assert cache.length == 4
    assert_equal(model.hidden(ids[:, 4:], cache=cache), model.hidden(ids)[:, 4:])


@FAMILY
@torch.no_grad()
def test_texts_are_chosen_left_out_and_repeated(family):
    model, ids, cache, rows = decoder(family), texts(), Cache(5), torch.tensor([2, 0, 2, 2])
    model.hidden(ids[:, :6], cache=cache)
    cache.choose(rows)
    later = texts(4, 5)
    later[:, 0] = torch.arange(4)  # copies of a text go on differently
    whole = torch.cat([ids[rows, :6], later], dim=1)
    assert_equal(model.hidden(later, cache=cache), model.hidden(whole)[:, 6:])


@torch.no_grad()
def test_it_grows_beyond_the_room_that_was_reserved():
    time = 3 * ROOM
    model, ids, cache = Llama(LlamaConfig(23, 12, 2, 2, 1, 4, 10, time)).double(), texts(2, time), Cache(2)
    seen, places = in_pieces(model, ids, 1, cache), set()
    assert_equal(seen, model.hidden(ids))
    layer, one = LayerCache(), torch.ones(1, 1, 1, 4)
    for _ in range(time):
        places.add(layer.extend(one, one)[0].data_ptr())
    assert len(places) == 3  # reserved anew twice, not at every step


@torch.no_grad()
def test_keys_that_are_shared_are_kept_once():
    layer, cache = MultiHeadAttention(D_MODEL, HEADS, D_HEAD, 2, bias=False), LayerCache()
    layer(torch.randn(BATCH, TIME, D_MODEL), mask=causal_mask(TIME), cache=cache)
    keys, values = cache.extend(*torch.zeros(2, BATCH, 2, 1, D_HEAD))
    assert keys.shape == values.shape == (BATCH, 2, TIME + 1, D_HEAD)


@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
@pytest.mark.parametrize("positions", [
    InnerPositions, lambda: Rotary(D_HEAD), lambda: Rotary(D_HEAD, pairing="neighbours"), lambda: Alibi(HEADS),
    lambda: RelativePositions(D_MODEL, HEADS, D_HEAD),
], ids=["none", "halves", "neighbours", "alibi", "relative"])  # fmt: skip
@torch.no_grad()
def test_every_kind_of_position_counts_on_behind_the_cache(positions, watched):
    torch.manual_seed(0)
    layer = MultiHeadAttention(D_MODEL, HEADS, D_HEAD, 2, positions=positions()).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    x, mask, cache = torch.randn(BATCH, TIME, D_MODEL, dtype=torch.float64), causal_mask(TIME), LayerCache()
    out = layer(x, mask=mask)
    for start, end in ((0, 4), (4, 5), (5, TIME)):
        part = dict(x=x[:, start:end], mask=mask[start:end, :end], cache=cache)
        if watched:
            with record(layer) as seen:
                found = layer(**part)
            assert seen["see_pattern"].shape == (BATCH, HEADS, end - start, end)
        else:
            found = layer(**part)
        assert_equal(found, out[:, start:end])


@torch.no_grad()
def test_a_mask_is_for_all_positions_those_of_the_cache_in_front():
    model, ids, cache = decoder("llama"), texts(), Cache(5)
    hidden = torch.ones(1, 1, 1, TIME, dtype=torch.bool)
    hidden[..., 2] = False  # nobody sees the third token
    model.hidden(ids[:, :6], hidden[..., :6], cache=cache)
    found = [model.hidden(ids[:, i : i + 1], hidden[..., : i + 1], cache=cache) for i in range(6, TIME)]
    assert_equal(torch.cat(found, dim=1), model.hidden(ids, hidden)[:, 6:])


@torch.no_grad()
def test_whoever_watches_sees_what_the_fast_path_computes():
    model, ids, cache = decoder("llama"), texts(), Cache(5)
    quiet = in_pieces(model, ids, [7, 4], Cache(5))
    with record(model) as seen:
        loud = in_pieces(model, ids, [7, 4], cache)
    assert_equal(loud, quiet)
    assert [pattern.shape[2:] for pattern in seen.calls("blocks.4.attention.see_pattern")] == [(7, 7), (4, 11)]


def test_one_new_token_needs_no_mask():
    cache = Cache(1)
    cache.layers[0].extend(*torch.zeros(2, 2, 1, 4, 3))
    one = texts(2, 1)
    assert past_mask(one, TIME, cache=cache) is None
    assert past_mask(one, TIME, cache=cache, padding=torch.zeros(2, dtype=torch.long)) is None
    masked = past_mask(one, TIME, cache=cache, padding=torch.tensor([0, 2]))
    assert masked.tolist() == [[[[True] * 5]], [[[False, False, True, True, True]]]]


def test_no_gradient_goes_through_it():
    model, cache = decoder("llama"), Cache(5)
    model.hidden(texts()[:, :4], cache=cache)
    assert not cache.layers[0].extend(*torch.zeros(2, BATCH, 2, 1, D_HEAD).double())[0].requires_grad


@FAMILY
@torch.no_grad()
def test_what_does_not_fit(family):
    model, ids, cache = decoder(family), texts(), Cache(5)
    model.hidden(ids[:, :8], cache=cache)
    with pytest.raises(ValueError, match="reads at most 11 tokens, and these would be 12: take a shorter text"):
        model.hidden(ids[:, :4], cache=cache)
    assert cache.length == 8  # nothing was read
    with pytest.raises(ValueError, match="The cache holds 3 texts with 2 x 4|holds 3 texts with 6 x 4") as error:
        model.hidden(ids[:2, :1], cache=cache)
    assert "but 2 texts with" in str(error.value) and "make a new cache, or choose its rows" in str(error.value)
    with pytest.raises(ValueError, match="The cache holds 8 positions, so it cannot be cut to 9"):
        cache.trim(9)
    with pytest.raises(ValueError, match="padding in front of a text is 0 tokens or more, not -1"):
        model.hidden(ids, padding=torch.tensor([0, -1, 0]))


@FAMILY
@torch.no_grad()
def test_padding_does_not_count_for_the_context(family):
    model, ids, cache, padding = decoder(family), texts(), Cache(5), torch.tensor([4, 6, 5])
    model.hidden(ids, cache=cache, padding=padding)
    model.hidden(ids[:, :4], cache=cache, padding=padding)
    assert cache.length == 15
    with pytest.raises(ValueError, match="at most 11 tokens, and these would be 12"):
        model.hidden(ids[:, :1], cache=cache, padding=padding)


def test_a_source_has_no_cache():
    layer, x = MultiHeadAttention(D_MODEL, HEADS), torch.randn(BATCH, TIME, D_MODEL)
    with pytest.raises(ValueError, match="with a source, leave it out"):
        layer(x, x, cache=LayerCache())
