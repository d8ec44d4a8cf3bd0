"""The heads of BERT (Devlin et al. 2019): what a task puts on top of the encoder.

    masked language    E norm(gelu(W x + b)) + c          for every token a score of every word of the vocabulary
    pooled             tanh(W x_[CLS] + b)                one vector for the whole text
    next sentence      two scores from the pooled vector: it follows, it does not
    classification     one score for each class from the pooled vector

The masked-language head scores a word by the product with its own row in the table of embeddings, E. It is the same
table that the encoder begins with: the two are tied (Press and Wolf 2017).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class MaskedLanguageHead(nn.Module):
    """From the vector of a token to the scores, or logits, of all words."""

    def __init__(self, vocab: int, d_model: int, norm_epsilon: float):
        super().__init__()
        self.dense = nn.Linear(d_model, d_model)
        self.norm = nn.LayerNorm(d_model, eps=norm_epsilon)
        self.bias = nn.Parameter(torch.zeros(vocab))

    def forward(
        self, x: Float[Tensor, "... d_model"], embedding: Float[Tensor, "vocab d_model"]
    ) -> Float[Tensor, "... vocab"]:
        """embedding: the encoder's own table of tokens."""
        return F.linear(self.norm(F.gelu(self.dense(x))), embedding, self.bias)


class Pooler(nn.Module):
    """One vector for a text, from the vector of its first token, [CLS]. It says little until a task has trained it."""

    def __init__(self, d_model: int):
        super().__init__()
        self.dense = nn.Linear(d_model, d_model)

    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch d_model"]:
        return torch.tanh(self.dense(x[:, 0]))
