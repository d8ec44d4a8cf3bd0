"""The embedding of a transformer: a table with a learned row for every token of the vocabulary.

    x_t = E[token t]

What differs from `torch.nn.Embedding`: ids that do not fit are refused with a sentence, not with an error of an index.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class TokenEmbedding(nn.Embedding):
    """Rows for `vocab` tokens, and texts of at most `context` of them."""

    def __init__(self, vocab: int, d_model: int, context: int):
        super().__init__(vocab, d_model)
        self.context = context

    def forward(self, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time d_model"]:
        """The rows of the ids. ValueError for an empty text, one longer than `context`, or an id out of 0..vocab-1."""
        time = ids.shape[1]
        if not 1 <= time <= self.context:
            raise ValueError(f"This model reads 1 to {self.context} tokens, not {time}: shorten the text.")
        if ids.numel():
            low, high = (int(bound) for bound in torch.aminmax(ids))
            if low < 0 or high >= self.num_embeddings:
                wrong = low if low < 0 else high
                raise ValueError(
                    f"This model knows the tokens 0 to {self.num_embeddings - 1}, but the text has {wrong}: "
                    "use the model's own tokenizer."
                )
        return super().forward(ids)
