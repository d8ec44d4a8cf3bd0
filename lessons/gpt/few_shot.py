"""Few-shot prompting (Brown et al. 2020): a task is shown by examples in the prompt, and nothing is trained.

    Word: hot
    Opposite: cold

    Word: fast
    Opposite:                   and the model writes on: " slow", then the end of the line

An answer need not be generated to be judged. One pass over the prompt with the right answer behind it gives both its
probability and whether greedy decoding would write it: it does if every token of the answer, and then an end, is the
most likely one where it stands. (The same text in other tokens, " sl" + "ow", counts as another answer.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.core.bootstrap import Interval, bootstrap
from lessons.core.modes import evaluating
from lessons.core.seed import generator
from lessons.text.tokenizer import Tokenizer
from lessons.text.word_tasks import Example, Task

TOKENS = 1024  # of a batch: the scores of all tokens, at the places that count, then take some 150 MB at most


class Score(NamedTuple):
    """What a model thinks of the right answer."""

    probability: float  # that it writes this line and ends it, when it draws at temperature 1
    right: bool  # whether greedy decoding writes exactly this line


@dataclass(frozen=True)
class Point:
    """How well a model does with so many examples."""

    shots: int
    accuracy: Interval  # share of the questions that greedy decoding answers
    probability: Interval  # of the right answer, in the mean
    scores: list[Score]  # of every question, in the order of the task


def few_shot_prompt(labels: tuple[str, str], examples: Sequence[Example], query: str, instruction: str = "") -> str:
    """The text that a model is to go on from: the instruction if there is one, the examples, and the question.

    labels: what stands in front of a question and of an answer, as "Word:" and "Opposite:". Between two parts is an
    empty line. A question or an answer is one line: line breaks in it become spaces.
    """
    shown = [_line(labels[0], question) + _line(labels[1], answer) for question, answer in examples]
    asked = _line(labels[0], query) + labels[1].strip()
    return "\n".join([*([_line("", instruction)] if instruction.strip() else []), *shown, asked])


def answer_scores(model: nn.Module, prompts: Sequence[str], answers: Sequence[str]) -> list[Score]:
    """The score of the right answer to every prompt.

    An answer ends with a line break or one of the model's signs; that the model ends there is part of its probability
    and of being right. ValueError for an empty prompt or answer, one that does not fit into the context, or lists that
    are not equally long.
    """
    if len(prompts) != len(answers):
        raise ValueError(f"Every prompt needs one answer: there are {len(prompts)} prompts and {len(answers)} answers.")
    texts = [_ids(model, prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]
    ends = line_ends(model.tokenizer)
    scores: dict[int, Score] = {}
    for rows in _batches([len(before) + len(answer) for before, answer in texts]):
        scores |= zip(rows, _scored(model, [texts[row] for row in rows], ends), strict=True)
    return [scores[row] for row in range(len(texts))]


def questions(
    task: Task, shots: int, seed: int = 0, told: bool = False, contradicting: bool = False
) -> tuple[list[str], list[str]]:
    """The prompts for all held-out questions of a task with so many examples, and the right answers.

    The examples of every question are drawn anew from the task's pool, with one seed: that of one shot is the first
    of two. told: the task's instruction stands in front. contradicting: each example has the answer of another.
    ValueError for more shots than the pool holds.
    """
    if not 0 <= shots <= len(task.pool):
        raise ValueError(f"{task.title} can show 0 to {len(task.pool)} examples, not {shots}.")
    draws, labels, prompts = generator(seed), (task.input_label, task.output_label), []
    for query, _ in task.held_out:
        order = [task.pool[i] for i in torch.randperm(len(task.pool), generator=draws).tolist()]
        examples = (contradicted(order) if contradicting else order)[:shots]
        prompts.append(few_shot_prompt(labels, examples, query, task.instruction if told else ""))
    return prompts, [answer for _, answer in task.held_out]


def contradicted(examples: Sequence[Example]) -> list[Example]:
    """The same questions, each with the answer of the next example that has another one; the last takes the first's.

    ValueError when all answers are alike.
    """
    if len({answer for _, answer in examples}) < 2:
        raise ValueError("There must be examples with two different answers, so that they can be exchanged.")
    around = [*examples, *examples]
    return [
        (question, next(other for _, other in around[i + 1 :] if other != answer))
        for i, (question, answer) in enumerate(examples)
    ]


def curve(model: nn.Module, task: Task, shots: Sequence[int] = (0, 1, 2, 4, 8), seed: int = 0) -> list[Point]:
    """How well the model does on all held-out questions of a task, for every number of shots, by examples alone.

    ValueError for more shots than the pool holds.
    """
    return [point(count, answer_scores(model, *questions(task, count, seed))) for count in shots]


def point(shots: int, scores: Sequence[Score]) -> Point:
    """The means of the scores, with 95 % of what other questions of the same sort would have given."""
    accuracy = bootstrap([score.right for score in scores])
    return Point(shots, accuracy, bootstrap([score.probability for score in scores]), list(scores))


def line_ends(tokenizer: Tokenizer) -> Bool[Tensor, "vocab"]:
    """The tokens that end a line: all that begin with a line break, and the signs such as <|endoftext|>."""
    breaks = [entry.startswith(("\n", "Ċ")) for entry in tokenizer.entries]  # byte-level BPE writes Ċ for a line break
    return torch.tensor([ends or i in tokenizer.signs for i, ends in enumerate(breaks)])


def _line(label: str, text: str) -> str:
    return " ".join([*label.split(), *text.split()]) + "\n"


def _ids(model: nn.Module, prompt: str, answer: str) -> tuple[list[int], list[int]]:
    """Prompt and answer in tokens. The answer begins with the space that the prompt leaves out."""
    before = model.tokenizer.encode(prompt).ids
    if not before or not answer.strip():
        raise ValueError("A prompt and its answer must have a word each: write something into both.")
    behind = model.tokenizer.encode(" " + answer.strip(), special=False).ids
    if (length := len(before) + len(behind)) > model.config.context:
        raise ValueError(
            f"Prompt and answer have {length:,} tokens together, but the model has room for "
            f"{model.config.context:,}: show fewer examples."
        )
    return before, behind


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The numbers of the texts, alike ones together: with their padding no more than TOKENS, or a single text."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if rows and (len(rows) + 1) * lengths[row] > TOKENS:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


@torch.inference_mode()
def _scored(model: nn.Module, texts: list[tuple[list[int], list[int]]], ends: Bool[Tensor, "vocab"]) -> list[Score]:
    """The scores of one batch. Padding stands behind the texts, where nobody sees it."""
    device = next(model.parameters()).device
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(a + b) for a, b in texts], batch_first=True)
    with evaluating(model):
        hidden = model.hidden(ids.to(device))
        # Only where the answer is foretold: a text of 60 tokens has 60 times 49152 logits, and the answer few of them.
        places = [hidden[i, len(a) - 1 : len(a) + len(b)] for i, (a, b) in enumerate(texts)]
        logits = model.unembed(torch.cat(places)).float().cpu()  # [batch time d_model] -> [places vocab]
    return [
        _score(part, torch.tensor(answer), ends)
        for part, (_, answer) in zip(logits.split([len(place) for place in places]), texts, strict=True)
    ]


def _score(logits: Tensor, answer: Int[Tensor, "time"], ends: Bool[Tensor, "vocab"]) -> Score:
    """Of one answer. logits: at each of its tokens, and behind the last."""
    logs = F.log_softmax(logits, dim=-1)
    told = logs[:-1].gather(-1, answer[:, None]).sum() + logs[-1][ends].logsumexp(dim=-1)
    best = logits.argmax(dim=-1)
    return Score(told.exp().item(), bool((best[:-1] == answer).all() and ends[best[-1]]))
