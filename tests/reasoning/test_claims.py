"""What lesson 07 says of the small reasoner, measured anew on fewer problems, in ranges, from the shipped weights."""

from collections import Counter

import pytest

from lessons import zoo
from lessons.reasoning.corrupt import change_one, go_on
from lessons.reasoning.errors import first_error
from lessons.reasoning.problems import held_out_problems
from lessons.reasoning.reasoner import accuracy, ask, by_events
from lessons.reasoning.voting import by_chains, sample_chains

PROBLEMS = 40


@pytest.fixture(scope="module")
def model():
    return zoo.load("reasoner")


def single(replies) -> float:
    """How often one chain, of those that were drawn, is right."""
    drawn = [reply.right for chains in replies for reply in chains]
    return sum(drawn) / len(drawn)


def test_direct_answers_fail_with_every_event_and_chains_do_not(model):
    found = by_events(model, (1, 2, 3, 6), PROBLEMS)
    direct, chain = ([interval.mean for interval in found[way]] for way in ("direct", "chain"))
    assert direct[0] > 0.75 and 0.25 < direct[1] < 0.65 and direct[2] < 0.45 and direct[3] < 0.3
    assert min(chain) >= 0.95
    for count in (1, 2, 3):  # from two events on the intervals lie apart
        assert found["direct"][count].high < found["chain"][count].low


def test_longer_than_ever_trained(model):
    """Seven events half work, eight do not; and what goes wrong is the reading, not the arithmetic."""
    mistakes: Counter[str] = Counter()
    means = []
    for events in (7, 8):
        problems = held_out_problems(events, PROBLEMS)
        replies = ask(model, problems)
        means.append(accuracy(replies).mean)
        found = (first_error(problem, reply.text) for problem, reply in zip(problems, replies, strict=True))
        mistakes.update(mistake.kind for mistake in found if mistake)
    assert 0.45 < means[0] < 0.9 and means[1] < 0.35
    assert mistakes["story"] > 0.7 * mistakes.total() and mistakes["arithmetic"] <= 2


def test_chains_that_are_drawn_go_wrong_and_the_vote_mends_it(model):
    problems = held_out_problems(6, 12)
    hot = sample_chains(model, problems, chains=20, temperature=2.0)
    few, many = (interval.mean for interval in by_chains(problems, hot, (1, 20)))
    assert single(hot) < 0.4 and many > single(hot) + 0.3 and many > few
    warm = sample_chains(model, problems, chains=5, temperature=1.5)
    assert 0.65 < single(warm) < 0.95 and by_chains(problems, warm, (5,))[0].mean >= 0.9


def test_the_vote_does_not_mend_what_goes_wrong_in_every_chain(model):
    problems = held_out_problems(7, 12)
    replies = sample_chains(model, problems, chains=7, temperature=1.0)
    assert abs(by_chains(problems, replies, (7,))[0].mean - single(replies)) < 0.2


def test_the_answer_follows_a_changed_chain(model):
    changes = change_one(held_out_problems(4, PROBLEMS), equation=1)
    replies = go_on(model, changes)
    followed = [reply.answer == change.implied for reply, change in zip(replies, changes, strict=True)]
    assert sum(followed) > 0.8 * len(changes) > 25 and accuracy(replies).mean < 0.1
