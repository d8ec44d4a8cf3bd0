"""Weights of `transformers.GPT2LMHeadModel` for our GPT-2: the same numbers, under other names.

transformers keeps the matrices of the blocks lying down, [from, to], and those of queries, keys and values in one:

    W_Q[head, d_head, d_model]      is a third of c_attn.weight[d_model, 3*head*d_head], stood up and cut into heads
    W_O[d_model, head, d_head]      is c_proj.weight[head*d_head, d_model], stood up and cut into heads
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lessons.attention.renamed import Table, renamed
from lessons.gpt.gpt2 import GPT2Config

LYING = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
JOINED = ("attn.c_attn.weight", "attn.c_attn.bias")
THIRDS = ("query", "key", "value")


def from_transformers(tensors: Mapping[str, Tensor], config: GPT2Config) -> dict[str, Tensor]:
    """The state dictionary of our GPT-2. ValueError when the weights are not those of `config`.

    Left aside: the head, which is tied to the embedding, and the masks that older files carry.
    """
    bare = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    aside = ("lm_head.weight", ".attn.bias", ".attn.masked_bias")
    kept = {name: tensor for name, tensor in bare.items() if not name.endswith(aside)}
    return renamed(_stood_up(kept), table(config), "this GPT-2")


def _stood_up(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights as [to, from], and with queries, keys and values apart: "c_attn.weight query" and so on."""
    found = {}
    for name, tensor in tensors.items():
        if name.endswith(LYING):
            tensor = tensor.movedim(0, -1)  # [from to] -> [to from]
        if name.endswith(JOINED):
            found |= {f"{name} {third}": part for third, part in zip(THIRDS, tensor.chunk(3), strict=False)}
        else:
            found[name] = tensor
    # Lying in memory as they stand, for a file keeps its rows.
    return {name: tensor.contiguous() for name, tensor in found.items()}


def table(config: GPT2Config) -> Table:
    """transformers' name of every weight, with our name and shape."""
    c = config
    wide, vector = (c.d_ff,), (c.d_model,)
    heads = (c.heads, c.d_head)
    found: Table = {
        "wte.weight": ("embed.weight", (c.vocab, c.d_model)),
        "wpe.weight": ("position.weight", (c.context, c.d_model)),
        "ln_f.weight": ("norm.weight", vector),
        "ln_f.bias": ("norm.bias", vector),
    }
    for layer in range(c.layers):
        parts = {
            "ln_1.weight": ("attention_norm.weight", vector),
            "ln_1.bias": ("attention_norm.bias", vector),
            "attn.c_attn.weight query": ("attention.W_Q", (*heads, c.d_model)),
            "attn.c_attn.weight key": ("attention.W_K", (*heads, c.d_model)),
            "attn.c_attn.weight value": ("attention.W_V", (*heads, c.d_model)),
            "attn.c_attn.bias query": ("attention.b_Q", heads),
            "attn.c_attn.bias key": ("attention.b_K", heads),
            "attn.c_attn.bias value": ("attention.b_V", heads),
            "attn.c_proj.weight": ("attention.W_O", (c.d_model, *heads)),
            "attn.c_proj.bias": ("attention.b_O", vector),
            "ln_2.weight": ("feed_forward_norm.weight", vector),
            "ln_2.bias": ("feed_forward_norm.bias", vector),
            "mlp.c_fc.weight": ("feed_forward.up.weight", (c.d_ff, c.d_model)),
            "mlp.c_fc.bias": ("feed_forward.up.bias", wide),
            "mlp.c_proj.weight": ("feed_forward.down.weight", (c.d_model, c.d_ff)),
            "mlp.c_proj.bias": ("feed_forward.down.bias", vector),
        }
        found |= {f"h.{layer}.{k}": (f"blocks.{layer}.{name}", shape) for k, (name, shape) in parts.items()}
    return found


def config_from(theirs: Any) -> GPT2Config:
    """Our configuration for a `transformers.GPT2Config`. ValueError for what our GPT-2 does not have."""
    wanted = {
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
        "tie_word_embeddings": True,
    }
    for name, ours in wanted.items():
        if (found := getattr(theirs, name)) != ours:
            raise ValueError(f"Our GPT-2 has {name} {ours!r}, this model has {found!r}: choose another model.")
    drops = {theirs.attn_pdrop, theirs.embd_pdrop, theirs.resid_pdrop}
    if len(drops) > 1:
        raise ValueError(
            f"Our GPT-2 has one dropout for all places, this model has {' and '.join(map(str, sorted(drops)))}: "
            "choose another model."
        )
    return GPT2Config(
        vocab=theirs.vocab_size,
        d_model=theirs.n_embd,
        layers=theirs.n_layer,
        heads=theirs.n_head,
        d_head=theirs.n_embd // theirs.n_head,
        d_ff=theirs.n_inner or 4 * theirs.n_embd,
        context=theirs.n_positions,
        norm_epsilon=theirs.layer_norm_epsilon,
        dropout=theirs.resid_pdrop,
    )
