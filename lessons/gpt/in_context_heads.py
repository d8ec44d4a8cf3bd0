"""How a small model reads a cipher: which heads do it, and what becomes of its answers without them.

    scores = job_scores(model, exercises)
    layer, head = best_head(scores["lookup"])

To foretell a letter of an answer, a model must know which letter of the word is asked for, find where the same letter
was answered before, and say what stood there. No head can do that alone: where an answer stands, nothing says which
letter it answers. In the model that is shipped four jobs do it, in all three layers:

    pairing    layer 0   from a letter of an answer, four places back to the letter of the word that it answers
    question   layer 0   from the place that foretells a letter, three places back to the letter that is asked for
    note       layer 1   from a letter of the next word, four places back to the answer there
    lookup     layer 2   from the place that foretells a letter to the notes about the same letter

So the next word serves as a notebook. Heads of layer 0 bring the letters of the answer there, three to five places
on; the head for notes brings what was found out there, which letter was answered. Then the last layer compares the
question with the notes. An induction head (Olsson et al. 2022) does the same in two layers: the token before, then the
lookup. What differs is the format, with its fixed steps, and one step more. Other seeds may share the work in another
way, and a head that has a job here may have others with other rules.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lessons.core.modes import evaluating
from lessons.core.record import record
from lessons.gpt.in_context import LETTERS, Exercise
from lessons.gpt.in_context_curve import batch_ids
from lessons.gpt.llama import Llama

JOBS = {
    "pairing": "the letter that this one answers",
    "question": "the letter that is asked for",
    "note": "the answer one word before",
    "lookup": "the notes about the letter that is asked for",
}
"""Name of the job -> where a head with this job looks, for people."""
STEP = LETTERS + 1
"""From a letter of a word to that of its answer, and from there to that of the next word."""
NOTED = (4, 5, 3)
"""How far behind the first, second and third letter of an answer the note about it stands: in the next word."""


def notes(exercise: Exercise) -> dict[int, tuple[str, str]]:
    """Where in the text the notes stand, and of each the letter and its answer. None behind the last pair.

    ValueError unless all words and answers have three letters, as in a cipher and a pick.
    """
    found = {}
    for (word, answer), place in zip(exercise.pairs, exercise.answers, strict=True):
        if len(word) != LETTERS or len(answer) != LETTERS:
            raise ValueError(
                f"Words and answers must have {LETTERS} letters, not {word!r} and {answer!r}: take a cipher."
            )
        for i, behind in enumerate(NOTED):
            if place.start + i + behind < len(exercise.text):
                found[place.start + i + behind] = (word[i], answer[i])
    return found


def wanted(exercise: Exercise, job: str) -> Bool[Tensor, "query key"]:
    """True where a head with this job looks. ValueError for an unknown job, and as in `notes`.

    A query with no such key has nothing to do in this job.
    """
    if job not in JOBS:
        raise ValueError(f"There is no job {job!r}: choose from {', '.join(JOBS)}.")
    table = torch.zeros(len(exercise.text), len(exercise.text), dtype=torch.bool)
    known = notes(exercise)
    for (word, _), place in zip(exercise.pairs, exercise.answers, strict=True):
        for i, letter in enumerate(word):
            answer = place.start + i  # the letter of the answer; the place before it foretells it
            if job == "pairing":
                table[answer, answer - STEP] = True
            elif job == "question":
                table[answer - 1, answer - STEP] = True
            elif job == "note" and answer >= 2 * STEP:  # there is an answer before this word
                table[answer - STEP, answer - 2 * STEP] = True
            elif job == "lookup":
                table[answer - 1, [at for at, (of, _) in known.items() if of == letter and at < answer]] = True
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
