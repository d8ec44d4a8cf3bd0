"""Beam search: the most probable texts, where greedy decoding takes the most probable token at every step.

    keep the `beams` best texts so far; write every possible token behind each; keep the `beams` best of all these

The score of a text is log P(text | prompt), a sum that only falls as the text grows. So texts that have ended are
compared by their score divided by their number of tokens: transformers' `length_penalty` of 1. The search ends when
there are `beams` of them and the best one under way is no better than the worst, as it stands now. (It might still
become better, for a mean can rise: the rule saves time.) With one beam this is greedy decoding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from lessons.attention.cache import Cache
from lessons.core.modes import evaluating
from lessons.gpt.generate import Text, check_request, prompt_ids


@dataclass(frozen=True)
class Beam:
    """A text that the search has found."""

    text: str  # without the stop string and the end sign
    ids: list[int]  # all its tokens, those of the stop string and the end sign, too
    log_probability: float  # of all these tokens, given the prompt, in nats

    @property
    def score(self) -> float:
        """What texts are compared by: log-probability for each token."""
        return self.log_probability / len(self.ids)


@torch.inference_mode()
def beam_search(
    model: nn.Module, prompt: str, beams: int = 4, tokens: int = 64, stop: Sequence[str] = ()
) -> list[Beam]:
    """Up to `beams` texts that go on from the prompt, the best first.

    The arguments are those of `stream`, and a text ends in the same ways. ValueError.
    """
    check_request(tokens, stop)
    if beams < 1:
        raise ValueError(f"There must be 1 beam or more, not {beams}.")
    ids, _ = prompt_ids(model, prompt)
    tokens = min(tokens, model.config.context - len(ids))
    signs, device = model.tokenizer.signs, next(model.parameters()).device
    cache, unread = Cache(model.config.layers), [ids]
    under_way: list[list[int]] = [[]]
    scores = torch.zeros(1, device=device)
    ended: list[Beam] = []

    def has_ended(written: list[int]) -> bool:
        return written[-1] in signs or any(sign in model.tokenizer.decode(written) for sign in stop)

    with evaluating(model):
        for length in range(1, tokens + 1):
            seen = model.hidden(torch.tensor(unread, device=device), cache=cache)[:, -1]  # [batch d_model]
            totals = scores[:, None] + model.unembed(seen).log_softmax(dim=-1)  # [batch vocab]
            # Enough that `beams` go on even when every text ends with each of the signs.
            best = totals.flatten().topk(min((1 + len(signs)) * beams, totals.numel()))
            going: list[tuple[int, list[int], float]] = []
            for rank, (score, place) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
                row, token = divmod(place, totals.shape[1])
                written = [*under_way[row], token]
                if length < tokens and not has_ended(written):
                    going.append((row, written, score))
                elif rank < beams:
                    ended.append(Beam(_text(model, written, stop), written, score))
                if len(going) == beams:
                    break
            ended = sorted(ended, key=lambda beam: beam.score, reverse=True)[:beams]
            if not going or (len(ended) == beams and going[0][2] / length <= ended[-1].score):
                break
            rows, under_way, values = (list(column) for column in zip(*going, strict=True))
            cache.choose(torch.tensor(rows))
            scores = torch.tensor(values, device=device).to(totals)
            unread = [[written[-1]] for written in under_way]
    return ended


def _text(model: nn.Module, ids: list[int], stop: Sequence[str]) -> str:
    """What these tokens say, without a stop string and a sign at the end."""
    text = Text(model, stop)
    for token in ids:
        text.add(token)
    text.end("length")
    return text.shown
