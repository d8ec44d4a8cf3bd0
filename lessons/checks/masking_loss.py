"""Lesson 05: the check of the masked loss.

The loss of Devlin et al., "BERT" (2019), section 3.1: cross-entropy at the chosen tokens alone. What differs from
`lessons.bert.masking`: one text, so that the logits have two axes, and at least one token has a label.
`bert_masking` shows this check to the notebook.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import functional as F

from lessons.bert import masking
from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def _masked_loss(logits: Float[Tensor, "time vocab"], labels: Int[Tensor, "time"]) -> Float[Tensor, ""]:
    """The mean surprise, in nats, at the tokens that have a label."""
    return masking.masked_loss(logits[None], labels[None])


def _loss_cases(generator: Generator) -> list[tuple]:
    """Labels at a part of the tokens, the word 0 among them: a number like any other."""

    def case(vocab: int, labels: list[int]) -> tuple:
        return normal(generator, len(labels), vocab, scale=2.0), torch.tensor(labels)

    none = masking.IGNORE
    return [
        case(7, [none, 3, none, none, 0, none, 6, none]),
        case(5, [0, none, 4, 4, none]),
        case(9, [none, none, none, 8, 2, none, none, none, none, 0]),
    ]


def _asked(labels: Tensor) -> Tensor:
    return labels != masking.IGNORE


def _loss_mistake(
    name: str,
    says: str,
    asked=_asked,
    log_chance=lambda logits: logits.log_softmax(dim=-1),
    join=lambda nats, labels: nats.mean(),
) -> Misconception:
    """The loss with one of its parts replaced; the defaults are right."""

    def wrong(logits, labels):
        where = asked(labels)
        picked = log_chance(logits)[where].gather(1, labels[where].clamp(min=0)[:, None])[
            :, 0
        ]  # [time vocab] -> [time]
        return join(-picked, labels)

    return Misconception(name, says, wrong)


def _with_zeros(nats: Tensor, labels: Tensor) -> Tensor:
    return torch.zeros(len(labels), dtype=nats.dtype).masked_scatter(_asked(labels), nats)


def _all_pairs(logits: Tensor, labels: Tensor) -> Tensor:
    """Every label at every asked token: `[:, labels]` picks whole columns."""
    asked = _asked(labels)
    return -logits.log_softmax(dim=-1)[asked][:, labels[asked]].mean()


masked_loss = Check(
    title="The masked loss",
    reference=_masked_loss,
    cases=_loss_cases,
    differentiable=True,
    misconceptions=[
        _loss_mistake(
            "asked at all tokens, as if the others had the label 0",
            "Tokens without a label count in your loss as if the word 0 stood there. Which tokens should count at all?",
            asked=lambda labels: torch.ones_like(labels, dtype=torch.bool),
        ),
        _loss_mistake(
            "divided by all tokens",
            "Your sum is right, and it is divided by the length of the text. How many tokens were asked?",
            join=lambda nats, labels: nats.sum() / len(labels),
        ),
        _loss_mistake(
            "the sum in place of the mean",
            "Your loss grows with the number of labels. What should be done with their losses?",
            join=lambda nats, labels: nats.sum(),
        ),
        _loss_mistake(
            "left out the word 0",
            "A label of 0 is the first word of the vocabulary, and it counts. Which number says that nobody asks?",
            asked=lambda labels: labels > 0,
        ),
        _loss_mistake(
            "a softmax before the cross-entropy",
            "F.cross_entropy takes logits and does the softmax itself. Yours runs twice, or so it seems: which of the"
            " two is too many?",
            log_chance=lambda logits: logits.softmax(dim=-1).log_softmax(dim=-1),
        ),
        _loss_mistake(
            "softmax over the tokens",
            "Your probabilities add up to 1 for each word of the vocabulary. Over which axis do the words compete?",
            log_chance=lambda logits: logits.log_softmax(dim=0),
        ),
        _loss_mistake(
            "forgot the softmax",
            "Your loss is the logit of the label itself, with a minus. What makes a probability of logits?",
            log_chance=lambda logits: logits,
        ),
        _loss_mistake(
            "forgot the logarithm",
            "Your loss is the probability itself, with a minus. The surprise is the logarithm of it.",
            log_chance=lambda logits: logits.softmax(dim=-1),
        ),
        _loss_mistake(
            "one minus the probability",
            "Your loss can never be above 1. How surprised is a model to which the right word was all but impossible?",
            log_chance=lambda logits: logits.softmax(dim=-1) - 1,
        ),
        _loss_mistake(
            "forgot the minus",
            "Your loss is below 0, and best when it is lowest: there the model is most wrong. Which sign is missing?",
            join=lambda nats, labels: -nats.mean(),
        ),
        _loss_mistake(
            "the logarithm of the mean probability",
            "You average the probabilities first and take the logarithm then. In which order are the two done?",
            join=lambda nats, labels: -(-nats).exp().mean().log(),
        ),
        _loss_mistake(
            "in bits, not in nats",
            "Your logarithm has the base 2. Which base gives nats?",
            join=lambda nats, labels: nats.mean() / math.log(2),
        ),
        _loss_mistake(
            "the perplexity",
            "You raise e to the loss. That is how many words the model hesitates between, and not the loss.",
            join=lambda nats, labels: nats.mean().exp(),
        ),
        Misconception(
            "the surprise at the best word, not at the label",
            "The labels only say where to look in your function. Which word has to be likely there?",
            lambda logits, labels: -logits.log_softmax(dim=-1).amax(dim=-1)[_asked(labels)].mean(),
        ),
        Misconception(
            "each label at each asked token",
            "You average over all pairs of an asked token and a label: n × n for n labels. How many should there be,"
            " and what picks one entry of each row?",
            _all_pairs,
        ),
        Misconception(
            "the loss at the tokens that have no label",
            "You picked the tokens where the label is -100, the other ones. Which comparison do you need?",
            lambda logits, labels: F.cross_entropy(
                logits[~_asked(labels)], torch.zeros(int((~_asked(labels)).sum()), dtype=torch.long)
            ),
        ),
        _loss_mistake(
            "one loss for each label",
            "The losses are right, one for each label. Training needs a single number: what is done with them?",
            join=lambda nats, labels: nats,
        ),
        _loss_mistake(
            "one loss for each token",
            "You have a loss for each token, 0 where there is no label. Training needs a single number, and those"
            " zeros must not count.",
            join=_with_zeros,
        ),
    ],
)
