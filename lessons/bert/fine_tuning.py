"""Fine-tuning (Devlin et al. 2019, section 3.2): a pre-trained encoder learns a task from few labelled sentences.

    scratch       all weights begin at random                          what the labels alone can teach
    fine-tuned    the encoder begins as it was pre-trained             what BERT does
    frozen        as before, and the encoder stays as it is            only the layers on top learn

The task is to say whether a sentence is kind or unkind (`lessons.text.reviews`). Optimiser, steps, sentences and seeds
are the same for all three. A classifier is tested twice: on words that were never labelled, of which a network that
begins at random knows nothing, so that it guesses; and, for comparison, on words that may have been.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from lessons.attention.masks import seen_mask
from lessons.bert.models import MaskedLanguageModel, SentenceClassifier
from lessons.bert.pretraining import rows
from lessons.core.modes import evaluating
from lessons.core.seed import generator, seed_all
from lessons.core.training import Training
from lessons.text.reviews import Labelled, labelled
from lessons.text.wordpiece import PAD

STARTS = ("scratch", "fine-tuned", "frozen")
LABELS = (8, 16, 32, 64, 128)
STEPS, WARM, BATCH, LEARNING_RATE = 60, 6, 32, 2e-3
TESTED, TEST_SEED = 200, 2**32 - 2  # sentences of each test, and the seed that they are drawn with

Batch = tuple[Int[Tensor, "batch time"], Int[Tensor, "batch"]]
"""Sentences and their classes."""


@dataclass(frozen=True)
class FineTuned:
    """What came of one training: shares of right answers, of which 0.5 is guessing."""

    start: str  # one of STARTS
    labels: int  # labelled sentences
    seed: int
    new_words: float  # on words that were never labelled
    labelled_words: float  # on words that may have been


def fine_tuning(pretrained: MaskedLanguageModel, labels: int, start: str = "fine-tuned", seed: int = 0) -> Training:
    """A training on `labels` labelled sentences, ready to run; its model is a SentenceClassifier. `pretrained` is kept.

    seed: of the sentences, of the new weights and of the batches. ValueError for a start that there is not, and for a
    number of labels that `labelled` refuses.
    """
    if start not in STARTS:
        raise ValueError(f"A classifier starts in one of the ways {', '.join(STARTS)}, not {start!r}.")
    tokenizer, device = pretrained.tokenizer, next(pretrained.parameters()).device
    ids, classes = tensors(pretrained, labelled(labels, generator(seed)))
    seed_all(seed)
    model = SentenceClassifier(pretrained.config, classes=2)
    model.tokenizer = tokenizer
    if start != "scratch":
        model.encoder.load_state_dict(pretrained.encoder.state_dict())
    model.encoder.requires_grad_(start != "frozen")

    def batches(generator: torch.Generator) -> Batch:
        chosen = torch.randperm(labels, generator=generator)[:BATCH]
        return ids[chosen], classes[chosen]

    def schedule(step: int) -> float:
        return min(1.0, step / WARM)

    optimizer = torch.optim.AdamW([w for w in model.parameters() if w.requires_grad], lr=LEARNING_RATE)
    return Training(
        model.to(device), optimizer, class_loss, batches, STEPS, seed, clip=1.0, schedule=schedule, threads=1
    )


def tensors(model: MaskedLanguageModel | SentenceClassifier, sentences: Sequence[Labelled]) -> Batch:
    """The sentences as ids, padded, and their classes."""
    ids = rows([sentence.text for sentence in sentences], model.tokenizer)
    return ids, torch.tensor([sentence.label for sentence in sentences])


def class_logits(model: SentenceClassifier, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch class"]:
    """Of padded sentences."""
    return model(ids, mask=seen_mask(ids, model.tokenizer.special(PAD)))


def class_loss(model: SentenceClassifier, batch: Batch) -> Float[Tensor, ""]:
    """Cross-entropy of the classes in nats."""
    ids, classes = batch
    return F.cross_entropy(class_logits(model, ids), classes)


@lru_cache(maxsize=4)
def _tested(count: int, test: bool) -> list[Labelled]:
    """The sentences of a test. They are the same at every look at a training, and nobody changes them."""
    return labelled(count, generator(TEST_SEED), test)


@torch.no_grad()
def right(model: SentenceClassifier, test: bool = True, count: int = TESTED) -> float:
    """The share of right answers on held-out sentences; test: with words that were never labelled, or may have been."""
    ids, classes = tensors(model, _tested(count, test))
    device = next(model.parameters()).device
    with evaluating(model):
        answers = class_logits(model, ids.to(device)).argmax(dim=1).cpu()
    return (answers == classes).float().mean().item()


@torch.no_grad()
def kind_probability(model: SentenceClassifier, text: str) -> float:
    """How sure the classifier is that a text is kind, from 0 to 1."""
    ids = torch.tensor([model.tokenizer.encode(text).ids], device=next(model.parameters()).device)
    with evaluating(model):
        return class_logits(model, ids).softmax(dim=1)[0, 1].item()


def compare(
    pretrained: MaskedLanguageModel,
    labels: Sequence[int] = LABELS,
    seeds: Sequence[int] = (0, 1, 2),
    starts: Sequence[str] = STARTS,
) -> list[FineTuned]:
    """What pre-training is worth: a row for each start, number of labels and seed."""
    found = []
    for start in starts:
        for count in labels:
            for seed in seeds:
                run = fine_tuning(pretrained, count, start, seed)
                run.run(progress=False)
                found.append(FineTuned(start, count, seed, right(run.model), right(run.model, test=False)))
    return found


def mean(rows: Sequence[FineTuned], start: str, labels: int) -> FineTuned:
    """The mean over seeds, under the seed -1."""
    some = [row for row in rows if (row.start, row.labels) == (start, labels)]
    new, old = (sum(getattr(row, name) for row in some) / len(some) for name in ("new_words", "labelled_words"))
    return FineTuned(start, labels, -1, new, old)
