"""Our BERT encoder equals the one of transformers: outputs, patterns, gradients. Tiny, random, all sizes differ."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from transformers import BertConfig as TheirConfig
from transformers import BertForMaskedLM, BertModel

from lessons.attention.masks import padding_mask
from lessons.bert.encoder import BertConfig, BertEncoder, sentence_vector
from lessons.bert.encoder_weights import config_from, from_transformers
from lessons.core.record import record
from tests.equality import assert_equal

BATCH, TIME = 2, 9
SIZES = BertConfig(
    vocab=23, d_model=20, layers=3, heads=5, d_ff=13, context=17, segments=6, norm_epsilon=1e-2, dropout=0.1
)
EXACT = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])


def their_config(**changes) -> TheirConfig:
    fields = dict(
        vocab_size=SIZES.vocab, hidden_size=SIZES.d_model, num_hidden_layers=SIZES.layers,
        num_attention_heads=SIZES.heads, intermediate_size=SIZES.d_ff, max_position_embeddings=SIZES.context,
        type_vocab_size=SIZES.segments, layer_norm_eps=SIZES.norm_epsilon, hidden_dropout_prob=SIZES.dropout,
        attn_implementation="eager", pad_token_id=None,  # the row of a padding token would get no gradient there
    )  # fmt: skip
    return TheirConfig(**(fields | changes))


def made(dtype, kind=BertModel):
    """transformers' model and ours with the same weights, large enough for patterns that are not even."""
    torch.manual_seed(0)
    theirs = kind(their_config()).to(dtype).eval()
    for name, weight in theirs.named_parameters():
        torch.nn.init.normal_(weight, mean=1.0 if name.endswith("LayerNorm.weight") else 0.0, std=0.2)
    ours = BertEncoder(config_from(theirs.config)).to(dtype).eval()
    ours.load_state_dict(from_transformers(theirs.state_dict(), ours.config))
    return ours, theirs


@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("parts", [1, SIZES.segments], ids=["one segment", "segments"])
@pytest.mark.parametrize("watched", [False, True], ids=["fast", "readable"])
@EXACT
def test_equals_transformers(padded, parts, watched, dtype, tolerance):
    ours, theirs = made(dtype)
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    segments = torch.randint(parts, (BATCH, TIME)) if parts > 1 else None
    lengths = [TIME, TIME - 4]
    mask = padding_mask(lengths, TIME) if padded else None
    towards = torch.randn(BATCH, TIME, SIZES.d_model, dtype=dtype)

    if watched:
        with record(ours) as seen:
            out = ours(ids, segments, mask)
    else:
        out = ours(ids, segments, mask)
    answer = theirs(
        ids, mask[:, 0, 0].long() if padded else None, segments, output_attentions=True, output_hidden_states=True
    )
    assert_equal(out, answer.last_hidden_state, tolerance)
    if watched:
        for layer, pattern in enumerate(answer.attentions):
            assert_equal(seen[f"blocks.{layer}.attention.see_pattern"], pattern, tolerance)
        residual = ["see_residual", *(f"blocks.{layer}.see_residual" for layer in range(SIZES.layers))]
        for name, hidden in zip(residual, answer.hidden_states, strict=True):
            assert_equal(seen[name], hidden, tolerance)

    (out * towards).sum().backward()
    (answer.last_hidden_state * towards).sum().backward()
    their_grads = {name: weight.grad for name, weight in theirs.named_parameters() if "pooler" not in name}
    grads = from_transformers(their_grads, ours.config)
    assert grads.keys() == dict(ours.named_parameters()).keys()
    for name, weight in ours.named_parameters():
        # A bias of the keys has no effect: its gradient is 0 but for rounding.
        scale = grads[name.replace("b_K", "b_Q")] if name.endswith("b_K") else None
        assert_equal(weight.grad, grads[name], tolerance, scale)


def test_a_sentence_vector_is_the_mean_of_the_real_tokens_with_length_1():
    ours, theirs = made(torch.float64)
    ids, lengths = torch.randint(SIZES.vocab, (BATCH, TIME)), [TIME - 4, TIME]
    vectors = sentence_vector(ours, ids, lengths)
    for row, length, vector in zip(ids, lengths, vectors, strict=True):
        mean = theirs(row[None, :length]).last_hidden_state[0].mean(dim=0)
        assert_equal(vector, F.normalize(mean, dim=0), 1e-10)
    assert_equal(sentence_vector(ours, ids[:, :5]), sentence_vector(ours, ids, [5, 5]), 1e-10)


@pytest.mark.parametrize("lengths", [[0, 5], [5, TIME + 1]])
def test_a_sentence_vector_needs_a_token(lengths):
    ours, _ = made(torch.float32)
    with pytest.raises(ValueError, match="needs 1 token|must be from 0 to 9"):
        sentence_vector(ours, torch.zeros(BATCH, TIME, dtype=torch.long), lengths)


def test_weights_are_carried_over_as_views_also_from_a_model_with_a_head():
    for kind in (BertModel, BertForMaskedLM):
        _, theirs = made(torch.float32, kind)
        tensors = theirs.state_dict() | {"embeddings.position_ids": torch.arange(17)}
        ours = from_transformers(tensors, config_from(theirs.config))
        places = {tensor.data_ptr() for tensor in tensors.values()}
        assert {tensor.data_ptr() for tensor in ours.values()} <= places


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda t: t.pop("embeddings.LayerNorm.bias"), "not all the weights of this encoder: embeddings.LayerNorm.bias is"),
    (lambda t: t.update({"encoder.layer.3.output.dense.bias": torch.zeros(20)}), "output.dense.bias is unknown to it"),
    (lambda t: t.update({"embeddings.LayerNorm.bias": torch.zeros(21)}), r"has the shape \[21\], which does not fit"),
])  # fmt: skip
def test_other_weights_are_refused(change, sentence):
    _, theirs = made(torch.float32)
    tensors = dict(theirs.state_dict())
    change(tensors)
    with pytest.raises(ValueError, match=sentence):
        from_transformers(tensors, config_from(theirs.config))


def test_the_configuration_is_carried_over():
    assert config_from(their_config()) == SIZES


@pytest.mark.parametrize(("change", "sentence"), [
    ({"hidden_act": "relu"}, "Our encoder has hidden_act 'gelu', this model has 'relu'"),
    ({"is_decoder": True}, "is_decoder False, this model has True"),
])  # fmt: skip
def test_other_models_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        config_from(their_config(**change))


def test_a_fresh_model():
    torch.manual_seed(0)
    model = BertEncoder(SIZES)
    drawn = torch.cat([weight.flatten() for weight in model.parameters() if weight.dim() > 1 and weight.any()])
    assert drawn.std().item() == pytest.approx(0.02, rel=0.05) and drawn.mean().abs() < 0.002
    vectors = {name: weight for name, weight in model.named_parameters() if weight.dim() == 1}
    assert all(
        torch.equal(weight, torch.full_like(weight, name.endswith("norm.weight"))) for name, weight in vectors.items()
    )
    assert model.tokenizer is None


@pytest.mark.parametrize(("change", "sentence"), [
    ({"vocab": 0}, "vocab must be 1 or more, not 0."),
    ({"segments": 0}, "segments must be 1 or more, not 0."),
    ({"heads": 6}, "d_model must be a multiple of heads: 20 is none of 6."),
    ({"norm_epsilon": 1.0}, "norm_epsilon must be above 0 and below 1, not 1.0."),
    ({"dropout": 1.0}, "dropout must be from 0 up to and without 1, not 1.0."),
])  # fmt: skip
def test_a_configuration_out_of_its_range(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(SIZES, **change)


def test_a_batch_without_texts_has_no_vectors():
    model, ids = BertEncoder(SIZES), torch.zeros(0, 4, dtype=torch.long)
    assert model(ids).shape == model(ids, segments=ids).shape == (0, 4, SIZES.d_model)


@pytest.mark.parametrize(("ids", "segments", "sentence"), [
    ([[0] * 18], None, "This model reads 1 to 17 tokens, not 18"),
    ([[]], None, "This model reads 1 to 17 tokens, not 0"),
    ([[3, 23]], None, "knows the tokens 0 to 22, but the text has 23"),
    ([[3, 4]], [[0, 6]], "A segment must be from 0 to 5, not 6."),
    ([[3, 4]], [[0, -1]], "A segment must be from 0 to 5, not -1."),
])  # fmt: skip
def test_a_text_it_cannot_read(ids, segments, sentence):
    with pytest.raises(ValueError, match=sentence):
        BertEncoder(SIZES)(torch.tensor(ids).long(), None if segments is None else torch.tensor(segments))
