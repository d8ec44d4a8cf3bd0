"""How a small model reads a cipher: which heads do it, and what becomes of its answers without them.

    scores = job_scores(model, exercises)
    layer, head = best_head(scores["lookup"])

To foretell a letter of an answer, the model must know which letter of the word is asked for, find where the same letter
was answered before, and say what stands there. One head alone cannot: what stands there is the answer, and says nothing
of the letter that it answers. So three jobs are shared by heads of different layers:

    question   from the place that foretells a letter of an answer to the letter of the word that it answers
    pairing    from a letter of an answer to the letter of the word that it answers, four places back
    lookup     from the place that foretells a letter to the answers of the same letter in the pairs before

After the first two, a place knows what it asks for, and an answer knows what it is the answer to. The third, in a later
layer, compares the two. That is what an induction head does with the token before (Olsson et al. 2022), in the format
of this task. What differs: a fixed step back of three or four places in the place of one.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lessons.core.modes import evaluating
from lessons.core.record import record
from lessons.gpt.in_context import Exercise
from lessons.gpt.in_context_curve import batch_ids
from lessons.gpt.llama import Llama

JOBS = {
    "question": "the letter that is asked for",
    "pairing": "the letter that this one answers",
    "lookup": "earlier answers of the same letter",
}
"""Name of the job -> where a head with this job looks, for people."""


def wanted(exercise: Exercise, job: str) -> Bool[Tensor, "query key"]:
    """True where a head with this job looks. ValueError for an unknown job.

    A query with no such key has nothing to do in this job. The answers must be as long as the words: a cipher, a pick.
    """
    if job not in JOBS:
        raise ValueError(f"There is no job {job!r}: choose from {', '.join(JOBS)}.")
    table = torch.zeros(len(exercise.text), len(exercise.text), dtype=torch.bool)
    answered: list[tuple[str, int]] = []  # the letters of the words before, and the places of their answers
    for (word, answer), place in zip(exercise.pairs, exercise.answers, strict=True):
        if len(word) != len(answer):
            raise ValueError(f"{answer!r} does not answer {word!r} letter by letter: take a cipher or a pick.")
        for i, letter in enumerate(word):
            here = place.start + i  # of the letter of the answer; that of the word is len(word) + 1 before it
            if job == "pairing":
                table[here, here - len(word) - 1] = True
            elif job == "question":
                table[here - 1, here - len(word) - 1] = True
            else:
                table[here - 1, [there for known, there in answered if known == letter]] = True
        answered += [(letter, place.start + i) for i, letter in enumerate(word)]
    return table


@torch.no_grad()
def patterns(model: Llama, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "layer batch head query key"]:
    """Where every head looks in several texts: after the softmax, in float32."""
    names = [f"blocks.{layer}.attention.see_pattern" for layer in range(model.config.layers)]
    with evaluating(model), record(model, only=names) as seen:
        model.hidden(ids.to(model.embed.weight.device))
    return torch.stack([seen[name].float().cpu() for name in names])  # layer * [batch head query key]


def job_scores(model: Llama, exercises: Sequence[Exercise]) -> dict[str, Float[Tensor, "layer head"]]:
    """The share of its attention that every head spends on each job, by the names in JOBS.

    The mean over all places that can do the job, of all exercises. These must be equally long texts.
    """
    seen = patterns(model, batch_ids(model, exercises))
    scores = {}
    for job in JOBS:
        tables = torch.stack([wanted(exercise, job) for exercise in exercises])  # [batch query key]
        share = (seen * tables[:, None]).sum(dim=-1)  # [layer batch head query]
        asks = tables.any(dim=-1)  # [batch query]
        scores[job] = share.transpose(1, 2)[..., asks].mean(dim=-1)  # [layer head batch query] -> [layer head]
    return scores
