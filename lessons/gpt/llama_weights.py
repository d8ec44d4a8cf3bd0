"""Weights of `transformers.LlamaForCausalLM` for our Llama: the same numbers, under other names.

    W_Q[head, d_head, d_model]      is q_proj.weight[head*d_head, d_model], cut into heads
    W_O[d_model, head, d_head]      is o_proj.weight[d_model, head*d_head], cut into heads

Both turn queries and keys in the pairing "halves" (`lessons.positions.rotary`), so no row changes its place.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lessons.attention.renamed import Table, renamed
from lessons.gpt.llama import LlamaConfig


def from_transformers(tensors: Mapping[str, Tensor], config: LlamaConfig) -> dict[str, Tensor]:
    """The state dictionary of our Llama, made of views. ValueError when the weights are not those of `config`.

    Left aside: the angles of the rotations, and the head where it is tied to the embedding.
    """
    aside = {"lm_head.weight"} if config.tied else set()
    kept = {name: tensor for name, tensor in tensors.items() if name not in aside and "rotary_emb" not in name}
    return renamed(kept, table(config), "this Llama")


def table(config: LlamaConfig) -> Table:
    """transformers' name of every weight, with our name and shape."""
    c = config
    norm, embedding = (c.d_model,), (c.vocab, c.d_model)
    query, group = (c.heads, c.d_head, c.d_model), (c.key_value_heads, c.d_head, c.d_model)
    found: Table = {"model.embed_tokens.weight": ("embed.weight", embedding), "model.norm.weight": ("norm.gain", norm)}
    if not c.tied:
        found["lm_head.weight"] = ("W_U", embedding)
    for layer in range(c.layers):
        parts = {
            "input_layernorm.weight": ("attention_norm.gain", norm),
            "self_attn.q_proj.weight": ("attention.W_Q", query),
            "self_attn.k_proj.weight": ("attention.W_K", group),
            "self_attn.v_proj.weight": ("attention.W_V", group),
            "self_attn.o_proj.weight": ("attention.W_O", (c.d_model, c.heads, c.d_head)),
            "post_attention_layernorm.weight": ("feed_forward_norm.gain", norm),
            "mlp.gate_proj.weight": ("feed_forward.gate.weight", (c.d_ff, c.d_model)),
            "mlp.up_proj.weight": ("feed_forward.up.weight", (c.d_ff, c.d_model)),
            "mlp.down_proj.weight": ("feed_forward.down.weight", (c.d_model, c.d_ff)),
        }
        found |= {f"model.layers.{layer}.{k}": (f"blocks.{layer}.{name}", shape) for k, (name, shape) in parts.items()}
    return found


def config_from(theirs: Any) -> LlamaConfig:
    """Our configuration for a `transformers.LlamaConfig`. ValueError for what our Llama does not have."""
    rope = theirs.rope_parameters
    wanted = {
        "model_type": (theirs.model_type, "llama"),
        "hidden_act": (theirs.hidden_act, "silu"),
        "attention_bias": (theirs.attention_bias, False),
        "mlp_bias": (theirs.mlp_bias, False),
        "rope_type": (rope["rope_type"], "default"),
    }
    for name, (found, ours) in wanted.items():
        if found != ours:
            raise ValueError(f"Our Llama has {name} {ours!r}, this model has {found!r}: choose another model.")
    return LlamaConfig(
        vocab=theirs.vocab_size,
        d_model=theirs.hidden_size,
        layers=theirs.num_hidden_layers,
        heads=theirs.num_attention_heads,
        key_value_heads=theirs.num_key_value_heads,
        d_head=theirs.head_dim,
        d_ff=theirs.intermediate_size,
        context=theirs.max_position_embeddings,
        rotary_base=float(rope["rope_theta"]),
        norm_epsilon=theirs.rms_norm_eps,
        tied=theirs.tie_word_embeddings,
    )
