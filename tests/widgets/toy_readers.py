"""Two tiny models with tokenizers, for panels that show heads: made in a moment, with random weights."""

from functools import cache

import torch
from torch import nn

from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.core.seed import seeded
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.tokenizer import Tokenizer

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "to", "me", ".", ","]


@cache
def decoder() -> nn.Module:
    """A Llama with 3 layers of 4 heads that reads bytes."""
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    library = Library(models.BPE({piece: i for i, piece in enumerate(alphabet)}, []))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    config = LlamaConfig(len(alphabet), 16, 3, 4, 2, 6, 20, 600)
    with seeded(0):
        model = Llama(config)
        for weight in model.parameters():
            nn.init.normal_(weight, std=0.5)  # so that heads differ
    model.tokenizer = Tokenizer(library.to_str())
    return model.eval()


@cache
def encoder() -> nn.Module:
    """An encoder with 2 layers of 3 heads that knows a dozen words."""
    from tokenizers import Tokenizer as Library
    from tokenizers import models, pre_tokenizers, processors

    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", "[CLS]", "[SEP]", *WORDS])}
    library = Library(models.WordPiece(vocabulary, unk_token="[UNK]"))
    library.add_special_tokens(["[UNK]", "[CLS]", "[SEP]"])
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    with seeded(1):
        model = BertEncoder(BertConfig(len(vocabulary), 12, 2, 3, 20, context=40))
        for weight in model.parameters():
            nn.init.normal_(weight, std=0.5)
    model.tokenizer = Tokenizer(library.to_str())
    return model.eval()


def models() -> dict[str, object]:
    """Both, as the panels take them."""
    return {"Encoder: reads both ways": encoder, "Decoder: reads left to right": decoder}


def patterns_of(model: nn.Module, text: str) -> torch.Tensor:
    """The attention of a model, [layer head query key], asked without any panel."""
    from lessons.attention.heads import read_heads

    return read_heads(model, torch.tensor(model.tokenizer.encode(text).ids))
