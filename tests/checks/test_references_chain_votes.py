"""The check of the vote: its reference against the library, and mistakes as students write them."""

from collections import Counter

import pytest
import torch

from lessons.checks.chain_of_thought import answer_of, vote
from lessons.core.seed import generator
from lessons.reasoning import voting


def test_the_vote_is_that_of_the_library():
    pick = generator(4)
    lists = [torch.randint(5, (int(n),), generator=pick).tolist() for n in torch.randint(12, (300,), generator=pick)]
    for given in lists:
        given = [None if answer == 4 else answer for answer in given]
        samples = [(f"chain {place}", answer) for place, answer in enumerate(given)]
        assert vote.reference(samples) == voting.vote(given).answer
    for (samples,) in vote.all_cases():
        assert vote.reference(samples) == voting.vote([answer for _, answer in samples]).answer


def by_a_dictionary(samples):
    votes = {}
    for _, answer in samples:
        if answer is not None:
            votes[answer] = votes.get(answer, 0) + 1
    best = None
    for answer, count in votes.items():
        if best is None or count > votes[best]:
            best = answer
    return best


def by_max(samples):
    voters = [answer for _, answer in samples if answer is not None]
    return max(voters, key=voters.count, default=None)


def by_a_counter(samples):
    votes = Counter(answer for chain, answer in samples if answer is not None)
    return votes.most_common(1)[0][0] if votes else None


@pytest.mark.parametrize("attempt", [by_a_dictionary, by_max, by_a_counter])
def test_voting_in_other_words_passes(attempt):
    assert vote.examine(lambda samples: attempt(samples)).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda samples: max((a for _, a in samples if a is not None), default=None), "the largest answer"),
        (lambda samples: by_max([s for s in samples if s[1]]), "took 0 for no answer"),
        (lambda samples: by_max(samples[1:]), None),
        (lambda samples: by_max(samples[:-1]), None),
        (
            lambda samples: by_max([s for s in samples if s[1] is not None][::-1]),
            "of equals, the one that had the last vote",
        ),
        (lambda samples: by_max([(0, str(a)) for _, a in samples]), None),  # a vote of texts, "None" among them
        (
            lambda samples: Counter(samples).most_common(1)[0][0][1] if samples else None,
            "votes over chains instead of answers, and counts those without an answer",
        ),
        (
            lambda samples: Counter(a for _, a in samples).most_common(1)[0][0] if samples else None,
            "let None vote as well",
        ),
    ],
)
def test_mistakes_in_voting_are_named(attempt, name):
    verdict = vote.examine(attempt)
    assert (verdict.status, verdict.misconception) == ("wrong", name)


def test_a_vote_over_a_set_is_named_and_told_both_answers_without_a_distance():
    def attempt(samples):
        voters = [answer for _, answer in samples if answer is not None]
        return max(set(voters), key=voters.count, default=None)

    verdict = vote.examine(attempt)
    assert verdict.misconception == "of equals, whichever a set gives first"
    assert "Your result is 4, expected 7. (Case 3 of" in verdict.detail
    nought = vote.examine(lambda samples: 10 if by_max(samples) == 0 else by_max(samples))
    assert nought.headline == "Your result is 10, expected 0."


@pytest.mark.parametrize("check", [answer_of, vote])
def test_where_none_may_be_an_answer_it_is_not_taken_for_a_missing_return(check):
    verdict = check.examine(lambda given: None if given == check.case(2)[0] else check.reference(given))
    assert verdict.headline == f"Your result is None, expected {check.reference(*check.case(2))}."


def test_whoever_forgets_that_nobody_may_vote_sees_the_case():
    def attempt(samples):
        return Counter(answer for _, answer in samples if answer is not None).most_common(1)[0][0]

    verdict = vote.examine(attempt)
    assert verdict.headline.startswith("Your function stops with IndexError: list index out of range")
    assert "I do not know." in verdict.detail

    def sorts(samples):
        samples.sort(key=lambda sample: sample[0])
        return by_max(samples)

    assert "changes its argument `samples` in place" in vote.examine(sorts).headline
