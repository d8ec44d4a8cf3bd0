"""The models with heads, apart from their equality with transformers (`tests/reference/test_bert.py`)."""

import pytest
import torch

from lessons.attention.heads import read
from lessons.bert.encoder import BertConfig
from lessons.bert.models import BertForPreTraining, MaskedLanguageModel, SentenceClassifier
from lessons.core.record import hook_points
from lessons.text.tokenizer import Tokenizer
from lessons.zoo import weights
from tests.zoo import packages

SIZES = BertConfig(vocab=13, d_model=40, layers=2, heads=5, d_ff=70, context=17)


def models():
    torch.manual_seed(0)
    return [MaskedLanguageModel(SIZES), BertForPreTraining(SIZES), SentenceClassifier(SIZES, 30)]


@pytest.mark.parametrize("model", models(), ids=lambda model: type(model).__name__)
def test_fresh_heads_begin_as_bert_does(model):
    heads = {name: weight for name, weight in model.named_parameters() if not name.startswith("encoder.")}
    for name, weight in heads.items():
        if weight.dim() == 1:
            assert torch.equal(weight, torch.full_like(weight, name.endswith("norm.weight"))), name
        else:
            assert weight.std().item() == pytest.approx(0.02, rel=0.2) and weight.mean().abs() < 0.006, name


def test_the_head_has_no_table_of_words_of_its_own():
    model = models()[0]
    assert not [name for name, weight in model.head.named_parameters() if weight.shape == (SIZES.vocab, SIZES.d_model)]
    logits = model(torch.tensor([[2, 5, 3]])).sum()
    logits.backward()
    unused = model.encoder.embed.weight.grad[12]  # not in the text, but one of the words that are scored
    assert unused.abs().sum() > 0


def test_a_classification_needs_two_classes():
    with pytest.raises(ValueError, match="chooses among 2 classes or more, not 1."):
        SentenceClassifier(SIZES, 1)
    assert SentenceClassifier(SIZES, 2)(torch.tensor([[2, 5, 3]])).shape == (1, 2)


@pytest.mark.parametrize("model", models(), ids=lambda model: type(model).__name__)
def test_the_encoder_shares_the_tokenizer_and_its_heads_can_be_read(model):
    assert model.tokenizer is None and model.encoder.tokenizer is None
    model.tokenizer = Tokenizer.from_json(packages.wordpiece())
    assert model.encoder.tokenizer is model.tokenizer
    seen = read(model.encoder, "the unaffable fox")
    assert seen.patterns.shape == (2, 5, 7, 7)
    assert {name.split(".")[0] for name in hook_points(model)} == {"encoder"}


@pytest.mark.parametrize("kind", ["masked-language-model", "bert-for-pre-training"])
def test_they_are_kept_in_a_file_of_the_zoo(kind):
    model = dict(zip(["masked-language-model", "bert-for-pre-training"], models(), strict=False))[kind].half().float()
    model.tokenizer = Tokenizer.from_json(packages.wordpiece())
    again = weights.unpack(weights.pack(model, kind), "tiny", kind)
    assert type(again) is type(model) and again.tokenizer == model.tokenizer and not again.training
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())


def test_a_fresh_model_begins_as_bert_does():
    """Matrices of deviation 0.02, biases 0, gains 1. The biases of queries, keys and values have two axes."""
    torch.manual_seed(0)
    model = BertForPreTraining(BertConfig(vocab=500, d_model=48, layers=2, heads=3, d_ff=96, context=30))
    for name, weight in model.named_parameters():
        last = name.rpartition(".")[2]
        if last == "bias" or last.startswith("b_"):
            assert not weight.any(), name
        elif weight.dim() == 1:
            assert (weight == 1).all(), name
        else:
            assert 0.015 < weight.std() < 0.025 and abs(weight.mean()) < 0.005, name
