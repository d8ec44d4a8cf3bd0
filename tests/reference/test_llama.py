"""Our Llama equals the one of transformers: logits, every pattern and gradients. Tiny, random, all sizes differ.

transformers computes norms, softmax and angles in 32 bits, whatever the weights are. For the comparison in 64 bits the
name `float32` means 64 bits inside its module.
"""

from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig as TheirConfig
from transformers.models.llama import modeling_llama

from lessons.core.record import record
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.gpt.llama_weights import config_from, from_transformers
from tests.equality import assert_equal

BATCH, TIME = 5, 9
# heads * d_head is 24, not d_model; transformers wants a multiple of heads for d_model all the same.
SIZES = LlamaConfig(
    vocab=23, d_model=18, layers=7, heads=6, key_value_heads=2, d_head=4, d_ff=13, context=17, rotary_base=50.0,
    norm_epsilon=1e-2,
)  # fmt: skip
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])


class Doubled:
    """torch, whose numbers of 32 bits have 64."""

    float32 = float = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def their_config(**changes) -> TheirConfig:
    fields = dict(
        vocab_size=SIZES.vocab, hidden_size=SIZES.d_model, num_hidden_layers=SIZES.layers,
        num_attention_heads=SIZES.heads, num_key_value_heads=SIZES.key_value_heads, head_dim=SIZES.d_head,
        intermediate_size=SIZES.d_ff, max_position_embeddings=SIZES.context, rms_norm_eps=SIZES.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": SIZES.rotary_base}, tie_word_embeddings=True,
        attn_implementation="eager",
    )  # fmt: skip
    return TheirConfig(**(fields | changes))


def made(dtype, tied):
    """transformers' model and ours with the same weights, large enough for patterns that are not even."""
    torch.manual_seed(0)
    theirs = modeling_llama.LlamaForCausalLM(their_config(tie_word_embeddings=tied)).to(dtype)
    for weight in theirs.parameters():
        torch.nn.init.normal_(weight, mean=1.0 if weight.dim() == 1 else 0.0, std=0.2)
    ours = Llama(config_from(theirs.config)).to(dtype)
    ours.load_state_dict(from_transformers(theirs.state_dict(), ours.config))
    return ours, theirs


@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded in front"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
@EXACT
def test_equals_transformers(tied, padded, watched, dtype, tolerance, monkeypatch):
    if dtype == torch.float64:
        monkeypatch.setattr(modeling_llama, "torch", Doubled())
    ours, theirs = made(dtype, tied)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    real = torch.ones(BATCH, TIME, dtype=torch.bool)
    real[1, :4] = not padded
    mask = real[:, None, None, :] if padded else None
    towards = torch.randn(BATCH, TIME, SIZES.vocab, dtype=dtype) * real[..., None]

    if watched:
        with record(ours) as seen:
            logits = ours(ids, mask)
    else:
        logits = ours(ids, mask)
    embedded = theirs.get_input_embeddings()(ids)
    where = torch.arange(TIME)[None].expand(BATCH, -1)
    answer = theirs(
        inputs_embeds=embedded, attention_mask=real.long(), position_ids=where, output_attentions=True,
        output_hidden_states=True,
    )  # fmt: skip
    assert_equal(logits[real], answer.logits[real], tolerance)
    if watched:
        for layer, pattern in enumerate(answer.attentions):
            mine = seen[f"blocks.{layer}.attention.see_pattern"].transpose(1, 2)[real]
            assert_equal(mine, pattern.transpose(1, 2)[real], tolerance)
        residual = ["see_residual", *(f"blocks.{layer}.see_residual" for layer in range(SIZES.layers - 1))]
        for name, hidden in zip(residual, answer.hidden_states[:-1], strict=True):
            assert_equal(seen[name][real], hidden[real], tolerance)

    (logits * towards).sum().backward()
    (answer.logits * towards).sum().backward()
    grads = from_transformers({name: weight.grad for name, weight in theirs.named_parameters()}, ours.config)
    assert grads.keys() == dict(ours.named_parameters()).keys()
    for name, weight in ours.named_parameters():
        assert_equal(weight.grad, grads[name], tolerance)


def test_hidden_is_what_transformers_unembeds():
    ours, theirs = made(torch.float32, tied=True)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    assert_equal(ours.hidden(ids), theirs.model(ids).last_hidden_state, 1e-5)
    assert torch.equal(ours.unembed(ours.hidden(ids)), ours(ids))


@pytest.mark.parametrize("tied", [True, False])
def test_weights_are_carried_over_as_views(tied):
    _, theirs = made(torch.float32, tied)
    tensors = theirs.state_dict() | {"model.rotary_emb.inv_freq": torch.zeros(2)}
    ours = from_transformers(tensors, config_from(theirs.config))
    places = {tensor.data_ptr() for tensor in tensors.values()}
    assert {tensor.data_ptr() for tensor in ours.values()} <= places
    assert ("W_U" in ours) is not tied


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda t: t.pop("model.norm.weight"), "not all the weights of this Llama: model.norm.weight is missing"),
    (lambda t: [t.pop(k) for k in list(t) if "q_proj" in k], "model.layers.1.self_attn.q_proj.weight and 5 more are"),
    (lambda t: t.update({"model.layers.0.self_attn.q_proj.bias": torch.zeros(24)}), "q_proj.bias is unknown to it"),
    (lambda t: t.update({"model.layers.1.mlp.up_proj.weight": torch.zeros(18, 13)}), r"\[18, 13\], which does not fit"),
    (lambda t: t.update({"model.norm.weight": torch.zeros(19)}), r"model.norm.weight has the shape \[19\]"),
])  # fmt: skip
def test_other_weights_are_refused(change, sentence):
    _, theirs = made(torch.float32, tied=True)
    tensors = dict(theirs.state_dict())
    change(tensors)
    with pytest.raises(ValueError, match=sentence):
        from_transformers(tensors, config_from(theirs.config))


def test_the_configuration_is_carried_over():
    assert config_from(their_config()) == SIZES
    assert config_from(their_config(tie_word_embeddings=False)).tied is False


@pytest.mark.parametrize(("change", "sentence"), [
    ({"hidden_act": "gelu"}, "Our Llama has hidden_act 'silu', this model has 'gelu'"),
    ({"attention_bias": True}, "attention_bias False, this model has True"),
    ({"mlp_bias": True}, "mlp_bias False"),
    ({"rope_parameters": {"rope_type": "linear", "rope_theta": 50.0, "factor": 2.0}}, "this model has 'linear'"),
])  # fmt: skip
def test_other_models_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        config_from(their_config(**change))


def test_it_never_looks_ahead_and_takes_any_text_it_has_room_for():
    ours, _ = made(torch.float32, tied=True)
    ids = torch.randint(SIZES.vocab, (1, SIZES.context))
    other = ids.clone()
    other[0, 6:] = (ids[0, 6:] + 1) % SIZES.vocab
    assert torch.allclose(ours(ids)[:, :6], ours(other)[:, :6], atol=1e-5)
    assert not torch.allclose(ours(ids)[:, 6:], ours(other)[:, 6:], atol=1e-3)
    assert torch.allclose(ours(ids)[:, :1], ours(ids[:, :1]), atol=1e-5)


def test_a_fresh_model_knows_nothing():
    torch.manual_seed(0)
    model = Llama(SIZES)
    weights = torch.cat([weight.flatten() for weight in model.parameters() if weight.dim() > 1])
    assert weights.std().item() == pytest.approx(0.02, rel=0.05) and weights.mean().abs() < 0.002
    chances = model(torch.randint(SIZES.vocab, (BATCH, TIME))).softmax(dim=-1)
    assert (chances * SIZES.vocab - 1).abs().max() < 0.5
    assert model.tokenizer is None


@pytest.mark.parametrize(("change", "sentence"), [
    ({"vocab": 0}, "vocab must be 1 or more, not 0."),
    ({"layers": -1}, "layers must be 1 or more, not -1."),
    ({"key_value_heads": 4}, "key_value_heads must divide the 6 heads: 4 does not."),
    ({"d_head": 5}, "d_head must be even, for rotations take numbers in pairs, not 5."),
    ({"rotary_base": 1.0}, "rotary_base must be above 1, not 1.0."),
    ({"rotary_base": float("nan")}, "rotary_base must be above 1, not nan."),
    ({"norm_epsilon": 0.0}, "norm_epsilon must be above 0 and below 1, not 0.0."),
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
        Llama(SIZES)(torch.tensor(ids, dtype=torch.long))
