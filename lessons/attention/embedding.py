"""The embedding of a transformer: a table with a learned row for every token of the vocabulary.

    x_t = E[token t]

What differs from `torch.nn.Embedding`: ids that do not fit are refused with a sentence, not with an error of an index.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn


class TokenEmbedding(nn.Embedding):
    """Rows for `vocab` tokens, and texts of at most `context` of them; None for texts of any length."""

    def __init__(self, vocab: int, d_model: int, context: int | None):
        super().__init__(vocab, d_model)
        self.context = context

    def forward(self, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time d_model"]:
        """The rows of the ids. ValueError for an empty text, one beyond `context`, or an id out of 0..vocab-1."""
        time = ids.shape[1]
        if time < 1 or (self.context is not None and time > self.context):
            room = "1 or more" if self.context is None else f"1 to {self.context}"
            raise ValueError(f"This model reads {room} tokens, not {time}: take a text of that length.")
        if ids.numel():
            low, high = int(ids.min()), int(ids.max())
            if low < 0 or high >= self.num_embeddings:
                wrong = low if low < 0 else high
                raise ValueError(
                    f"This model knows the tokens 0 to {self.num_embeddings - 1}, but the text has {wrong}: "
                    "use the model's own tokenizer."
                )
        return super().forward(ids)
