"""What a decoder is trained for: to give the next token of every text a high probability.

    L(u) = sum over i of  log P(u_i | u_1, ..., u_(i-1))         (Radford et al. 2018, equation 1)

The paper makes L as large as it can; here the mean of -log P is made as small as it can, in nats. After token i the
model gives scores for token i+1, so scores and tokens are shifted by one: the first token is predicted by nobody, and
what is predicted after the last one cannot be judged.
"""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def causal_loss(logits: Float[Tensor, "batch time vocab"], ids: Int[Tensor, "batch time"]) -> Float[Tensor, ""]:
    """The mean surprise at ids[:, 1:] in nats: 0 for who is sure and right, log(vocab) for who knows nothing.

    logits: a model's answer to these very ids; the shift is in here. ValueError for texts of fewer than 2 tokens.
    """
    if ids.shape[1] < 2:
        raise ValueError(f"The first token is predicted by nobody, so a text needs 2 or more, not {ids.shape[1]}.")
    said, came = logits[:, :-1], ids[:, 1:]
    return F.cross_entropy(said.flatten(0, 1), came.flatten())  # [batch time vocab] -> [batch*time vocab]
