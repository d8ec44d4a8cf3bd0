"""The panel of accuracy against steps, without a browser: what the reasoner says is written here."""

import asyncio

import numpy as np
import pytest

from lessons.core.bootstrap import bootstrap
from lessons.reasoning import reasoner as reasoner_module
from lessons.reasoning.problems import Problem
from lessons.reasoning.prompts import prompt, response
from tests.widgets.toy_reasoner import Asked, toy_reasoner
from widgets.explorers import reasoning_steps
from widgets.explorers.reasoning_steps import LENGTHS, ReasoningSteps, events_of


def direct_fails(problem: Problem, way: str, begun: str, i: int) -> str:
    """The chain is right, and every direct answer after the first of a batch is one too many."""
    return response(problem, way) if way == "chain" or i == 0 else f"{problem.answer + 1}."


@pytest.fixture
def asked(monkeypatch) -> Asked:
    fake = Asked(direct_fails)
    monkeypatch.setattr(reasoning_steps, "ask", fake)
    return fake


def panel(**state: object) -> ReasoningSteps:
    return ReasoningSteps(toy_reasoner, **state)


def test_it_opens_with_one_problem_and_both_answers(asked: Asked) -> None:
    p = panel(events=3, problem=2)
    assert asked.calls == [(1, "direct", 0.0, 0), (1, "chain", 0.0, 0)], "one problem is asked, in both ways"
    (problem,) = p._reasoner.problems(3, 0, 1, 1)
    assert problem.held_out and len(problem.events) == 3
    assert p.answers.title == f"Problem 2 with 3 events. The right answer is {problem.answer}"
    for i, way in enumerate(("direct", "chain")):
        assert p.answers.text(i, "given") == f"{prompt(problem, way)} "
        assert p.answers.text(i, "written") == response(problem, way)
        assert p.answers.passages[i]["verdict"] == "right"
    assert p.chart.summary.startswith("No curve yet: press “Ask 20 more”.") and p.chart.line(0).size == 0


def test_a_press_asks_so_many_of_every_length_in_both_ways(asked: Asked) -> None:
    p = panel(more=20, events=5)
    assert p.controls["ask"].description == "Ask 20 more"
    p.ask()
    assert p.counts() == {
        (events, way): (20 if way == "chain" else 2, 20) for events in LENGTHS for way in ("direct", "chain")
    }
    np.testing.assert_allclose(p.chart.line(0), 0.1)
    np.testing.assert_allclose(p.chart.line(1), 1.0)
    assert p.chart.line(0, "x").tolist() == list(LENGTHS)
    found = bootstrap([1.0] * 2 + [0.0] * 18)
    bars = p.update()["chart"]["figure"].data[0].error_y
    np.testing.assert_allclose(bars.array, found.high - found.mean)
    np.testing.assert_allclose(bars.arrayminus, found.mean - found.low)
    assert f"Of 20 problems with 5 events: direct 10% right (interval {found.low:.0%} to" in p.chart.summary
    p.more = 10
    p.ask()
    assert {asked for _, asked in p.counts().values()} == {30}, "more are added to those before"
    long = [question for question, way in asked.questions if len(question) > 200 and way == "chain"]
    assert len(set(long)) == len(long), "and none is asked twice"


def test_where_the_training_stopped_is_marked(asked: Asked) -> None:
    mark = panel().update()["chart"]["figure"].data[2]
    assert list(mark.x) == [6.5, 6.5] and mark.name == "up to here it was trained: 6 events"


def test_what_was_asked_is_shown_and_not_asked_again(asked: Asked) -> None:
    p = panel(more=10, events=4)
    p.ask()
    count = len(asked.calls)
    p.problem = 7
    assert len(asked.calls) == count
    assert p.answers.passages[0]["verdict"] == "wrong" and p.answers.passages[1]["verdict"] == "right"
    problem = p._reasoner.problems(4, 0, 6, 1)[0]
    assert p.answers.passages[0]["note"] == f"It says {problem.answer + 1}. The right answer is {problem.answer}."
    p.problem = 11
    assert len(asked.calls) == count + 2, "one that was not asked yet is asked now"


def test_a_wrong_chain_says_where_it_goes_astray(monkeypatch) -> None:
    monkeypatch.setattr(reasoning_steps, "ask", Asked(lambda problem, way, begun, i: "The answer is"))
    p = panel(events=2)
    (problem,) = p._reasoner.problems(2, 0, 0, 1)
    assert p.answers.passages[1]["note"].startswith(
        f"It says no number that could be read. The right answer is {problem.answer}."
    )
    assert f"First mistake in {problem.months[0]}: a month is left out" in p.answers.passages[1]["note"]


def test_it_can_be_stopped_and_goes_on(asked: Asked) -> None:
    p = panel(more=10)
    p.observe(lambda change: change["new"] == 3 and p.stop(), "come")
    p.ask()
    assert {events for events, _ in p.counts()} == {1, 2, 3} and not p.running
    assert p.chart.line(0, "x").tolist() == [1, 2, 3]
    p.ask()
    assert p.counts()[1, "chain"][1] == 20 and p.counts()[8, "chain"][1] == 10


def test_the_buttons_say_what_can_be_done(asked: Asked) -> None:
    p, seen = panel(more=10), []
    p.observe(lambda _: seen.append((p.controls["ask"].disabled, p.controls["stop"].disabled)), "come")
    assert (p.controls["ask"].disabled, p.controls["stop"].disabled) == (False, True)
    p.controls["ask"].click()
    assert set(seen) == {(True, False)} and not p.controls["ask"].disabled
    p.controls["again"].click()
    assert p.counts() == {} and p.chart.line(1).size == 0


def test_another_seed_has_other_problems_and_forgets_the_answers(asked: Asked) -> None:
    p = panel(more=10)
    p.ask()
    before = p.answers.text(0)
    p.seed = 1
    assert p.counts() == {} and p.answers.text(0) != before
    p.seed = 0
    assert p.answers.text(0) == before, "a seed always has the same problems"
    fresh = panel()
    fresh.seed = 1
    (problem,) = fresh._reasoner.problems(4, 1, 0, 1)
    assert fresh.answers.text(1, "written") == response(problem, "chain"), "and no answer of another seed"


def test_another_seed_while_it_asks_keeps_nothing_of_the_old_one(asked: Asked) -> None:
    p = panel(more=10)
    p.observe(lambda change: change["new"] == 3 and p.set_trait("seed", 1), "come")
    p.ask()
    assert p.counts() == {} and not p.running


def test_in_a_notebook_it_asks_in_the_background(asked: Asked) -> None:
    async def press() -> ReasoningSteps:
        p = panel(more=10)
        p.ask()
        assert p.running and p.counts() == {}
        while p.running:
            await asyncio.sleep(0.001)
        return p

    assert asyncio.run(press()).counts()[8, "direct"] == (1, 10)


def test_an_untrained_model_is_asked_as_it_is(monkeypatch) -> None:
    monkeypatch.setattr(reasoner_module, "TOKENS", 4)
    p = panel(events=1)
    assert p.status.message == "" and p.answers.text(1, "written")


def test_a_model_that_is_not_there_is_said_in_a_sentence() -> None:
    def nothing():
        raise RuntimeError("The weights are not here: fetch them.")

    assert ReasoningSteps(nothing).status.message == "The weights are not here: fetch them."


def test_update_is_a_pure_function_of_the_state(asked: Asked) -> None:
    p = panel(more=10)
    p.ask()
    before = str(p.update())
    assert str(p.update()) == before


def test_events_are_counted_in_words() -> None:
    assert (events_of(1), events_of(2)) == ("1 event", "2 events")
