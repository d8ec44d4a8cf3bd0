"""The answers of lesson 07, computed with the model that is in the box."""

from functools import cache

import pytest

from lessons import zoo
from lessons.checks import all_questions
from lessons.core.bootstrap import bootstrap
from lessons.reasoning.corrupt import change_one, go_on
from lessons.reasoning.problems import held_out_problems
from lessons.reasoning.reasoner import accuracy, ask
from lessons.reasoning.voting import by_chains, sample_chains
from lessons.text.word_problems import PROBLEMS, steps
from lessons.zoo.recipes.word_problems_smollm2 import replies

QUESTIONS = all_questions()


@cache
def reasoner():
    return zoo.load("reasoner")


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def test_direct():
    score = zoo.entry("reasoner").score  # of 200 problems
    assert 0.05 < score["direct_4"] < 0.25 and score["chain_4"] > 0.95
    direct, chain = (accuracy(ask(reasoner(), held_out_problems(4, 16), way)).mean for way in ("direct", "chain"))
    assert direct < 0.5 and chain > 0.8
    assert chosen("07.direct") == "About 15 and nearly 100."


def test_width():
    def width(right, count):
        interval = bootstrap([1] * right + [0] * (count - right), resamples=20_000)
        return interval.high - interval.low

    question = QUESTIONS["07.width"]
    assert width(40, 60) == pytest.approx(0.24, abs=0.02)
    assert "40 of 60" in question.text and "0.24" in question.text
    assert width(160, question.answer) / width(40, 60) == pytest.approx(0.5, abs=0.03)
    assert question.score(120) < 1.0, "twice as many"


def test_votes():
    stories = 40
    problems = held_out_problems(6, stories)
    replies = sample_chains(reasoner(), problems, chains=5, temperature=1.5)
    single = sum(reply.right for chains in replies for reply in chains) / (5 * stories)
    voted = by_chains(problems, replies, counts=(5,))[0]
    assert 0.7 < single < 0.9 and "about 80 of 100 chains" in QUESTIONS["07.votes"].text
    assert voted.low > 0.9 and chosen("07.votes") == "More than 90."


def test_corrupt():
    changes = change_one(held_out_problems(4, 20), equation=1)
    replies = go_on(reasoner(), changes)
    follows = sum(reply.answer == change.implied for reply, change in zip(replies, changes, strict=True))
    assert len(changes) > 15 and follows > 0.8 * len(changes) and sum(reply.right for reply in replies) <= 1
    assert chosen("07.corrupt") == "What follows from the changed number."


def test_length():
    score = zoo.entry("reasoner").score
    assert score["chain_6"] > 0.95 and 0.5 < score["chain_7"] < 0.9 and score["chain_8"] < 0.2
    assert accuracy(ask(reasoner(), held_out_problems(8, 10), "chain")).mean < 0.5
    assert chosen("07.length") == "About 10."


def test_smollm():
    measured = replies()
    direct, chain = measured["direct"], measured["chain"]
    shares = [round(100 * way.accuracy.mean) for way in (direct, chain)]
    question = QUESTIONS["07.smollm"]
    assert f"{len(PROBLEMS)} short word problems" in question.text
    assert [sum(steps(one) == count for one in PROBLEMS) for count in (1, 2, 3)] == [len(PROBLEMS) // 3] * 3
    assert "right in {} of 100, with a chain in {}.".format(*shares) in question.text
    one = [round(100 * way.accuracy_of(1).mean) for way in (chain, direct)]
    assert "{} of 100, in place of {}.".format(*one) in question.why
    assert chain.accuracy_of(1).low > direct.accuracy_of(1).high, "more than chance could have moved it"
    for count in (2, 3):
        assert chain.accuracy_of(count).low <= direct.accuracy_of(count).high
        assert chain.accuracy_of(count).mean < 0.1
    assert chosen("07.smollm") == "In problems of one step."
