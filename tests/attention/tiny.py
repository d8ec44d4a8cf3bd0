"""A tiny decoder and a tiny encoder, random and with tokenizers, that the tests of heads read with."""

import torch

from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.core.seed import seeded
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.pieces import byte_pairs
from lessons.text.tale import TALE
from lessons.text.tokenizer import Tokenizer
from tests.zoo.packages import WORDS, wordpiece


def decoder(context: int = 40) -> Llama:
    """3 layers of 2 heads. Every text begins with <|start|>. Large weights, so that no two heads agree."""
    tokenizer = byte_pairs(TALE, 500)
    with seeded(1):
        model = Llama(LlamaConfig(len(tokenizer), 12, 3, 2, 1, 4, 10, context))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(20 if weight.dim() > 1 else 1)
    model.tokenizer = tokenizer
    return model.eval()


def encoder(context: int = 17) -> BertEncoder:
    """2 layers of 3 heads, with words, [UNK], [CLS] and [SEP]."""
    with seeded(2):
        model = BertEncoder(BertConfig(len(WORDS), 12, 2, 3, 20, context))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(20 if weight.dim() > 1 else 1)
    model.tokenizer = Tokenizer.from_json(wordpiece())
    return model.eval()
