"""Our GPT-2 equals the one of transformers: logits, every pattern and gradients. Tiny, random, all sizes differ."""

from dataclasses import replace

import pytest
import torch
from transformers import GPT2Config as TheirConfig
from transformers import GPT2LMHeadModel

from lessons.attention.cache import Cache
from lessons.core.record import record
from lessons.gpt.gpt2 import GPT2, GPT2Config
from lessons.gpt.gpt2_weights import config_from, from_transformers
from tests.equality import assert_equal

BATCH, TIME = 5, 9
SIZES = GPT2Config(vocab=23, d_model=18, layers=7, heads=6, d_head=3, d_ff=13, context=17, norm_epsilon=1e-2)
PADDING = [0, 4, 1, 8, 3]
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])


def their_config(**changes) -> TheirConfig:
    fields = dict(
        vocab_size=SIZES.vocab, n_embd=SIZES.d_model, n_layer=SIZES.layers, n_head=SIZES.heads, n_inner=SIZES.d_ff,
        n_positions=SIZES.context, layer_norm_epsilon=SIZES.norm_epsilon, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, attn_implementation="eager",
    )  # fmt: skip
    return TheirConfig(**(fields | changes))


def made(dtype):
    """transformers' model and ours with the same weights, large enough for patterns that are not even."""
    torch.manual_seed(0)
    theirs = GPT2LMHeadModel(their_config()).to(dtype)
    for name, weight in theirs.named_parameters():
        torch.nn.init.normal_(weight, mean=float("ln_" in name and name.endswith("weight")), std=0.2)
    ours = GPT2(config_from(theirs.config)).to(dtype)
    ours.load_state_dict(from_transformers(theirs.state_dict(), ours.config))
    return ours, theirs


@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded in front"])
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
@EXACT
def test_equals_transformers(padded, watched, dtype, tolerance):
    ours, theirs = made(dtype)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    padding = torch.tensor(PADDING) if padded else torch.zeros(BATCH, dtype=torch.long)
    where = torch.arange(TIME) - padding[:, None]
    real = where >= 0
    towards = torch.randn(BATCH, TIME, SIZES.vocab, dtype=dtype) * real[..., None]

    def logits():
        return ours.unembed(ours.hidden(ids, padding=padding)) if padded else ours(ids)

    if watched:
        with record(ours) as seen:
            mine = logits()
    else:
        mine = logits()
    answer = theirs(
        ids, attention_mask=real.long(), position_ids=where.clamp(min=0), output_attentions=True,
        output_hidden_states=True,
    )  # fmt: skip
    assert_equal(mine[real], answer.logits[real], tolerance)
    if watched:
        for layer, pattern in enumerate(answer.attentions):
            mine_there = seen[f"blocks.{layer}.attention.see_pattern"].transpose(1, 2)[real]
            assert_equal(mine_there, pattern.transpose(1, 2)[real], tolerance)
        residual = ["see_residual", *(f"blocks.{layer}.see_residual" for layer in range(SIZES.layers - 1))]
        for name, hidden in zip(residual, answer.hidden_states[:-1], strict=True):
            assert_equal(seen[name][real], hidden[real], tolerance)

    (mine * towards).sum().backward()
    (answer.logits * towards).sum().backward()
    grads = from_transformers({name: weight.grad for name, weight in theirs.named_parameters()}, ours.config)
    assert grads.keys() == dict(ours.named_parameters()).keys()
    for name, weight in ours.named_parameters():
        # A bias of all keys shifts all scores of a row by the same number, so its gradient is 0 but for rounding.
        scale = grads[name.replace("b_K", "W_K")]
        assert_equal(weight.grad, grads[name], tolerance, scale)


def test_hidden_is_what_transformers_unembeds():
    ours, theirs = made(torch.float32)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    assert_equal(ours.hidden(ids), theirs.transformer(ids).last_hidden_state, 1e-5)
    assert torch.equal(ours.unembed(ours.hidden(ids)), ours(ids))


@pytest.mark.parametrize("parts", [(TIME,), (1,) * TIME, (4, 1, 3, 1)], ids=["at once", "one by one", "mixed"])
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded in front"])
@EXACT
def test_read_in_parts_with_a_cache_it_says_the_same(parts, padded, dtype, tolerance):
    ours, _ = made(dtype)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    padding = torch.tensor(PADDING) if padded else None
    cache = Cache(SIZES.layers)
    with torch.no_grad():
        read = torch.cat([ours.hidden(part, cache=cache, padding=padding) for part in ids.split(parts, dim=1)], dim=1)
        whole = ours.hidden(ids, padding=padding)
    assert cache.length == TIME
    real = torch.arange(TIME) >= (padding[:, None] if padded else torch.zeros(BATCH, 1))
    assert_equal(read[real], whole[real], tolerance)


def test_a_padded_text_is_read_as_it_is_alone():
    ours, _ = made(torch.float64)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    together = ours.hidden(ids, padding=torch.tensor(PADDING))
    for row, start in enumerate(PADDING):
        assert_equal(together[row : row + 1, start:], ours.hidden(ids[row : row + 1, start:]))


def test_a_mask_forbids_more_than_the_future():
    ours, _ = made(torch.float64)
    ids = torch.randint(SIZES.vocab, (2, TIME))
    other = ids.clone()
    other[:, 2] = (ids[:, 2] + 1) % SIZES.vocab
    mask = torch.ones(TIME, TIME, dtype=torch.bool)
    mask[3:, 2] = False
    assert_equal(ours(ids, mask)[:, 3:], ours(other, mask)[:, 3:])
    assert not torch.allclose(ours(ids)[:, 3:], ours(other)[:, 3:], atol=1e-3)


def test_weights_with_the_names_and_the_extras_of_older_files():
    _, theirs = made(torch.float32)
    bare = {name.removeprefix("transformer."): tensor for name, tensor in theirs.state_dict().items()}
    bare.pop("lm_head.weight")
    old = bare | {"h.0.attn.bias": torch.ones(1, 1, 17, 17), "h.0.attn.masked_bias": torch.tensor(-1e4)}
    new, same = (from_transformers(t, config_from(theirs.config)) for t in (theirs.state_dict(), old))
    assert new.keys() == same.keys() and all(torch.equal(new[name], same[name]) for name in new)
    assert all(tensor.is_contiguous() for tensor in new.values())


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda t: t.pop("transformer.ln_f.weight"), "not all the weights of this GPT-2: ln_f.weight is missing"),
    (lambda t: t.pop("transformer.h.2.attn.c_attn.bias"), "h.2.attn.c_attn.bias query, .* and 1 more are missing"),
    (lambda t: t.update({"score.weight": torch.zeros(2, 18)}), "score.weight is unknown to it"),
    (lambda t: t.update({"transformer.h.1.mlp.c_fc.weight": torch.zeros(13, 18)}), r"\[18, 13\], which does not fit"),
    (lambda t: t.update({"transformer.h.0.attn.c_attn.weight": torch.zeros(18, 36)}), r"\[12, 18\], which does not"),
    (lambda t: t.update({"transformer.wpe.weight": torch.zeros(16, 18)}), r"wpe.weight has the shape \[16, 18\]"),
])  # fmt: skip
def test_other_weights_are_refused(change, sentence):
    _, theirs = made(torch.float32)
    tensors = dict(theirs.state_dict())
    change(tensors)
    with pytest.raises(ValueError, match=sentence):
        from_transformers(tensors, config_from(theirs.config))


def test_the_configuration_is_carried_over():
    assert config_from(their_config()) == SIZES
    assert config_from(their_config(n_inner=None)).d_ff == 4 * SIZES.d_model
    dropped = their_config(resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1)
    assert config_from(dropped) == replace(SIZES, dropout=0.1)


@pytest.mark.parametrize(("change", "sentence"), [
    ({"activation_function": "gelu"}, "Our GPT-2 has activation_function 'gelu_new', this model has 'gelu'"),
    ({"scale_attn_weights": False}, "scale_attn_weights True, this model has False"),
    ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx False"),
    ({"add_cross_attention": True}, "add_cross_attention False"),
    ({"tie_word_embeddings": False}, "tie_word_embeddings True"),
    ({"resid_pdrop": 0.1}, "one dropout for all places, this model has 0.0 and 0.1:"),
])  # fmt: skip
def test_other_models_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        config_from(their_config(**change))


def test_it_never_looks_ahead_and_takes_any_text_it_has_room_for():
    ours, _ = made(torch.float32)
    ids = torch.randint(SIZES.vocab, (1, SIZES.context))
    other = ids.clone()
    other[0, 6:] = (ids[0, 6:] + 1) % SIZES.vocab
    assert torch.allclose(ours(ids)[:, :6], ours(other)[:, :6], atol=1e-5)
    assert not torch.allclose(ours(ids)[:, 6:], ours(other)[:, 6:], atol=1e-3)
    assert torch.allclose(ours(ids)[:, :1], ours(ids[:, :1]), atol=1e-5)


def test_a_fresh_model_knows_nothing():
    torch.manual_seed(0)
    model = GPT2(SIZES)
    added = ("attention.W_O", "feed_forward.down.weight")
    drawn = {
        name: w for name, w in model.named_parameters() if w.dim() > 1 and not name.endswith(("b_Q", "b_K", "b_V"))
    }
    for inside, width in ((False, 0.02), (True, 0.02 / 14**0.5)):
        weights = torch.cat([w.flatten() for name, w in drawn.items() if name.endswith(added) is inside])
        assert weights.std().item() == pytest.approx(width, rel=0.05) and weights.mean().abs() < 0.002
    for name, weight in model.named_parameters():
        if name not in drawn:
            assert (weight == float(name.endswith("norm.weight"))).all(), name
    chances = model(torch.randint(SIZES.vocab, (BATCH, TIME))).softmax(dim=-1)
    assert (chances * SIZES.vocab - 1).abs().max() < 0.5
    assert model.tokenizer is None


def test_heads_may_be_wider_together_than_the_model():
    """As in GPT-3 XL. transformers has no such GPT-2."""
    model = GPT2(replace(SIZES, d_head=5)).double()
    assert model(torch.randint(SIZES.vocab, (BATCH, TIME))).shape == (BATCH, TIME, SIZES.vocab)
    assert model.blocks[0].attention.W_Q.shape == (6, 5, 18)


def test_dropout_acts_in_training_alone_and_in_all_its_places():
    torch.manual_seed(0)
    model = GPT2(replace(SIZES, dropout=0.5))
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    assert torch.equal(model.eval()(ids), model(ids))
    with record(model.train()) as seen:
        model(ids)
    assert (seen["see_residual"] == 0).float().mean().item() == pytest.approx(0.5, abs=0.1)
    added = seen["blocks.0.see_residual"] - seen["see_residual"]
    assert (added == 0).float().mean().item() == pytest.approx(0.25, abs=0.1), "attention and feed-forward, each half"
    assert model.blocks[0].attention.drop.p == 0.5


@pytest.mark.parametrize(("change", "sentence"), [
    ({"vocab": 0}, "vocab must be 1 or more, not 0."),
    ({"d_head": -1}, "d_head must be 1 or more, not -1."),
    ({"norm_epsilon": 0.0}, "norm_epsilon must be above 0 and below 1, not 0.0."),
    ({"norm_epsilon": float("nan")}, "norm_epsilon must be above 0 and below 1, not nan."),
    ({"dropout": 1.0}, "dropout must be from 0 up to and without 1, not 1.0."),
])  # fmt: skip
def test_a_configuration_out_of_its_range(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(SIZES, **change)


@pytest.mark.parametrize(("ids", "sentence"), [
    ([[0] * 18], "This model reads 1 to 17 tokens, not 18"),
    ([[]], "This model reads 1 to 17 tokens, not 0"),
    ([[3, 23]], "knows the tokens 0 to 22, but the text has 23"),
])  # fmt: skip
def test_a_text_it_cannot_read(ids, sentence):
    with pytest.raises(ValueError, match=sentence):
        GPT2(SIZES)(torch.tensor(ids, dtype=torch.long))


def test_a_text_that_outgrows_the_context_in_the_cache():
    model, cache = GPT2(SIZES), Cache(SIZES.layers)
    model.hidden(torch.zeros(1, 17, dtype=torch.long), cache=cache)
    with pytest.raises(ValueError, match="reads at most 17 tokens, and these would be 18"):
        model.hidden(torch.zeros(1, 1, dtype=torch.long), cache=cache)
    assert cache.length == 17
