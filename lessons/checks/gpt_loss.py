"""Lesson 06: the check of the causal loss.

The loss of Radford et al. (2018), equation 1: the surprise at every token, given those before it. What differs from
`lessons.gpt.loss`: one text, so that the logits have two axes.
`gpt_few_shot` shows this check to the notebook.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import functional as F

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception


def _causal_loss(logits: Float[Tensor, "time vocab"], ids: Int[Tensor, "time"]) -> Float[Tensor, ""]:
    """The mean surprise in nats at every token but the first; the logits at a token are about the next one."""
    return F.cross_entropy(logits[:-1], ids[1:])


def _loss_cases(generator: Generator) -> list[tuple]:
    """Texts of different lengths, a token twice in a row among them, and the id 0: a token like any other."""

    def case(vocab: int, ids: list[int]) -> tuple:
        return normal(generator, len(ids), vocab, scale=2.0), torch.tensor(ids)

    return [case(7, [3, 0, 6, 6, 2]), case(5, [4, 1, 1, 0, 3, 2, 4, 0]), case(9, [8, 5, 0])]


def _loss_mistake(
    name: str,
    says: str,
    pairs=lambda logits, ids: (logits[:-1], ids[1:]),
    log_chance=lambda logits: logits.log_softmax(dim=-1),
    join=lambda nats, time: nats.mean(),
) -> Misconception:
    """The loss with one of its parts replaced; the defaults are right. time: the number of tokens of the text."""

    def wrong(logits, ids):
        asked, labels = pairs(logits, ids)
        picked = log_chance(asked).gather(1, labels[:, None])[:, 0]  # [time vocab] -> [time]
        return join(-picked, len(ids))

    return Misconception(name, says, wrong)


causal_loss = Check(
    title="The causal loss",
    reference=_causal_loss,
    cases=_loss_cases,
    differentiable=True,
    misconceptions=[
        _loss_mistake(
            "no shift between input and label",
            "You ask every position for its own token, which the model has just read. Which token is it to predict?",
            pairs=lambda logits, ids: (logits, ids),
        ),
        _loss_mistake(
            "no shift, and one position left out",
            "You leave out the last position, and ask the others for their own token, which the model has just read."
            " From which end does each of the two lose one?",
            pairs=lambda logits, ids: (logits[:-1], ids[:-1]),
        ),
        _loss_mistake(
            "no shift, and the first position left out",
            "You leave out the first position, and ask the others for their own token, which the model has just read."
            " From which end does each of the two lose one?",
            pairs=lambda logits, ids: (logits[1:], ids[1:]),
        ),
        _loss_mistake(
            "shifted the wrong way",
            "You ask every position for the token before it. Which way does a language model look?",
            pairs=lambda logits, ids: (logits[1:], ids[:-1]),
        ),
        _loss_mistake(
            "shifted by two",
            "You ask every position for the token after the next one. How far ahead does the model look?",
            pairs=lambda logits, ids: (logits[:-2], ids[2:]),
        ),
        _loss_mistake(
            "asked the last position for the first token",
            "Your shift goes round: behind the last token comes the first one again. What does the text say about the"
            " token behind its end?",
            pairs=lambda logits, ids: (logits, ids.roll(-1)),
        ),
        _loss_mistake(
            "only the last token",
            "Your loss asks for the last token alone. How many tokens of the text can be predicted?",
            join=lambda nats, time: nats[-1],
        ),
        _loss_mistake(
            "divided by all tokens",
            "Your sum is right, and it is divided by the length of the text. How many tokens were predicted?",
            join=lambda nats, time: nats.sum() / time,
        ),
        _loss_mistake(
            "the sum in place of the mean",
            "Your loss grows with the length of the text. What should be done with the losses of its tokens?",
            join=lambda nats, time: nats.sum(),
        ),
        _loss_mistake(
            "in bits, not in nats",
            "Your logarithm has the base 2. Which base gives nats?",
            join=lambda nats, time: nats.mean() / math.log(2),
        ),
        _loss_mistake(
            "the perplexity",
            "You raise e to the loss. That is how many tokens the model hesitates between, and not the loss.",
            join=lambda nats, time: nats.mean().exp(),
        ),
        _loss_mistake(
            "forgot the minus",
            "Your loss is below 0, and best when it is lowest: there the model is most wrong. Which sign is missing?",
            join=lambda nats, time: -nats.mean(),
        ),
        _loss_mistake(
            "the logarithm of the mean probability",
            "You average the probabilities first and take the logarithm then. In which order are the two done?",
            join=lambda nats, time: -(-nats).exp().mean().log(),
        ),
        _loss_mistake(
            "softmax over the positions",
            "Your probabilities add up to 1 for each token of the vocabulary. Over which axis do the tokens compete?",
            log_chance=lambda logits: logits.log_softmax(dim=0),
        ),
        _loss_mistake(
            "a softmax before the cross-entropy",
            "F.cross_entropy takes logits and does the softmax itself. Yours runs twice, or so it seems: which of the"
            " two is too many?",
            log_chance=lambda logits: logits.softmax(dim=-1).log_softmax(dim=-1),
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
        Misconception(
            "the surprise at the best token, not at the one that comes",
            "Your loss does not depend on the text at all. Which token has to be likely?",
            lambda logits, ids: -logits[:-1].log_softmax(dim=-1).amax(dim=-1).mean(),
        ),
        Misconception(
            "each label at each position",
            "You average over all pairs of a position and a label: n × n for n labels. How many should there be,"
            " and what picks one entry of each row?",
            lambda logits, ids: -logits[:-1].log_softmax(dim=-1)[:, ids[1:]].mean(),
        ),
        _loss_mistake(
            "one loss for each token",
            "The losses are right, one for each predicted token. Training needs a single number: what is done with"
            " them?",
            join=lambda nats, time: nats,
        ),
    ],
)
