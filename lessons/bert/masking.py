"""What a masked model trains on: some tokens are hidden, and these alone are to be foretold (Devlin et al. 2019, 3.1).

    choose     each token with the chance `rate`, 15 %; never a special token, never padding
    replace    of the chosen: 80 % become [MASK], 10 % a random token, 10 % stay as they are
    label      the token that was there, where it was chosen; IGNORE everywhere else

The 10 % that stay keep the model from learning that a token without a mask needs no thought; in use there are no masks.
The rates are shares of the chosen tokens, not of all. With `words`, whole words are chosen: all pieces of a word or
none, so that a piece does not give its neighbour away.

What differs from the first BERT: it chose exactly 15 % of each text, here each token is drawn by itself, as most
libraries do; and a random token is never a special one.

Static and dynamic masking differ in the generator alone. BERT masked its data ten times before the training and showed
each copy four times; RoBERTa (Liu et al. 2019) masks anew in every epoch. `epoch_generator` has both.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from lessons.core.seed import LARGEST_SEED
from lessons.core.seed import generator as new_generator

IGNORE = -100
"""The label of a token that is not to be foretold: `cross_entropy` of torch leaves it out."""

UNTOUCHED, MASKED, RANDOM, KEPT = range(4)
"""What can have happened to a token: not chosen; chosen and hidden, replaced at random, or left as it was."""


@dataclass(frozen=True, eq=False)
class Masked:
    """Texts with hidden tokens. All three are [batch time]."""

    ids: Int[Tensor, "batch time"]  # what the model reads
    labels: Int[Tensor, "batch time"]  # what it is to say, IGNORE where nobody asks
    fate: Int[Tensor, "batch time"]  # UNTOUCHED, MASKED, RANDOM or KEPT


@dataclass(frozen=True)
class Masking:
    """The rates. ValueError for one out of its range."""

    rate: float = 0.15  # chance of a token to be chosen, 0 to 1
    masked: float = 0.8  # share of the chosen that becomes [MASK]
    random: float = 0.1  # share of the chosen that becomes a random token; what remains stays as it is

    def __post_init__(self) -> None:
        for name in ("rate", "masked", "random"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}.")
        if self.masked + self.random > 1 + 1e-9:
            raise ValueError(
                f"masked and random are shares of the chosen tokens, together at most 1, not "
                f"{self.masked} + {self.random}."
            )


def mask_tokens(
    ids: Int[Tensor, "batch time"],
    maskable: Bool[Tensor, "batch time"],
    mask_id: int,
    ordinary: Int[Tensor, "vocab"],
    masking: Masking,
    generator: torch.Generator,
    words: Int[Tensor, "batch time"] | None = None,
) -> Masked:
    """Hide some tokens. The same generator state gives the same tokens.

    maskable: False at special tokens and padding. ordinary: the ids that a random token is drawn from, each alike; it
    may be the very token that was there. words: the number of the word that each token is part of, counted in its text
    from 0; then whole words are chosen, each with the chance `rate`. What becomes of a chosen piece is drawn for each
    piece by itself, as BERT's own whole-word masking does. Everything is on the CPU. ValueError for a number of a word
    out of its range, or when there is no token to draw from.
    """
    if masking.random and not len(ordinary):
        raise ValueError("There is no token to draw a random one from: give one or more, or set random to 0.")
    if words is not None and words.numel() and not 0 <= int(words.min()) <= int(words.max()) < ids.shape[1]:
        raise ValueError(f"The words of {ids.shape[1]} tokens are numbered from 0 to {ids.shape[1] - 1} at most.")
    draw = torch.rand(ids.shape, generator=generator)
    if words is not None:
        draw = draw.gather(1, words)  # all pieces of a word share one draw, [batch time]
    chosen = (draw < masking.rate) & maskable
    share = torch.rand(ids.shape, generator=generator)
    fate = torch.where(
        share < masking.masked, MASKED, torch.where(share < masking.masked + masking.random, RANDOM, KEPT)
    )
    fate = torch.where(chosen, fate, UNTOUCHED)
    drawn = ids
    if masking.random:
        drawn = ordinary[torch.randint(len(ordinary), ids.shape, generator=generator)]
    read = torch.where(fate == MASKED, mask_id, torch.where(fate == RANDOM, drawn, ids))
    return Masked(read, torch.where(chosen, ids, IGNORE), fate)


def epoch_generator(seed: int, epoch: int, copies: int | None = None) -> torch.Generator:
    """What to mask a whole data set with in an epoch, counted from 0.

    copies: how many masked copies of the data there are, shown in turn. 1 is static masking, every epoch the same; 10
    is the first BERT's; None is dynamic masking, every epoch a new one. Epoch 0 is the same in all of them. ValueError
    for a seed that is none, an epoch below 0 or less than one copy.
    """
    if epoch < 0 or (copies is not None and copies < 1):
        raise ValueError(f"Epochs are counted from 0, and copies are 1 or more, not {epoch} and {copies}.")
    copy = epoch if copies is None else epoch % copies
    seeds = torch.randint(LARGEST_SEED + 1, (copy + 1,), generator=new_generator(seed))
    return new_generator(int(seeds[copy]))


def masked_loss(logits: Float[Tensor, "batch time vocab"], labels: Int[Tensor, "batch time"]) -> Float[Tensor, ""]:
    """Cross-entropy in nats, the mean over the tokens that have a label.

    Where none has one it is 0, and so are its gradients: nothing was asked. (The mean over no token is nan in torch
    and transformers, and a single such text would end a training.)
    """
    if not (labels != IGNORE).any():
        return logits.sum() * 0
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE)
