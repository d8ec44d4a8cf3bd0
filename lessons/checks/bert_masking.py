"""Lesson 05: the check of masking. The others are in `masking_loss`, `masking_pairs`, `masking_pieces` and
`masking_blanks`.

Section 3.1 of Devlin et al., "BERT" (2019). What differs from `lessons.bert.masking`: one text, and all that is random
is handed over as numbers, so that the answer is the same each time.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor

from lessons.bert.masking import IGNORE
from lessons.checks.check import Check, Misconception
from lessons.checks.masking_blanks import fill_one_by_one
from lessons.checks.masking_loss import masked_loss
from lessons.checks.masking_pairs import encode_pair
from lessons.checks.masking_pieces import longest_match

__all__ = ["encode_pair", "fill_one_by_one", "longest_match", "mask_tokens", "masked_loss"]

MASKED, RANDOM = 0.8, 0.9
"""A chosen token whose `share` is below the first becomes [MASK]; below the second, a random token."""


def _mask_tokens(
    draw: Float[Tensor, "time"],
    share: Float[Tensor, "time"],
    ids: Int[Tensor, "time"],
    special: Bool[Tensor, "time"],
    random_ids: Int[Tensor, "time"],
    mask_id: int,
    rate: float,
) -> tuple[Int[Tensor, "time"], Int[Tensor, "time"]]:
    """What the model reads, and its labels. A token is chosen where `draw` is below `rate`, if it is not special."""
    chosen = (draw < rate) & ~special
    return _read(share, ids, chosen, random_ids, mask_id), torch.where(chosen, ids, IGNORE)


def _read(share: Tensor, ids: Tensor, chosen: Tensor, random_ids: Tensor, mask_id: int) -> Tensor:
    """Of the chosen: [MASK] where share < 0.8, a random token from there to 0.9, and the rest stays."""
    changed = torch.where(share < MASKED, mask_id, torch.where(share < RANDOM, random_ids, ids))
    return torch.where(chosen, changed, ids)


def _masking_cases(generator: Generator) -> list[tuple]:
    """Signs at both ends and in the middle, and every fate in each case. Ids from 5: 0 to 4 are the signs."""

    def case(time: int, rate: float, mask_id: int) -> tuple:
        draw, share = torch.rand(2, time, generator=generator, dtype=torch.float64)
        ids, random_ids = torch.randint(5, 90, (2, time), generator=generator)
        special = torch.zeros(time, dtype=torch.bool)
        special[[0, time // 2, -1]] = True
        ids[special] = 2
        draw[special] *= rate  # small enough to be chosen, if nobody asks where the signs stand
        return draw, share, ids, special, random_ids, mask_id, rate

    return [case(60, 0.5, 4), case(80, 0.15, 4), case(40, 1.0, 90)]


def _masking_mistake(
    name: str,
    says: str,
    chosen=lambda draw, special, rate: (draw < rate) & ~special,
    read=_read,
    labels=lambda ids, chosen, share, read: torch.where(chosen, ids, IGNORE),
    out=lambda read, labels: (read, labels),
) -> Misconception:
    """Masking with one of its parts replaced; the defaults are right."""

    def wrong(draw, share, ids, special, random_ids, mask_id, rate):
        where = chosen(draw, special, rate)
        seen = read(share, ids, where, random_ids, mask_id)
        return out(seen, labels(ids, where, share, seen))

    return Misconception(name, says, wrong)


def _read_by(fate):
    """A way to read from `fate`, which gives what becomes of every token as if all were chosen."""
    return lambda share, ids, chosen, random_ids, mask_id: torch.where(
        chosen, fate(share, ids, random_ids, mask_id), ids
    )


def _random_everywhere(share: Tensor, ids: Tensor, chosen: Tensor, random_ids: Tensor, mask_id: int) -> Tensor:
    """As if 10 % of all tokens became random ones, chosen or not."""
    masked = torch.where(chosen & (share < MASKED), mask_id, ids)
    return torch.where((share >= MASKED) & (share < RANDOM), random_ids, masked)


def _one_draw(draw, share, ids, special, random_ids, mask_id, rate) -> tuple[Tensor, Tensor]:
    """The shares cut out of `draw` itself, so that `share` has no say."""
    return _mask_tokens(draw, draw / rate, ids, special, random_ids, mask_id, rate)


mask_tokens = Check(
    title="Masking",
    reference=_mask_tokens,
    cases=_masking_cases,
    misconceptions=[
        _masking_mistake(
            "masks special tokens",
            "Signs such as [CLS] and [SEP] get chosen, too. Nobody needs to predict them: which argument says where"
            " they stand?",
            chosen=lambda draw, special, rate: draw < rate,
        ),
        _masking_mistake(
            "chooses among the special tokens only",
            "You choose where `special` is True. What does True mean there?",
            chosen=lambda draw, special, rate: (draw < rate) & special,
        ),
        _masking_mistake(
            "chooses all that it should leave",
            "You choose where `draw` is above the rate: at 15 % that is 85 % of the tokens. Which part of the numbers"
            " from 0 to 1 is below 0.15?",
            chosen=lambda draw, special, rate: (draw >= rate) & ~special,
        ),
        _masking_mistake(
            "wrote 15 % in place of the rate",
            "Your function chooses 15 % whatever it is asked for. Which argument should decide?",
            chosen=lambda draw, special, rate: (draw < 0.15) & ~special,
        ),
        _masking_mistake(
            "labels everywhere",
            "Every token has a label, so the model is paid for copying what it can see. Where should there be none?",
            labels=lambda ids, chosen, share, read: ids,
        ),
        _masking_mistake(
            "labels only where [MASK] stands",
            "Chosen tokens that became a random one, or that stayed, have no label in your answer. What would the"
            " model then learn about tokens without a mask?",
            labels=lambda ids, chosen, share, read: torch.where(chosen & (share < MASKED), ids, IGNORE),
        ),
        _masking_mistake(
            "no labels for the chosen tokens that stay",
            "You ask only where a token was changed. A chosen token that stays as it is has to be predicted as well.",
            labels=lambda ids, chosen, share, read: torch.where(chosen & (share < RANDOM), ids, IGNORE),
        ),
        _masking_mistake(
            "labels where nothing was chosen",
            "Your labels stand exactly where they should not. Which of the two belongs to True in torch.where?",
            labels=lambda ids, chosen, share, read: torch.where(chosen, IGNORE, ids),
        ),
        _masking_mistake(
            "the label of what stands there now",
            "Where a token was replaced, your label is the new one, [MASK] itself most of the time. Which token is the"
            " model to find?",
            labels=lambda ids, chosen, share, read: torch.where(chosen, read, IGNORE),
        ),
        _masking_mistake(
            "zero in place of -100 where nobody asks",
            "The loss leaves out the label -100, and 0 is a token like any other. What stands in your labels where"
            " nothing was chosen?",
            labels=lambda ids, chosen, share, read: torch.where(chosen, ids, 0),
        ),
        _masking_mistake(
            "minus one in place of -100 where nobody asks",
            "Nothing in torch knows -1 as a label to leave out. Which number does cross_entropy ignore by itself?",
            labels=lambda ids, chosen, share, read: torch.where(chosen, ids, -1),
        ),
        _masking_mistake(
            "gave True and False in place of labels",
            "Your labels only say where to look. What should the model say there?",
            labels=lambda ids, chosen, share, read: chosen,
        ),
        _masking_mistake(
            "masks all chosen tokens",
            "All that you chose became [MASK]. What happens to those whose `share` is 0.8 or more?",
            read=_read_by(lambda share, ids, random_ids, mask_id: torch.full_like(ids, mask_id)),
        ),
        _masking_mistake(
            "no chosen token stays as it is",
            "Your random tokens are twice too many: 20 % of the chosen. What happens from a `share` of 0.9 on?",
            read=_read_by(lambda share, ids, random_ids, mask_id: torch.where(share < MASKED, mask_id, random_ids)),
        ),
        _masking_mistake(
            "no random tokens",
            "A chosen token becomes [MASK] or stays. Do you ask for a `share` between two numbers in an order in which"
            " the second question can never be true?",
            read=_read_by(lambda share, ids, random_ids, mask_id: torch.where(share < MASKED, mask_id, ids)),
        ),
        _masking_mistake(
            "a random token where it should stay, and the other way round",
            "Your proportions are right, with two parts swapped. Which of them lies between 0.8 and 0.9?",
            read=_read_by(
                lambda share, ids, random_ids, mask_id: torch.where(
                    share < MASKED, mask_id, torch.where(share < RANDOM, ids, random_ids)
                )
            ),
        ),
        _masking_mistake(
            "the parts overlap",
            "Random tokens take their 10 % out of the 80 % for [MASK], so 20 % stay. The parts lie one after the other:"
            " where does the second begin?",
            read=_read_by(
                lambda share, ids, random_ids, mask_id: torch.where(
                    share < RANDOM - MASKED, random_ids, torch.where(share < MASKED, mask_id, ids)
                )
            ),
        ),
        _masking_mistake(
            "masks the smaller part",
            "You put [MASK] where `share` is 0.8 or more: 20 % of the chosen. Which side of 0.8 is the larger one?",
            read=_read_by(lambda share, ids, random_ids, mask_id: torch.where(share >= MASKED, mask_id, ids)),
        ),
        _masking_mistake(
            "random tokens for 10 % of all in place of the chosen",
            "Tokens that nobody chose are replaced, too, and they have no label. 80, 10 and 10 % are shares of what?",
            read=_random_everywhere,
        ),
        _masking_mistake(
            "changes all tokens, not the chosen ones",
            "80 % of the whole text is [MASK], so there is little left to guess from. 80, 10 and 10 % are shares of"
            " what?",
            read=lambda share, ids, chosen, *more: _read(share, ids, torch.ones_like(chosen), *more),
        ),
        _masking_mistake(
            "changes nothing",
            "The labels are right, and the model reads the text with all the answers in it. What should it see?",
            read=lambda share, ids, *more: ids,
        ),
        Misconception(
            "one draw for both decisions",
            "Your proportions are right, and `share` has no say in them. The task takes one number to choose a token,"
            " and another one for what becomes of it.",
            _one_draw,
        ),
        _masking_mistake(
            "labels first, and what the model reads last",
            "Both tensors are right and change places. In which order does the task want them?",
            out=lambda read, labels: (labels, read),
        ),
        _masking_mistake(
            "only what the model reads",
            "What the model reads is right. It cannot learn without the answers: where are the labels?",
            out=lambda read, labels: read,
        ),
    ],
)
