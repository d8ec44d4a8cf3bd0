"""Lesson 03: checks of two tables [query key]: who may look where, and who does.

The look-ahead mask is that of the decoder of Vaswani et al., "Attention is all you need" (2017), with the course's
meaning of True. The score is that of a previous-token head as `lessons.attention.head_scores` defines it.
`attention_heads` shows these checks to the notebook.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from lessons.attention import masks
from lessons.attention.head_scores import previous_token
from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception

# --- The causal mask ------------------------------------------------------------------------------


def _causal_mask(time: int) -> Bool[Tensor, "query key"]:
    """True where a query may look: at itself and at what came before."""
    return masks.causal_mask(time)


def _square(time: int) -> Tensor:
    return torch.ones(time, time, dtype=torch.bool)


causal_mask = Check(
    title="The causal mask",
    reference=_causal_mask,
    cases=lambda generator: [(4,), (1,), (6,)],
    misconceptions=[
        Misconception(
            "nobody may look at themselves",
            "The diagonal is False, so that the first token may look nowhere. May a token look at itself?",
            lambda time: _square(time).tril(-1),
        ),
        Misconception(
            "looks ahead, not back",
            "Each token sees itself and what comes after. The row is who asks, the column is who is asked: which of the"
            " two triangles do you need?",
            lambda time: _square(time).triu(),
        ),
        Misconception(
            "let True mean hidden",
            "Your mask is True exactly where it should be False. That is how torch.nn.MultiheadAttention reads a mask."
            " What does True mean in the task?",
            lambda time: ~_square(time).tril(),
        ),
        Misconception(
            "sees one token too many",
            "Each token sees the next one, the very token that it should predict. Where does the diagonal of your"
            " triangle begin?",
            lambda time: _square(time).tril(1),
        ),
        Misconception(
            "zero and minus infinity in place of True and False",
            "The triangle is right. This is the form that is added to the scores; the task asks for True and False.",
            lambda time: torch.zeros(time, time).masked_fill(~_square(time).tril(), -math.inf),
        ),
        Misconception(
            "multiplied 0 by minus infinity",
            "0 * -inf is no number: nan. And the task asks for True and False, which need no infinity at all.",
            lambda time: torch.triu(torch.ones(time, time), 1) * -math.inf,
        ),
        Misconception(
            "everybody may look everywhere",
            "Every entry is True. Which of them let a token see what comes after it?",
            _square,
        ),
        Misconception(
            "everybody sees themselves only",
            "Only the diagonal is True. May a token look at those before it?",
            lambda time: torch.eye(time, dtype=torch.bool),
        ),
        Misconception(
            "sees only itself and the one before",
            "Each row has at most two True. How far back may a token look?",
            lambda time: _square(time).tril().triu(-1),
        ),
    ],
)


# --- The score of a head --------------------------------------------------------------------------


def _previous_token_score(pattern: Float[Tensor, "query key"]) -> Float[Tensor, ""]:
    """The mean weight that a token, but for the first, gives to the one before it."""
    return previous_token(pattern)


def _score_cases(generator: Generator) -> list[tuple]:
    """A decoder's patterns, in which nobody looks ahead, and those of an encoder."""

    def pattern(time: int, causal: bool, previous: float) -> Tensor:
        scores = normal(generator, time, time) + previous * torch.eye(time, dtype=torch.float64).roll(-1, dims=1)
        return (scores.masked_fill(~_square(time).tril(), -math.inf) if causal else scores).softmax(dim=-1)

    return [(pattern(5, True, 1.0),), (pattern(7, False, 2.0),), (pattern(4, False, 0.0),)]


def _hits(pattern: Tensor) -> Tensor:
    """Where the largest weight of a row lies on the token before: 1.0, else 0.0."""
    return (pattern.argmax(dim=-1) == torch.arange(len(pattern)) - 1).double()


previous_token_score = Check(
    title="The score of a previous-token head",
    reference=_previous_token_score,
    cases=_score_cases,
    misconceptions=[
        Misconception(
            "looked at the next token",
            "This is the weight of each token on the one after it. Rows ask, columns are asked: which index is larger?",
            lambda pattern: pattern.diagonal(1).mean(),
        ),
        Misconception(
            "looked at the token itself",
            "This is the mean of the diagonal: what each token gives to itself. How far below it lies the one before?",
            lambda pattern: pattern.diagonal().mean(),
        ),
        Misconception(
            "looked two tokens back",
            "These weights lie one step too far from the diagonal. What is t - 1 for t = 1?",
            lambda pattern: pattern.diagonal(-2).mean(),
        ),
        Misconception(
            "divided by all tokens",
            "The sum is right, the number of its terms is not. How many tokens have one before them?",
            lambda pattern: pattern.diagonal(-1).sum() / len(pattern),
        ),
        Misconception(
            "went round at the first token",
            "For t = 0 you took pattern[0, -1], the weight on the last token. Has the first token one before it?",
            lambda pattern: (pattern.diagonal(-1).sum() + pattern[0, -1]) / len(pattern),
        ),
        Misconception(
            "counted the first token's own weight",
            "You took in pattern[0, 0], too. Has the first token one before it?",
            lambda pattern: (pattern.diagonal(-1).sum() + pattern[0, 0]) / len(pattern),
        ),
        Misconception(
            "sum in place of mean",
            "Your number grows with the length of the text. What makes it a part, from 0 to 1?",
            lambda pattern: pattern.diagonal(-1).sum(),
        ),
        Misconception(
            "counted how often the largest weight lies there",
            "You count rows. A weight of 0.9 and one of 0.4 are the same to you, as long as each is the largest. What"
            " does the task take the mean of?",
            lambda pattern: _hits(pattern)[1:].mean(),
        ),
        Misconception(
            "counted how often the largest weight lies there, among all tokens",
            "You count rows, and the first one can never count. What does the task take the mean of, and over which"
            " tokens?",
            lambda pattern: _hits(pattern).mean(),
        ),
        Misconception(
            "mean over the whole table",
            "You divide by all entries of the table, also by those that you had set to 0. How many weights are added"
            " up?",
            lambda pattern: pattern.diagonal(-1).sum() / pattern.numel(),
        ),
        Misconception(
            "added up all that comes before",
            "Your score counts every earlier token. Which single one does this head look for?",
            lambda pattern: pattern.tril(-1).sum(dim=-1)[1:].mean(),
        ),
        Misconception(
            "took the largest weight only",
            "One good token is enough for your score. How do the others come in?",
            lambda pattern: pattern.diagonal(-1).max(),
        ),
    ],
)
