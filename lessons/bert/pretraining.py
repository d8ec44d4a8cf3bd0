"""A small BERT that is pre-trained while you watch: it fills blanks in the reviews of `lessons.text.reviews`.

    run = pretraining()
    run.run(120)                                     # of 720 steps
    held_out(run.model)                              # on reviews that it has not read
    fillings(run.model, BLANKS[0])                   # the ten best words for a blank, at any moment

First it learns how often each word is, then which words stand side by side, then what is spoken of. That some words are
kind and others are not comes last, and rather suddenly: one bit, told only by words that stand far apart.

What differs from the paper (Devlin et al. 2019): a vocabulary of whole words; 25 % of them are chosen, for more to
learn from in every step; the masks are drawn anew whenever a review is read; and there is no next-sentence prediction,
which RoBERTa (Liu et al. 2019) found to bring little.

How the settings were found: with 32 reviews a step, the classes were not found within 900 steps, for so few hold too
little about one bit; with 128 they are, in 500 steps. Muon, for after as many steps AdamW had learned less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.masks import seen_mask
from lessons.bert.blanks import MASK, fill
from lessons.bert.encoder import BertConfig
from lessons.bert.masked_text import Masker
from lessons.bert.masking import IGNORE, Masked, Masking
from lessons.bert.models import MaskedLanguageModel
from lessons.core.device import best
from lessons.core.modes import evaluating
from lessons.core.muon import Muon
from lessons.core.seed import generator, seed_all
from lessons.core.training import Training
from lessons.text.reviews import review, review_tokenizer
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import PAD

D_MODEL, LAYERS, HEADS, D_FF, CONTEXT = 64, 2, 4, 128, 40
SPREAD = 0.05  # of the first embeddings of words: with .02 they are slow to come apart
REVIEWS, ROWS, STEPS, WARM = 8000, 128, 720, 30  # to read in all, in a step; steps, those of rising rate
MASKING = Masking(rate=0.25)
TEST_SEED = 2**32 - 1  # of the reviews that are held out

BLANKS = (
    "The soup was [MASK] , so we sent it back .",
    "The soup was [MASK] , so we ordered it again .",
    "The film was boring , so they [MASK] it .",
    "The film was funny , so they [MASK] it .",
    "The [MASK] was dirty , so they slept badly .",
)
"""The same blanks at every moment: watch it learn."""

Batch = tuple[Int[Tensor, "batch time"], Int[Tensor, "batch time"]]
"""What the model reads, and the labels."""


@dataclass(frozen=True)
class MaskedScore:
    """How well hidden words are found again."""

    top1: float  # share of the words that are the model's best
    top5: float  # share of those among its best five
    nats: float  # mean surprise


def pretraining(seed: int = 0, steps: int = STEPS, masking: Masking = MASKING) -> Training:
    """A training of a new model on reviews, ready to run: some 40 seconds of one core."""
    tokenizer = review_tokenizer()
    masker = Masker(tokenizer)
    table = _read(seed)
    seed_all(seed)
    model = MaskedLanguageModel(BertConfig(len(tokenizer), D_MODEL, LAYERS, HEADS, D_FF, CONTEXT))
    nn.init.normal_(model.encoder.embed.weight, std=SPREAD)
    model.tokenizer = tokenizer

    def batches(generator: torch.Generator) -> Batch:
        ids = table[torch.randint(len(table), (ROWS,), generator=generator)]
        masked = masker.mask(ids, masking, generator)
        longest = int((ids != tokenizer.special(PAD)).sum(dim=1).max())
        return masked.ids[:, :longest], masked.labels[:, :longest]

    def schedule(step: int) -> float:
        """Rising at first, then falling in a straight line to a twentieth."""
        return min(1.0, step / WARM) * (0.05 + 0.95 * (1 - step / steps))

    optimizer = muon(model, lr=0.02, others_lr=8e-3)
    return Training(
        model.to(best()), optimizer, chosen_loss, batches, steps, seed, clip=1.0, schedule=schedule, threads=1
    )


def muon(model: MaskedLanguageModel, lr: float, others_lr: float) -> Muon:
    """Muon for the matrices of the blocks and of the head; tables, gains and biases are the others."""
    matrices = [weight for weight in (*model.encoder.blocks.parameters(), model.head.dense.weight) if weight.dim() > 1]
    inside = {id(weight) for weight in matrices}
    others = [weight for weight in model.parameters() if id(weight) not in inside]
    return Muon(matrices, others, lr=lr, others_lr=others_lr)


def chosen_loss(model: MaskedLanguageModel, batch: Batch) -> Float[Tensor, ""]:
    """Cross-entropy in nats, the mean over the chosen words: `masked_loss` without the scores that nobody asks for."""
    ids, labels = batch
    chosen = labels != IGNORE
    return F.cross_entropy(scores_at(model, ids, chosen), labels[chosen])


def scores_at(model: MaskedLanguageModel, ids: Tensor, chosen: Tensor) -> Float[Tensor, "query vocab"]:
    """The logits of all words at the chosen places of padded texts."""
    mask = seen_mask(ids, model.tokenizer.special(PAD))
    return model.scores(model.encoder(ids, mask=mask)[chosen])


@torch.no_grad()
def held_out(model: MaskedLanguageModel, reviews: int = 400, masking: Masking | None = None) -> MaskedScore:
    """On reviews drawn with a seed of their own; masking: left out, 15 % of the words are hidden, all by [MASK]."""
    masked = _hidden(model.tokenizer, reviews, masking or Masking(0.15, masked=1.0, random=0.0))
    device = next(model.parameters()).device
    labels = masked.labels.to(device)
    chosen = labels != IGNORE
    with evaluating(model):
        logits = scores_at(model, masked.ids.to(device), chosen)
    right = logits.topk(5).indices == labels[chosen][:, None]
    return MaskedScore(
        right[:, 0].float().mean().item(),
        right.any(dim=1).float().mean().item(),
        F.cross_entropy(logits, labels[chosen]).item(),
    )


def fillings(model: MaskedLanguageModel, text: str, count: int = 10) -> list[list[tuple[str, float]]]:
    """For each [MASK] in the text the `count` best words with their probabilities, the best first.

    ValueError for a text without a blank.
    """
    ids = torch.tensor(model.tokenizer.encode(text).ids)
    places = (ids == model.tokenizer.special(MASK)).nonzero()[:, 0].tolist()
    guesses = fill(model, ids, places, count)
    return [
        [(model.tokenizer.token(i), chance) for i, chance in zip(guess.words, guess.probabilities, strict=True)]
        for guess in guesses
    ]


def drawn(count: int, generator: torch.Generator) -> list[str]:
    """So many reviews, in one sentence and in two in turn."""
    reviews = [review(generator) for _ in range(count)]
    return [each.whole if i % 2 else f"{each.first} {each.second}" for i, each in enumerate(reviews)]


@lru_cache(maxsize=2)
def _hidden(tokenizer: Tokenizer, reviews: int, masking: Masking) -> Masked:
    """What is held out, masked. It is the same at every look at a training, and nobody changes it."""
    source = generator(TEST_SEED)
    ids = rows(drawn(reviews, source), tokenizer)
    return Masker(tokenizer).mask(ids, masking, source)


@lru_cache(maxsize=2)
def _read(seed: int) -> Int[Tensor, "batch time"]:
    """The reviews of a training. Nobody changes them, so that to start afresh takes no time."""
    return rows(drawn(REVIEWS, generator(seed)), review_tokenizer())


def rows(texts: Sequence[str], tokenizer: Tokenizer) -> Int[Tensor, "batch time"]:
    """The ids of texts with the signs around them, padded to the longest."""
    ids = [torch.tensor(tokenizer.encode(text).ids) for text in texts]
    return nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=tokenizer.special(PAD))
