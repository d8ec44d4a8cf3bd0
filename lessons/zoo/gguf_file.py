"""A GGUF file of the Llama family (llama.cpp's format), read as if transformers had written it.

Nothing in the file is executed. Three things differ from what transformers keeps:

- The weights are rounded to blocks of 32 small integers with a scale (Q4_1: 4 bits and an offset, Q8_0: 8 bits); they
  come back as float32.
- The tensors have other names.
- The rows of a query or key head stand in another order: llama.cpp turns neighbouring numbers by one angle, (0, 1),
  (2, 3), …; transformers turns number i together with number i + d_head / 2.

The tokenizer is byte-level BPE with every digit a token of its own, as SmolLM2's. transformers' own reader forgets the
digits (5.23), so that "1997" is cut otherwise than the model has learned it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
SPECIAL = 3  # the type of a token that is a sign and no text


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor], str]:
    """The configuration, the state dict in float32, and the tokenizer's JSON, all as transformers has them.

    ValueError for a file of another family, or with a tensor or tokenizer that this reader does not know.
    """
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader = GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    config = _config(fields)
    tensors = {}
    for found in reader.tensors:
        name = _name(found.name)
        tensor = torch.tensor(dequantize(found.data, found.tensor_type))  # a copy: the file may be removed
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            tensor = halves_together(tensor, heads)
        tensors[name] = tensor
    config["tie_word_embeddings"] = "lm_head.weight" not in tensors
    if config["tie_word_embeddings"]:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    return config, tensors, json.dumps(_tokenizer(fields), ensure_ascii=False)


def halves_together(rows: Float[Tensor, "hidden d_model"], heads: int) -> Float[Tensor, "hidden d_model"]:
    """From llama.cpp's order of a head's rows, 0 d/2 1 d/2+1 …, to that of transformers, 0 1 … d/2 d/2+1 …"""
    d_model = rows.shape[1]
    pairs = rows.reshape(heads, -1, 2, d_model)  # [head pair 2 d_model]
    return pairs.transpose(1, 2).reshape(-1, d_model)  # [hidden d_model]


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    """The configuration in transformers' words."""
    family = fields.get("general.architecture")
    if family != "llama":
        raise ValueError(f"the file holds a model of the family {family!r}, not 'llama'")
    heads = fields["llama.attention.head_count"]
    return {
        "model_type": "llama",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": fields["llama.embedding_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields.get("llama.attention.head_count_kv", heads),
        "head_dim": fields["llama.rope.dimension_count"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "max_position_embeddings": fields["llama.context_length"],
        "rope_theta": fields["llama.rope.freq_base"],
        # 1e-5 is kept in 32 bits and would come back as 9.999999747378752e-06
        "rms_norm_eps": float(str(np.float32(fields["llama.attention.layer_norm_rms_epsilon"]))),
    }


def _name(name: str) -> str:
    """transformers' name of a tensor."""
    parts = name.split(".")
    if len(parts) == 2 and parts[0] in WHOLE and parts[1] == "weight":
        return f"{WHOLE[parts[0]]}.weight"
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in BLOCK and parts[3] == "weight":
        return f"model.layers.{parts[1]}.{BLOCK[parts[2]]}.weight"
    raise ValueError(f"the file holds a tensor {name!r}, which the Llama family does not have")


def _tokenizer(fields: dict[str, Any]) -> dict[str, Any]:
    """A description in the format of the `tokenizers` library."""
    sort = fields.get("tokenizer.ggml.model"), fields.get("tokenizer.ggml.pre")
    if sort != ("gpt2", "smollm"):
        raise ValueError(f"the file's tokenizer is of the sort {sort}, not byte-level BPE as in SmolLM")
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    signs = [{"id": i, "content": token, **plain} for i, token in enumerate(tokens) if types[i] == SPECIAL]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": signs,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, byte_level]},
        "post_processor": None,  # nothing is put in front of a text
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in fields["tokenizer.ggml.merges"]],
        },
    }
