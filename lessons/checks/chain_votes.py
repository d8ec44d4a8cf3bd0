"""Lesson 07: the check of the vote.

Self-consistency (Wang et al. 2023): many chains are sampled, and the answer that most of them lead to wins. What
differs from `lessons.reasoning.voting`: a sample is a pair, its chain and its answer.
`chain_of_thought` shows this check to the notebook.
"""

from collections import Counter
from statistics import mean, median_low

from torch import Generator

from lessons.checks.check import Check, Misconception

Sample = tuple[str, int | None]


def _vote(samples: list[Sample]) -> int | None:
    """The answer with the most votes, the one that came first among equals; None where nobody has an answer."""
    return _winner(_answers(samples))


def _answers(samples: list[Sample]) -> list[int]:
    return [answer for _, answer in samples if answer is not None]


def _winner(votes: list):
    """Of equals, the one that was counted first: `most_common` keeps their order."""
    return Counter(votes).most_common(1)[0][0] if votes else None


def _vote_cases(generator: Generator) -> list[tuple]:
    """One chain twice against three with one answer, ties, an answer of 0, a vote that decides, and no vote at all."""
    wrong, lost = ("5 * 4 = 25. 25 + 3 = 28.", 28), ("I do not know.", None)
    right = [("5 * 4 = 20. 20 + 3 = 23.", 23), ("4 * 5 = 20, and 3 more.", 23), ("3 + 20 = 23.", 23)]
    return [
        ([wrong, right[0], lost, wrong, right[1], right[2], ("3 + 5 * 4 = 32.", 32)],),
        ([lost, lost, ("6 - 6 = 0.", 0), ("6 + 6 = 12.", 12), lost, ("6 less 6.", 0)],),
        (list(zip("KJIHGFEDCBA", (1, 7, 4, 7, 11, 4, 11, 6, 9, 5, 5), strict=True)),),
        (list(zip("DCAAB", (3, 5, 8, 8, 5), strict=True)),),
        ([("A.", 4), ("B.", 6)],),
        ([("A.", 4), ("B.", 6), ("C.", 6)],),
        ([lost, ("", None)],),
        ([lost, wrong],),
        ([],),
    ]


def _vote_mistake(name: str, says: str, join, votes=_answers) -> Misconception:
    """Other voters, or another way to count. join(votes) gives the answer; where nobody votes it is None."""
    return Misconception(name, says, lambda samples: join(found) if (found := votes(samples)) else None)


def _by_chain(samples: list[Sample]) -> int | None:
    """The most frequent chain wins, and gives its answer."""
    voters = [sample for sample in samples if sample[1] is not None]
    chain = _winner([chain for chain, _ in voters])
    return next((answer for text, answer in voters if text == chain), None)


def _by_sample(samples: list[Sample]) -> int | None:
    """As `_by_chain`, with the samples without an answer among the voters."""
    return _winner(samples)[1] if samples else None


def _tie(choose):
    """Among those with the most votes, choose(those, votes)."""

    def join(votes):
        counts = Counter(votes)
        return choose([answer for answer in counts if counts[answer] == max(counts.values())], votes)

    return join


def _majority(votes: list[int]) -> int | None:
    winner = _winner(votes)
    return winner if 2 * votes.count(winner) > len(votes) else None


vote = Check(
    title="The vote over answers",
    reference=_vote,
    cases=_vote_cases,
    misconceptions=[
        Misconception(
            "votes over chains instead of answers",
            "You count how often a whole chain stands there. Two chains in other words may lead to one number: what has"
            " the vote?",
            _by_chain,
        ),
        Misconception(
            "votes over chains instead of answers, and counts those without an answer",
            "You count how often a sample stands there, its chain included, also where there is no answer. What has the"
            " vote, and who has none?",
            _by_sample,
        ),
        Misconception(
            "the winning chain in place of its answer",
            "You return a chain. The task wants the answer that most chains lead to.",
            lambda samples: _winner([chain for chain, _ in samples]),
        ),
        _vote_mistake(
            "let None vote as well",
            "In your count, samples without an answer can win together. What should they count?",
            _winner,
            votes=lambda samples: [answer for _, answer in samples],
        ),
        _vote_mistake(
            "took 0 for no answer",
            "An answer of 0 has no vote in your function. For Python 0 is as false as None: what do you ask for?",
            _winner,
            votes=lambda samples: [answer for _, answer in samples if answer],
        ),
        _vote_mistake(
            "the mean of the answers",
            "You average the answers. Is a number between two answers an answer that anybody gave?",
            mean,
        ),
        _vote_mistake(
            "the median of the answers",
            "You take the answer in the middle. Numbers that are near each other are not more right: what is counted?",
            median_low,
        ),
        _vote_mistake(
            "the largest answer",
            "You take the maximum of the answers. Of what should the maximum be taken?",
            max,
        ),
        _vote_mistake(
            "the smallest answer",
            "You take the minimum of the answers. What is counted?",
            min,
        ),
        _vote_mistake(
            "the first answer",
            "You take the first answer there is. What are the other samples for?",
            lambda votes: votes[0],
        ),
        _vote_mistake(
            "the last answer",
            "You take the last answer there is. What are the other samples for?",
            lambda votes: votes[-1],
        ),
        _vote_mistake(
            "the rarest answer",
            "The answer with the fewest votes wins. Look at the sign, or at min and max.",
            lambda votes: min(dict.fromkeys(votes), key=votes.count),
        ),
        _vote_mistake(
            "of equals, the one that came last",
            "Where two answers have as many votes, yours is the one that came up last. Which one does the task want?",
            _tie(lambda best, votes: best[-1]),
        ),
        _vote_mistake(
            "of equals, the one that had the last vote",
            "Where two answers have as many votes, yours is the one that was voted for last. Which one does the task"
            " want?",
            _tie(lambda best, votes: next(answer for answer in votes[::-1] if answer in best)),
        ),
        _vote_mistake(
            "of equals, the one that had its votes first",
            "Where two answers have as many votes, yours is the one whose last vote came first. Which one came up first"
            " at all?",
            _tie(lambda best, votes: min(best, key=lambda answer: len(votes) - votes[::-1].index(answer))),
        ),
        _vote_mistake(
            "of equals, whichever a set gives first",
            "A set has no order: where two answers have as many votes, it does not say which came first. Which one does"
            " the task want?",
            lambda votes: max(set(votes), key=votes.count),
        ),
        _vote_mistake(
            "of equals, the smallest number",
            "Where two answers have as many votes, yours is the smaller number. Which one does the task want?",
            _tie(lambda best, votes: min(best)),
        ),
        _vote_mistake(
            "of equals, the largest number",
            "Where two answers have as many votes, yours is the larger number. Which one does the task want?",
            _tie(lambda best, votes: max(best)),
        ),
        _vote_mistake(
            "asked for more than half of the votes",
            "Without more than half of the votes nobody wins in your function. What is enough in the task?",
            _majority,
        ),
        _vote_mistake(
            "the number of votes in place of the answer",
            "You return how many votes the winner has. Which answer is it?",
            lambda votes: max(map(votes.count, votes)),
        ),
        _vote_mistake(
            "the share of the votes in place of the answer",
            "You return how large the winner's share is. Which answer is it?",
            lambda votes: max(map(votes.count, votes)) / len(votes),
        ),
    ],
)
