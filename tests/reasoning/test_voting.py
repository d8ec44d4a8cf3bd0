"""Answers that vote."""

import pytest
from torch import nn

from lessons.reasoning import voting
from lessons.reasoning.problems import held_out_problems
from lessons.reasoning.reasoner import Reply
from lessons.reasoning.voting import Vote, by_chains, sample_chains, vote


@pytest.mark.parametrize(
    "answers, expected",
    [
        ([3, 5, 5], Vote(5, {5: 2, 3: 1}, 0)),
        ([7, 5, 5, 7], Vote(7, {7: 2, 5: 2}, 0)),  # a tie: the first that was given
        ([5, 7, 7, 5, 1], Vote(5, {5: 2, 7: 2, 1: 1}, 0)),
        ([None, None, 4], Vote(4, {4: 1}, 2)),  # those without an answer do not win
        ([None], Vote(None, {}, 1)),
        ([], Vote(None, {}, 0)),
        ([0, 0, 1], Vote(0, {0: 2, 1: 1}, 0)),  # 0 is an answer
    ],
)
def test_the_vote(answers, expected):
    counted = vote(answers)
    assert counted == expected and list(counted.counts) == list(expected.counts)


def test_the_share_is_that_of_the_votes():
    assert vote([3, 3, 5, None]).share == pytest.approx(2 / 3)
    assert vote([None]).share == 0


def test_the_first_chains_vote():
    problems = held_out_problems(1, 2)
    answers = [[1000, problems[0].answer, problems[0].answer], [problems[1].answer] * 3]
    replies = [[Reply("", answer, False, "end") for answer in row] for row in answers]
    assert [interval.mean for interval in by_chains(problems, replies, (1, 3))] == [0.5, 1.0]
    with pytest.raises(ValueError, match="There are 3 chains for a problem, so 4 cannot vote"):
        by_chains(problems, replies, (1, 4))


def test_every_problem_is_asked_several_times(monkeypatch):
    asked = []

    def ask(model, problems, way, temperature, seed):
        asked.append((way, temperature, seed))
        return [Reply(problem.question, None, False, "end") for problem in problems]

    monkeypatch.setattr(voting, "ask", ask)
    problems = held_out_problems(2, 3)
    replies = sample_chains(nn.Identity(), problems, chains=4, temperature=0.7, seed=5)
    assert asked == [("chain", 0.7, 5)]
    assert [[reply.text for reply in row] for row in replies] == [[problem.question] * 4 for problem in problems]
    with pytest.raises(ValueError, match="1 chain or more, not 0"):
        sample_chains(nn.Identity(), problems, chains=0)
