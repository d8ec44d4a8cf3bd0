"""The real models compute in our modules what they compute in transformers: on text, in 32 bits, to 1e-4.

transformers' models get our weights, with the names and shapes turned back. That the weights are read rightly from
their files is proved in tests/zoo; here SmolLM2 also has to know the capital of France.
"""

import pytest
import torch
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from lessons import zoo
from lessons.attention.masks import padding_mask
from lessons.bert import encoder_weights
from lessons.bert.encoder import sentence_vector
from lessons.core.record import record
from lessons.gpt import llama_weights
from tests.equality import assert_equal
from tests.real_weights import needs_real

TEXTS = [
    '"Go away, wolf!" cried the seven little kids; 1997 was a hard year, 2024 as well. Where is Zürich, where my 🐺?',
    "The wolf knocked at the door.",
]
TOLERANCE = 1e-4


def their_weights(ours, table):
    """Our weights under transformers' names, with the axes head and d_head joined again."""
    state = ours.state_dict()
    joined = {}
    for name, (our_name, _) in table.items():
        part = our_name.rpartition(".")[2]
        axes = {"W_O": (1, 2)}.get(part, (0, 1) if part in ("W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V") else None)
        joined[name] = state[our_name].flatten(*axes) if axes else state[our_name]
    return joined


def rows(tokenizer, texts):
    """The ids of all texts, padded behind, and their lengths."""
    ids = [torch.tensor(tokenizer.encode(text).ids) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(ids, batch_first=True), [len(row) for row in ids]


@needs_real("smollm2-135m")
@torch.no_grad()
def test_smollm2_equals_transformers():
    ours = zoo.load("smollm2-135m")
    c = ours.config
    config = LlamaConfig(
        vocab_size=c.vocab, hidden_size=c.d_model, num_hidden_layers=c.layers, num_attention_heads=c.heads,
        num_key_value_heads=c.key_value_heads, head_dim=c.d_head, intermediate_size=c.d_ff,
        max_position_embeddings=c.context, rms_norm_eps=c.norm_epsilon, tie_word_embeddings=c.tied,
        rope_parameters={"rope_type": "default", "rope_theta": c.rotary_base}, attn_implementation="eager",
    )  # fmt: skip
    assert llama_weights.config_from(config) == c
    theirs = LlamaForCausalLM(config).eval()
    carried = their_weights(ours, llama_weights.table(c))
    fit = theirs.load_state_dict(carried, strict=False, assign=True)
    assert (fit.missing_keys, fit.unexpected_keys) == (["lm_head.weight"], [])
    theirs.tie_weights()
    assert theirs.lm_head.weight is theirs.model.embed_tokens.weight

    ids, _ = rows(ours.tokenizer, TEXTS[:1])
    answer = theirs(ids, output_attentions=True)
    with record(ours) as seen:
        logits = ours(ids)
    assert_equal(logits, answer.logits, TOLERANCE)
    assert len(answer.attentions) == c.layers == 30
    for layer, pattern in enumerate(answer.attentions):
        assert_equal(seen[f"blocks.{layer}.attention.see_pattern"], pattern, TOLERANCE)
    assert_equal(ours(ids), answer.logits, TOLERANCE)  # the fast path


@needs_real("smollm2-135m")
@torch.no_grad()
@pytest.mark.parametrize(("prompt", "word"), [
    ("The capital of France is", " Paris"),
    ("The opposite of hot is", " cold"),
])  # fmt: skip
def test_smollm2_speaks_sense(prompt, word):
    model = zoo.load("smollm2-135m")
    ids, _ = rows(model.tokenizer, [prompt])
    best = model(ids)[0, -1].argmax()
    assert model.tokenizer.decode([int(best)]) == word


@needs_real("minilm-l6")
@torch.no_grad()
def test_minilm_equals_transformers():
    ours = zoo.load("minilm-l6")
    c = ours.config
    config = BertConfig(
        vocab_size=c.vocab, hidden_size=c.d_model, num_hidden_layers=c.layers, num_attention_heads=c.heads,
        intermediate_size=c.d_ff, max_position_embeddings=c.context, type_vocab_size=c.segments,
        layer_norm_eps=c.norm_epsilon, hidden_dropout_prob=c.dropout, attn_implementation="eager",
    )  # fmt: skip
    assert encoder_weights.config_from(config) == c
    theirs = BertModel(config, add_pooling_layer=False).eval()
    theirs.load_state_dict(their_weights(ours, encoder_weights.table(c)), assign=True)

    ids, lengths = rows(ours.tokenizer, TEXTS)
    mask = padding_mask(lengths, ids.shape[1])
    answer = theirs(ids, mask[:, 0, 0].long(), output_attentions=True)
    with record(ours) as seen:
        out = ours(ids, mask=mask)
    assert_equal(out, answer.last_hidden_state, TOLERANCE)
    assert len(answer.attentions) == c.layers == 6
    for layer, pattern in enumerate(answer.attentions):
        assert_equal(seen[f"blocks.{layer}.attention.see_pattern"], pattern, TOLERANCE)
    assert_equal(ours(ids, mask=mask), answer.last_hidden_state, TOLERANCE)  # the fast path


@needs_real("minilm-l6")
@torch.no_grad()
def test_minilm_knows_what_is_similar():
    model = zoo.load("minilm-l6")
    ids, lengths = rows(model.tokenizer, ["A man is eating food.", "A man eats something.", "The stars are far away."])
    same, other = (sentence_vector(model, ids, lengths) @ sentence_vector(model, ids, lengths)[0])[1:]
    assert same > 0.6 and other < 0.3
