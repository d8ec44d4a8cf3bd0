"""Learned positions (Gehring et al. 2017; BERT, Devlin et al. 2019): a table with a vector for every position.

    x_t = E[token t] + P[t]

P is learned as E is. Nothing relates one row to the next but what training finds, and the table has an end: BERT's has
512 rows. A text that is longer has no vector to take, so the model cannot be asked. Rows that were added later, and
never trained, would only add noise.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class LearnedPositions(nn.Module):
    """The table of vectors of the positions 0 to context - 1."""

    def __init__(self, context: int, d_model: int):
        """Rows drawn from a normal distribution of width 0.02, as in BERT. ValueError for sizes below 1."""
        super().__init__()
        if context < 1 or d_model < 1:
            raise ValueError(f"A table of positions needs 1 or more rows and columns, not {context} and {d_model}.")
        self.table = nn.Parameter(0.02 * torch.randn(context, d_model))

    def forward(self, time: int) -> Float[Tensor, "{time} d_model"]:
        """The vectors of the first `time` positions. ValueError beyond the end of the table."""
        if not 1 <= time <= len(self.table):
            raise ValueError(
                f"These positions were learned for texts of 1 to {len(self.table)} tokens, not {time}: "
                "take a text of that length."
            )
        return self.table[:time]


def similarity(table: Float[Tensor, "time d_model"], position: int) -> Float[Tensor, "time"]:
    """How alike each row of a table of positions is to one of them: the cosine, from -1 to 1.

    It serves learned and sinusoidal tables. ValueError for a position that the table does not have.
    """
    if not 0 <= position < len(table):
        raise ValueError(f"The position must be from 0 to {len(table) - 1}, not {position}.")
    return F.cosine_similarity(table, table[position : position + 1])
