"""BERT whole (Devlin et al. 2019): the encoder with the heads of its pre-training or of a task.

    MaskedLanguageModel     encoder, masked-language head                       learns to fill blanks
    BertForPreTraining      encoder, masked-language head, next-sentence head   as the paper trains it
    SentenceClassifier      encoder, classification head                        what fine-tuning makes of it

All read ids, segments and a mask as `BertEncoder` does. What differs from the libraries: the losses stand apart, in
`masking` and `torch`, so that a lesson can show them; and the model can score the words at chosen places alone, for
the vocabulary is the widest layer of a small model.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from lessons.bert.encoder import BertConfig, BertEncoder, draw_as_bert
from lessons.bert.heads import MaskedLanguageHead, Pooler
from lessons.text.tokenizer import Tokenizer

FOLLOWS, UNRELATED = 0, 1
"""The two classes of next sentence prediction: the second sentence is the next one, or one from elsewhere."""


class OnEncoder(nn.Module):
    """A model that stands on an encoder and shares its tokenizer."""

    encoder: BertEncoder

    @property
    def tokenizer(self) -> Tokenizer | None:
        """Turns text into ids and back; weights of the zoo bring theirs."""
        return self.encoder.tokenizer

    @tokenizer.setter
    def tokenizer(self, tokenizer: Tokenizer | None) -> None:
        self.encoder.tokenizer = tokenizer


class MaskedLanguageModel(OnEncoder):
    """An encoder that scores all words at every place. Marks: those of the encoder."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.config = config
        self.encoder = BertEncoder(config)
        self.head = MaskedLanguageHead(config.vocab, config.d_model, config.norm_epsilon)
        draw_as_bert(self.head)

    def forward(
        self,
        ids: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
    ) -> Float[Tensor, "batch time vocab"]:
        """The logits of all words at every place."""
        return self.scores(self.encoder(ids, segments, mask))

    def scores(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... vocab"]:
        """The logits of all words from vectors of the encoder, of the places that are asked for."""
        return self.head(x, self.encoder.embed.weight)


class BertForPreTraining(MaskedLanguageModel):
    """BERT as it is pre-trained: it fills blanks, and says whether the second sentence follows the first."""

    def __init__(self, config: BertConfig):
        super().__init__(config)
        self.pooler = Pooler(config.d_model)
        self.next_sentence = nn.Linear(config.d_model, 2)
        draw_as_bert(self.pooler)
        draw_as_bert(self.next_sentence)

    def both(
        self,
        ids: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "batch time vocab"], Float[Tensor, "batch class=2"]]:
        """The logits of all words at every place, and those of FOLLOWS and UNRELATED."""
        x = self.encoder(ids, segments, mask)
        return self.scores(x), self.next_sentence(self.pooler(x))


class SentenceClassifier(OnEncoder):
    """An encoder with one layer that reads a class from the pooled vector of [CLS]."""

    def __init__(self, config: BertConfig, classes: int):
        """ValueError for fewer than two classes."""
        super().__init__()
        if classes < 2:
            raise ValueError(f"A classifier chooses among 2 classes or more, not {classes}.")
        self.config = config
        self.encoder = BertEncoder(config)
        self.pooler = Pooler(config.d_model)
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(config.d_model, classes)
        draw_as_bert(self.pooler)
        draw_as_bert(self.classify)

    def forward(
        self,
        ids: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        mask: Bool[Tensor, "..."] | None = None,
    ) -> Float[Tensor, "batch class"]:
        """The logits of the classes."""
        return self.classify(self.drop(self.pooler(self.encoder(ids, segments, mask))))
