"""Weights of transformers' BERT with heads for our models: the same numbers, under other names.

    BertForMaskedLM                  masked_language_model     MaskedLanguageModel
    BertForPreTraining               pre_training              BertForPreTraining
    BertForSequenceClassification    classifier                SentenceClassifier

The encoder in them is `encoder_weights`. Each function takes the state dict and the configuration of the encoder, and
gives the state dict of our model, made of views; heads that our model does not have are left aside. ValueError when
the weights are not those of this configuration.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from lessons.attention.renamed import Table, renamed
from lessons.bert import encoder_weights
from lessons.bert.encoder import BertConfig

TIED = {
    "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}
"""Second names of weights -> their first. transformers keeps both; our head has the table of the encoder alone."""


def masked_language_model(tensors: Mapping[str, Tensor], config: BertConfig) -> dict[str, Tensor]:
    """For `MaskedLanguageModel`. ValueError, too, when the head has a table of words of its own."""
    for copy, first in TIED.items():
        if copy in tensors and first in tensors and not torch.equal(tensors[copy], tensors[first]):
            raise ValueError(
                f"Our head scores words with the embeddings of the encoder, but this model has a {copy} of its own: "
                "choose a model whose embeddings are tied."
            )
    return _with_heads(tensors, config, masked_language_table(config))


def pre_training(tensors: Mapping[str, Tensor], config: BertConfig) -> dict[str, Tensor]:
    """For `BertForPreTraining`. ValueError, too, when the head has a table of words of its own."""
    heads = pooler_table(config) | layer_table("cls.seq_relationship", "next_sentence", (2, config.d_model))
    return masked_language_model(tensors, config) | _with_heads(tensors, config, heads)


def classifier(tensors: Mapping[str, Tensor], config: BertConfig) -> dict[str, Tensor]:
    """For `SentenceClassifier`, with as many classes as the weights have."""
    classes = len(tensors["classifier.weight"]) if "classifier.weight" in tensors else 0
    heads = pooler_table(config) | layer_table("classifier", "classify", (classes, config.d_model))
    return _with_heads(tensors, config, heads)


def masked_language_table(config: BertConfig) -> Table:
    """transformers' name of every weight of the masked-language head, with our name and shape."""
    wide, transform = (config.d_model,), "cls.predictions.transform"
    return {
        "cls.predictions.bias": ("head.bias", (config.vocab,)),
        **layer_table(f"{transform}.dense", "head.dense", (config.d_model, config.d_model)),
        f"{transform}.LayerNorm.weight": ("head.norm.weight", wide),
        f"{transform}.LayerNorm.bias": ("head.norm.bias", wide),
    }


def pooler_table(config: BertConfig) -> Table:
    """The same for the pooler."""
    return layer_table("bert.pooler.dense", "pooler.dense", (config.d_model, config.d_model))


def layer_table(theirs: str, ours: str, shape: tuple[int, int]) -> Table:
    """The same for one linear layer, [output input]."""
    return {f"{theirs}.weight": (f"{ours}.weight", shape), f"{theirs}.bias": (f"{ours}.bias", shape[:1])}


def _with_heads(tensors: Mapping[str, Tensor], config: BertConfig, heads: Table) -> dict[str, Tensor]:
    """Our encoder, and what these heads add to it."""
    encoder = encoder_weights.from_transformers(tensors, config)
    head = renamed({name: tensors[name] for name in heads if name in tensors}, heads, "the heads of this model")
    return {f"encoder.{name}": tensor for name, tensor in encoder.items()} | head
