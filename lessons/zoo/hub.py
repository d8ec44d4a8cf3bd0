"""Weights from the Hugging Face hub, by name, when the user asks for them and the network allows.

transformers loads the configuration, the state dict and the tokenizer; a model of ours takes them over. Only
safetensors are read, and no code of theirs is executed.
"""

import re

from torch import nn

from lessons.zoo import takeover
from lessons.zoo.manifest import ZooError


def from_hub(name: str, revision: str | None = None) -> nn.Module:
    """Our model with the weights `name` of the hub, on the CPU, in float32 and eval mode, with its tokenizer.

    name: such as "bert-base-uncased", or a folder that transformers has written. revision: a branch, tag or commit.
    ZooError, with one sentence, when it cannot be had or when the course has no such architecture.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer

    asked = {"revision": revision or "main", "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(name, **asked)
        kind = takeover.kind_of(config.model_type)
        auto = AutoModelForCausalLM if kind == "llama" else AutoModel
        load = {"use_safetensors": True, "dtype": torch.float32, "ignore_mismatched_sizes": True, **asked}
        theirs, told = auto.from_pretrained(name, output_loading_info=True, **load)
        drawn = {key for key in told["missing_keys"] if "pooler." not in key}  # at random, in place of a weight
        drawn |= {key for key, *_ in told["mismatched_keys"]}
        if drawn:
            raise ValueError(f"its weight {min(drawn)} is missing or of another size than its configuration says")
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, **asked)
        if 2 * len(tokenizer) < config.vocab_size:  # without its file transformers makes one up, of a few signs
            raise ValueError(f"its tokenizer has {len(tokenizer):,} of {config.vocab_size:,} tokens")
        return takeover.take_over(config, theirs.state_dict(), tokenizer.backend_tokenizer.to_str())
    except (OSError, ValueError, AttributeError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        why = re.split(r"(?<=[.!?:])\s|\n", str(error).strip())[0].rstrip(".:!?")
        if isinstance(error, SafetensorError):
            why = "its file of weights is damaged or was cut off"
        raise ZooError(
            f"{name} cannot be had from the hub ({why}): look whether the name is right and you are online, "
            "or take a model of the course, see `python -m lessons.zoo list`."
        ) from None
