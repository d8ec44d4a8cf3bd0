"""Weights of `transformers.BertModel` for our encoder: the same numbers, under other names.

W_Q[head, d_head, d_model]      is query.weight[head*d_head, d_model], cut into heads
W_O[d_model, head, d_head]      is attention.output.dense.weight[d_model, head*d_head], cut into heads
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lessons.attention.renamed import Table, renamed
from lessons.bert.encoder import BertConfig


def from_transformers(tensors: Mapping[str, Tensor], config: BertConfig) -> dict[str, Tensor]:
    """The state dictionary of our encoder, made of views. ValueError when the weights are not those of `config`.

    A model with heads calls its encoder `bert.`; that word is taken off. Left aside: the pooler, the heads on top, and
    the list of positions that older files carry.
    """
    aside = ("pooler.", "cls.", "classifier.", "embeddings.position_ids")
    bare = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
    return renamed({k: tensor for k, tensor in bare.items() if not k.startswith(aside)}, table(config), "this encoder")


def table(config: BertConfig) -> Table:
    """transformers' name of every weight, with our name and shape."""
    c = config
    wide, vector = (c.d_ff,), (c.d_model,)
    heads = (c.heads, c.d_model // c.heads)
    found: Table = {
        "embeddings.word_embeddings.weight": ("embed.weight", (c.vocab, c.d_model)),
        "embeddings.token_type_embeddings.weight": ("segment.weight", (c.segments, c.d_model)),
        "embeddings.position_embeddings.weight": ("position.weight", (c.context, c.d_model)),
        "embeddings.LayerNorm.weight": ("norm.weight", vector),
        "embeddings.LayerNorm.bias": ("norm.bias", vector),
    }
    for layer in range(c.layers):
        parts = {
            "attention.self.query.weight": ("attention.W_Q", (*heads, c.d_model)),
            "attention.self.query.bias": ("attention.b_Q", heads),
            "attention.self.key.weight": ("attention.W_K", (*heads, c.d_model)),
            "attention.self.key.bias": ("attention.b_K", heads),
            "attention.self.value.weight": ("attention.W_V", (*heads, c.d_model)),
            "attention.self.value.bias": ("attention.b_V", heads),
            "attention.output.dense.weight": ("attention.W_O", (c.d_model, *heads)),
            "attention.output.dense.bias": ("attention.b_O", vector),
            "attention.output.LayerNorm.weight": ("attention_norm.weight", vector),
            "attention.output.LayerNorm.bias": ("attention_norm.bias", vector),
            "intermediate.dense.weight": ("feed_forward.up.weight", (c.d_ff, c.d_model)),
            "intermediate.dense.bias": ("feed_forward.up.bias", wide),
            "output.dense.weight": ("feed_forward.down.weight", (c.d_model, c.d_ff)),
            "output.dense.bias": ("feed_forward.down.bias", vector),
            "output.LayerNorm.weight": ("feed_forward_norm.weight", vector),
            "output.LayerNorm.bias": ("feed_forward_norm.bias", vector),
        }
        found |= {f"encoder.layer.{layer}.{k}": (f"blocks.{layer}.{name}", shape) for k, (name, shape) in parts.items()}
    return found


def config_from(theirs: Any) -> BertConfig:
    """Our configuration for a `transformers.BertConfig`. ValueError for what our encoder does not have."""
    for name, ours in {"model_type": "bert", "hidden_act": "gelu", "is_decoder": False}.items():
        if (found := getattr(theirs, name)) != ours:
            raise ValueError(f"Our encoder has {name} {ours!r}, this model has {found!r}: choose another model.")
    if theirs.attention_probs_dropout_prob != theirs.hidden_dropout_prob:
        raise ValueError(
            f"Our encoder has one dropout for all places, this model has {theirs.attention_probs_dropout_prob} on its "
            f"patterns and {theirs.hidden_dropout_prob} elsewhere: choose another model."
        )
    return BertConfig(
        vocab=theirs.vocab_size,
        d_model=theirs.hidden_size,
        layers=theirs.num_hidden_layers,
        heads=theirs.num_attention_heads,
        d_ff=theirs.intermediate_size,
        context=theirs.max_position_embeddings,
        segments=theirs.type_vocab_size,
        norm_epsilon=theirs.layer_norm_eps,
        dropout=theirs.hidden_dropout_prob,
    )
