"""The panel of chains that vote, without a browser: the chains are written here."""

import asyncio

import numpy as np
import pytest

from lessons.reasoning import reasoner as reasoner_module
from lessons.reasoning import voting
from lessons.reasoning.problems import Problem
from lessons.reasoning.prompts import response
from lessons.reasoning.voting import vote
from tests.widgets.toy_reasoner import Asked, toy_reasoner
from widgets.explorers import self_consistency
from widgets.explorers.self_consistency import BITE, MORE, SelfConsistency
from widgets.explorers.vote_views import COUNTS, MOST_CHAINS, votes_bars


def two_of_eight_are_wrong(problem: Problem, way: str, begun: str, i: int) -> str:
    """Of every eight chains: a wrong answer, one without a number, and six that are right."""
    chain = {0: f"{problem.chain} The answer is {problem.answer + 1}.", 1: "The answer is many."}
    return chain.get(i, response(problem, way))


@pytest.fixture
def asked(monkeypatch) -> Asked:
    fake = Asked(two_of_eight_are_wrong)
    monkeypatch.setattr(voting, "ask", fake)  # for the chains that are drawn
    monkeypatch.setattr(self_consistency, "ask", Asked())  # for the greedy ones
    return fake


def panel(**state: object) -> SelfConsistency:
    return SelfConsistency(toy_reasoner, **state)


def test_it_opens_with_chains_drawn_in_bites_each_with_a_seed_of_its_own(asked: Asked) -> None:
    p = panel(seed=2, temperature=0.7)
    assert [count for count, *_ in asked.calls] == [BITE] * (MOST_CHAINS // BITE) and len(p.drawn()) == MOST_CHAINS
    assert {way for _, way, _, _ in asked.calls} == {"chain"} and {call[2] for call in asked.calls} == {0.7}
    assert len({seed for *_, seed in asked.calls}) == len(asked.calls)


def test_so_many_chains_are_shown_as_may_vote(asked: Asked) -> None:
    p = panel(samples=3)
    answer = p.problem.answer
    assert p.chains.text(0) == p.problem.question and len(p.chains.passages) == 4
    assert [passage["verdict"] for passage in p.chains.passages[1:]] == ["wrong", "wrong", "right"]
    assert p.chains.passages[1]["note"].startswith(
        f"Votes for {answer + 1}. First mistake at the end: the chain is right"
    )
    assert p.chains.passages[2]["note"].startswith("No number can be read: it does not vote.")
    assert p.chains.passages[3]["note"] == f"Votes for {answer}."
    calls = len(asked.calls)
    p.samples = 40
    assert len(p.chains.passages) == 41 and len(asked.calls) == calls, "all were drawn already"


def test_the_votes_name_the_winner_and_the_right_answer(asked: Asked) -> None:
    p = panel(samples=8)
    answer = p.problem.answer
    assert p.votes.labels == [f"{answer} ← ✓ the right answer, the winner", f"{answer + 1}", "no answer, no vote"]
    np.testing.assert_array_equal(p.votes.values[0], [6, 1, 1])
    assert p.chains.summary == f"{answer} wins with 6 of 7 votes, which is right. 1 could not be read."
    p.samples = 1
    assert p.votes.labels == [f"{answer + 1} ← the winner", f"{answer} ← ✓ the right answer"]
    np.testing.assert_array_equal(p.votes.values[0], [1, 0])
    assert p.chains.summary == f"{answer + 1} wins with 1 of 1 votes, which is wrong; {answer} would be right."


def test_where_nobody_votes_nobody_wins(monkeypatch) -> None:
    monkeypatch.setattr(voting, "ask", Asked(lambda problem, way, begun, i: "many."))
    p = panel(samples=2)
    assert p.chains.summary == "No chain gave a number, so nobody won."
    assert p.votes.labels == [f"{p.problem.answer} ← ✓ the right answer", "no answer, no vote"]
    assert votes_bars(p.problem, vote([]))["labels"] == [f"{p.problem.answer} ← ✓ the right answer"]


def test_another_setting_draws_anew(asked: Asked) -> None:
    p = panel()
    for name, value in (("events", 3), ("seed", 5), ("temperature", 0.5)):
        before = len(asked.calls)
        p.controls[name].value = value
        assert len(asked.calls) - before == MOST_CHAINS // BITE and len(p.drawn()) == MOST_CHAINS, name
    assert len(p.problem.events) == 3 and asked.calls[-1][2] == 0.5
    assert not p.running and p.controls["draw"].disabled


def test_at_temperature_0_it_says_that_all_chains_are_the_same(asked: Asked) -> None:
    assert panel(temperature=0.0).status.message.startswith("At temperature 0 every chain is the same")
    assert panel().status.message == ""


def test_it_stops_and_draws_what_is_missing(asked: Asked) -> None:
    p = panel()
    p.observe(lambda change: len(p.drawn()) == 2 * BITE and p.stop(), "come")
    p.seed = 1
    assert len(p.drawn()) == 2 * BITE and not p.running and not p.controls["draw"].disabled
    p.unobserve_all("come")
    p.draw()
    assert len(p.drawn()) == MOST_CHAINS


def test_the_curve_is_measured_on_other_problems(asked: Asked) -> None:
    p = panel()
    assert p.chart.line(0).size == 0 and p.chart.summary.startswith("No curve yet")
    p.controls["measure"].click()
    measured = p.measured()
    assert len(measured) == MORE and all(len(each.chains) == MOST_CHAINS for each in measured)
    assert p.problem not in [each.problem for each in measured]
    assert len({each.problem for each in measured}) == MORE
    assert p.chart.line(0, "x").tolist() == list(COUNTS)
    # The first chain is wrong, the second has no answer, and from the third on the first two votes stand against each
    # other: the answer that came first wins, until there are more right ones.
    np.testing.assert_array_equal(p.chart.line(0), [0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(p.chart.line(1), [1, 1])
    assert p.chart.summary == (
        f"Of {MORE} problems with 6 events, one drawn chain answers 0% rightly, and the vote of 40 100% "
        "(interval 100% to 100%)."
    )
    p.measure()
    assert len(p.measured()) == 2 * MORE
    p.seed = 7
    assert len(p.measured()) == 2 * MORE, "the curve stays while another problem is looked at"
    p.events = 5
    assert p.measured() == [] and p.chart.line(0).size == 0


def test_the_curve_grows_problem_by_problem_and_can_be_stopped(asked: Asked) -> None:
    p = panel()
    p.observe(lambda _: len(p.measured()) == 2 and p.stop(), "come")
    p.measure()
    assert len(p.measured()) == 2 and p.chart.summary.startswith("Of 2 problems")
    assert not p.controls["measure"].disabled and p.controls["stop"].disabled


def test_in_a_notebook_the_panel_opens_at_once_and_the_chains_come_in(asked: Asked) -> None:
    async def open_it() -> SelfConsistency:
        p = panel()
        assert p.drawn() == [] and p.running and not p.controls["stop"].disabled
        assert p.chains.text(0) == p.problem.question and p.chains.summary == "Nobody has voted yet."
        while p.running:
            await asyncio.sleep(0.001)
        return p

    assert len(asyncio.run(open_it()).drawn()) == MOST_CHAINS


def test_an_untrained_model_is_asked_as_it_is(monkeypatch) -> None:
    monkeypatch.setattr(reasoner_module, "TOKENS", 3)
    p = panel(events=1)
    texts = {p.chains.text(i) for i in range(1, 11)}
    assert len(texts) > 5, "the chains are drawn"
    other = panel(events=1)
    assert [reply.text for reply in other.drawn()] == [reply.text for reply in p.drawn()], "and the same for a seed"


def test_a_model_that_is_not_there_is_said_in_a_sentence() -> None:
    def nothing():
        raise RuntimeError("The weights are not here: fetch them.")

    assert SelfConsistency(nothing).status.message == "The weights are not here: fetch them."


def test_update_is_a_pure_function_of_the_state(asked: Asked) -> None:
    p = panel()
    before = str(p.update())
    assert str(p.update()) == before
