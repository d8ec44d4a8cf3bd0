"""What a head does, as a number: one small function for each job that heads are known to have.

A score is the part of its attention that a head spends on its job, from 0 to 1: a mean, over the queries that can do
the job, of the weight on the keys that the job names. A head that does nothing else scores 1, and nan says that no
query of this text can do the job at all.

What would a head score that looks everywhere alike? `chance` asks the same functions about such a head. To stand out, a
score must lie well above it: in a text that says "the" in every third place, nobody needs a skill to look at a "the".

The jobs: neighbours and separators in BERT (Clark et al. 2019, "What Does BERT Look At?"), the first token as a sink
(Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks"), the same word (Wang et al. 2022,
"Interpretability in the Wild", who call it a duplicate token head), induction (Elhage et al. 2021, Olsson et al. 2022,
"In-context Learning and Induction Heads"). What differs: those papers count how often the largest weight falls on the
right key, or take their own averages; here every job is measured by the mean weight, so that jobs can be compared.
"""

import string
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

JOBS = {
    "previous_token": "the token before",
    "next_token": "the token after",
    "first_token": "the first token",
    "separator": "a separator",
    "same_word": "the same word elsewhere",
    "induction": "what came next last time",
}
"""Name of the job, and so of its function -> where a head with this job looks, for people."""

UNDEFINED = {
    "previous_token": "This text has one token only, so no token has another before it.",
    "next_token": "This text has one token only, so no token has another after it.",
    "first_token": "This text has one token only, and a sink is one that others look at.",
    "separator": "This text has neither a separator nor a punctuation mark that another token could look at.",
    "same_word": "No token stands twice in this text, so no head can look for the same word: repeat one.",
    "induction": "No token stands twice in this text, so nothing came next last time: repeat a word, or a whole line.",
}
"""Name of the job -> why its score is nan."""

PUNCTUATION = frozenset(string.punctuation + "“”‘’„«»–—…¿¡。、，！？；：")


def previous_token(pattern: Float[Tensor, "*batch query key"]) -> Float[Tensor, "*batch"]:
    """Attention to the token just before: the mean of A[t, t-1] over all tokens t but the first."""
    return pattern.diagonal(-1, dim1=-2, dim2=-1).mean(dim=-1)


def next_token(pattern: Float[Tensor, "*batch query key"]) -> Float[Tensor, "*batch"]:
    """Attention to the token just after: the mean of A[t, t+1] over all tokens t but the last. 0 in a decoder."""
    return pattern.diagonal(1, dim1=-2, dim2=-1).mean(dim=-1)


def first_token(pattern: Float[Tensor, "*batch query key"]) -> Float[Tensor, "*batch"]:
    """Attention to the first token, the sink of heads with nothing to do: the mean of A[t, 0] over all others t."""
    return pattern[..., 1:, 0].mean(dim=-1)


def separator(pattern: Float[Tensor, "*batch query key"], separators: Bool[Tensor, "key"]) -> Float[Tensor, "*batch"]:
    """Attention to separators: the mean of the sum over separators s of A[t, s], over tokens t that are none.

    separators: True for those tokens, as `separators_of` finds them. Only a t that may look at one counts.
    """
    return _weight_on(pattern, (~separators)[:, None] & separators[None, :] & _may_look(pattern))


def same_word(pattern: Float[Tensor, "*batch query key"], ids: Int[Tensor, "key"]) -> Float[Tensor, "*batch"]:
    """Attention to the same token elsewhere: the mean of the sum over s != t with ids[s] = ids[t] of A[t, s].

    The mean is over the t that have such an s and may look at it: in a decoder it must have come before. A "word" is a
    token here, and a punctuation mark counts.
    """
    return _weight_on(pattern, _same(ids) & _may_look(pattern))


def induction(pattern: Float[Tensor, "*batch query key"], ids: Int[Tensor, "key"]) -> Float[Tensor, "*batch"]:
    """Attention to what came next last time: the mean of the sum over s <= t with ids[s-1] = ids[t] of A[t, s].

    In "… A B … A" a head of this kind looks from the second A back at B. The mean is over the t whose token came
    before, at the place s-1 < t.
    """
    after = torch.zeros_like(pattern[(0,) * (pattern.dim() - 2)], dtype=torch.bool)  # [query key]
    after[:, 1:] = _same(ids).tril(-1)[:, :-1]
    return _weight_on(pattern, after)


def separators_of(tokens: Sequence[str], special: Sequence[bool]) -> Bool[Tensor, "key"]:
    """Which tokens separate: the special ones but for the first token, as [SEP]; without any, the punctuation.

    tokens: as `Tokenizer.encode` shows them. special: True for signs that are no text.
    """
    signs = [sign and place > 0 for place, sign in enumerate(special)]
    marks = [
        not sign and bool(token.strip()) and set(token.strip()) <= PUNCTUATION
        for token, sign in zip(tokens, special, strict=True)
    ]
    return torch.tensor(signs if any(signs) else marks, dtype=torch.bool)


def score_table(
    patterns: Float[Tensor, "layer head query key"], ids: Int[Tensor, "key"], separators: Bool[Tensor, "key"]
) -> dict[str, Float[Tensor, "layer head"]]:
    """Every score of every head, by the names in JOBS. nan for all heads where a job is not defined for this text."""
    return {
        "previous_token": previous_token(patterns),
        "next_token": next_token(patterns),
        "first_token": first_token(patterns),
        "separator": separator(patterns, separators),
        "same_word": same_word(patterns, ids),
        "induction": induction(patterns, ids),
    }


def chance(
    patterns: Float[Tensor, "layer head query key"], ids: Int[Tensor, "key"], separators: Bool[Tensor, "key"]
) -> dict[str, float]:
    """What a head would score that looks alike at everything which these heads may look at, by the names in JOBS."""
    may = _may_look(patterns).to(patterns)  # [query key]
    everywhere = may / may.sum(dim=-1, keepdim=True)
    return {job: score.item() for job, score in score_table(everywhere[None, None], ids, separators).items()}


def best_head(scores: Float[Tensor, "layer head"]) -> tuple[int, int]:
    """Layer and head of the highest score, both from 0. ValueError when no score is defined."""
    if scores.isnan().all():
        raise ValueError("No head has a score here, so there is no best one.")
    place = int(scores.nan_to_num(-1.0).argmax())
    return place // scores.shape[1], place % scores.shape[1]


def _weight_on(
    pattern: Float[Tensor, "*batch query key"], wanted: Bool[Tensor, "query key"]
) -> Float[Tensor, "*batch"]:
    """The weight on the wanted keys, in the mean over the queries that want one; nan where none does."""
    asks = wanted.any(dim=-1)  # [query]
    return (pattern[..., asks, :] * wanted[asks]).sum(dim=-1).mean(dim=-1)  # [*batch query key] -> [*batch]


def _same(ids: Int[Tensor, "key"]) -> Bool[Tensor, "query key"]:
    """Where two different places hold the same token."""
    return (ids[:, None] == ids[None, :]).fill_diagonal_(False)


def _may_look(pattern: Float[Tensor, "*batch query key"]) -> Bool[Tensor, "query key"]:
    """Who may look where, read off the patterns: where nobody looks ahead, the mask is causal."""
    everywhere = torch.ones(pattern.shape[-2:], dtype=torch.bool, device=pattern.device)
    most = pattern.flatten(end_dim=-3).amax(dim=0) if pattern.dim() > 2 else pattern  # [query key]
    return everywhere if most.triu(1).any() else everywhere.tril()
