"""Self-consistency (Wang et al. 2022): draw several chains for one problem, and let their answers vote.

    chains = sample_chains(model, [problem], chains=10)[0]
    vote([reply.answer for reply in chains])        # Vote(answer=23, counts={23: 8, 21: 1}, silent=1)

Chains differ where the model is unsure. Two that go wrong seldom go wrong to the same answer; those that go right
agree. The vote is over answers, not over chains: two different chains with the same answer are two votes for it. An
answer that could not be read does not vote. Of answers with equally many votes the one that was given first wins.

What differs from the paper: every chain has one vote, as in its "majority vote"; there it did as well as weighing votes
by their probability.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from lessons.core.bootstrap import Interval, bootstrap
from lessons.reasoning.problems import Problem
from lessons.reasoning.reasoner import Reply, ask


@dataclass(frozen=True)
class Vote:
    """How a vote went."""

    answer: int | None  # that won; None where nobody voted
    counts: dict[int, int]  # answer -> votes, most votes first, then in the order in which they were given
    silent: int  # how many had no answer

    @property
    def share(self) -> float:
        """The winner's part of the votes, 0 to 1; 0 where nobody voted."""
        return self.counts[self.answer] / sum(self.counts.values()) if self.counts else 0.0


def vote(answers: Sequence[int | None]) -> Vote:
    """Count the answers, in the order in which they were given. There may be none."""
    given = [answer for answer in answers if answer is not None]
    counts = dict(Counter(given).most_common())  # which keeps the order of those that are equally frequent
    return Vote(next(iter(counts), None), counts, len(answers) - len(given))


def sample_chains(
    model: nn.Module, problems: Sequence[Problem], chains: int = 10, temperature: float = 1.0, seed: int = 0
) -> list[list[Reply]]:
    """For every problem so many chains, drawn independently. At temperature 0 they are all the same. ValueError."""
    if chains < 1:
        raise ValueError(f"There must be 1 chain or more, not {chains}.")
    repeated = [problem for problem in problems for _ in range(chains)]
    replies = ask(model, repeated, "chain", temperature=temperature, seed=seed)
    return [replies[first : first + chains] for first in range(0, len(replies), chains)]


def by_chains(
    problems: Sequence[Problem], replies: Sequence[Sequence[Reply]], counts: Sequence[int] = (1, 5, 10, 20)
) -> list[Interval]:
    """How often the vote of the first 1, 5, … chains is right. ValueError where there are not so many chains."""
    if (least := min(map(len, replies))) < max(counts):
        raise ValueError(f"There are {least} chains for a problem, so {max(counts)} cannot vote.")
    return [
        bootstrap(
            [
                vote([reply.answer for reply in chains[:count]]).answer == problem.answer
                for problem, chains in zip(problems, replies, strict=True)
            ]
        )
        for count in counts
    ]
