"""A tiny masked language model with a tokenizer like BERT's: random, large weights, made in a moment."""

import torch

from lessons.bert.encoder import BertConfig
from lessons.bert.models import MaskedLanguageModel
from lessons.core.seed import seeded
from lessons.text.tokenizer import Tokenizer

SIGNS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WORDS = (
    "the a cat dog fox sat ran saw on and new york san francisco city is large big mat in to milk tea un ##s ##aff "
    "##able . , [ ]"
)
WORDS = _WORDS.split()
ENTRIES = [*SIGNS, "[unused0]", *WORDS, "[unused1]"]


def toy_tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer as Library
    from tokenizers import models, normalizers, pre_tokenizers, processors

    library = Library(models.WordPiece({entry: i for i, entry in enumerate(ENTRIES)}, unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer(lowercase=True)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.add_special_tokens(SIGNS)
    library.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return Tokenizer(library.to_str())


def toy_model(seed: int = 0, context: int = 30) -> MaskedLanguageModel:
    """3 layers of 2 heads, in float64."""
    model = MaskedLanguageModel(BertConfig(len(ENTRIES), 16, 3, 2, 20, context=context))
    with seeded(seed), torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.6)  # so that heads, and words, differ
    model.tokenizer = toy_tokenizer()
    return model.double().eval()
