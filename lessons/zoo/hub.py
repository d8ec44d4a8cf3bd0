"""Weights from the Hugging Face hub, by name, when the user asks for them and the network allows.

transformers loads the configuration, the state dict and the tokenizer; a model of ours takes them over. Only
safetensors are read, and no code of theirs is executed.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from lessons.zoo import takeover
from lessons.zoo.manifest import ZooError


def from_hub(name: str, revision: str | None = None) -> nn.Module:
    """Our model with the weights `name` of the hub, on the CPU, in float32 and eval mode, with its tokenizer.

    name: such as "bert-base-uncased", or a folder that transformers has written. revision: a branch, tag or commit.
    A BERT comes with the heads of its pre-training that are in its file: a `MaskedLanguageModel`, with the pooler and
    the next-sentence head a `BertForPreTraining`, and else a `BertEncoder`. No weight is ever drawn at random.
    ZooError, with one sentence, when it cannot be had or when the course has no such architecture.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForPreTraining, AutoTokenizer

    asked = {"revision": revision or "main", "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(name, **asked)
        takeover.family(config.model_type)
        auto = AutoModelForPreTraining if config.model_type == "bert" else AutoModelForCausalLM
        load = {"use_safetensors": True, "dtype": torch.float32, "ignore_mismatched_sizes": True, **asked}
        with _only_errors():
            theirs, told = auto.from_pretrained(name, output_loading_info=True, **load)
        tensors = _in_the_file(theirs.state_dict(), told)
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, **asked)
        if 2 * len(tokenizer) < config.vocab_size:  # without its file transformers makes one up, of a few signs
            raise ValueError(f"its tokenizer has {len(tokenizer):,} of {config.vocab_size:,} tokens")
        return takeover.take_over(config, tensors, tokenizer.backend_tokenizer.to_str())
    except (OSError, ValueError, AttributeError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        why = re.split(r"(?<=[.!?:])\s|\n", str(error).strip())[0].rstrip(".:!?")
        if isinstance(error, SafetensorError):
            why = "its file of weights is damaged or was cut off"
        raise ZooError(
            f"{name} cannot be had from the hub ({why}): look whether the name is right and you are online, "
            "or take a model of the course, see `python -m lessons.zoo list`."
        ) from None


def _in_the_file(tensors: dict[str, Tensor], told: dict[str, Collection[Any]]) -> dict[str, Tensor]:
    """The state dict without the heads that the file lacks, which transformers has drawn at random.

    told: what transformers says of its loading. ValueError when anything else is missing, or of another size.
    """
    missing = set(told["missing_keys"])
    for head in (takeover.WORDS, takeover.NEXT, takeover.POOLER):
        # The decoder has the table of the encoder where the two are tied, so it may seem to be there.
        if all(name in missing for name in tensors if name.startswith(head) and ".decoder." not in name):
            tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(head)}
    drawn = (missing & tensors.keys()) | {name for name, *_ in told["mismatched_keys"]}
    if drawn:
        raise ValueError(f"its weight {min(drawn)} is missing or of another size than its configuration says")
    return tensors


@contextmanager
def _only_errors() -> Iterator[None]:
    """transformers would report every head that a file lacks, as if it were to be trained now."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
