"""What the panel of self-consistency shows: pure functions from drawn chains to the instruments."""

from dataclasses import dataclass

import plotly.graph_objects as go

from lessons.core.bootstrap import Interval
from lessons.reasoning.problems import Problem
from lessons.reasoning.reasoner import Reply, accuracy
from lessons.reasoning.voting import Vote, by_chains
from widgets.explorers.intervals import add_line
from widgets.explorers.reasoner import fault
from widgets.explorers.reasoning_steps import events_of
from widgets.instruments.passages import Passage

MOST_CHAINS = 40
COUNTS = (1, 2, 3, 5, 10, 20, MOST_CHAINS)
"""Chains that vote, on the curve."""


@dataclass(frozen=True)
class Measured:
    """One problem of the curve."""

    problem: Problem
    chains: list[Reply]  # MOST_CHAINS of them, in the order in which they were drawn
    greedy: Reply  # the chain of the best tokens


def chain_passage(problem: Problem, reply: Reply, number: int) -> Passage:
    """Return one chain with its vote."""
    note = f"Votes for {reply.answer}. " if reply.answer is not None else "No number can be read: it does not vote. "
    note = (note + fault(problem, reply)).strip()
    return Passage(f"Chain {number}", [(reply.text, "written")], note, "right" if reply.right else "wrong")


def heading(problem: Problem, replies: list[Reply]) -> str:
    """Return what is in the list of chains."""
    if not replies:
        return f"A story with {events_of(len(problem.events))}: its chains are being drawn"
    right = sum(reply.right for reply in replies)
    return (
        f"A story with {events_of(len(problem.events))}, and {len(replies)} chains: {right} end with the right answer"
    )


def outcome(problem: Problem, result: Vote) -> str:
    """Return who won, in a sentence."""
    if result.answer is None:
        return "Nobody has voted yet." if not result.silent else "No chain gave a number, so nobody won."
    verdict = "right" if result.answer == problem.answer else f"wrong; {problem.answer} would be right"
    silent = f" {result.silent} could not be read." if result.silent else ""
    votes = result.counts[result.answer]
    return f"{result.answer} wins with {votes} of {sum(result.counts.values())} votes, which is {verdict}.{silent}"


def votes_bars(problem: Problem, result: Vote) -> dict:
    """Return a bar for every answer, the most votes first; the right answer has one in any case."""
    counts = result.counts | ({} if problem.answer in result.counts else {problem.answer: 0})
    labels = []
    for answer in counts:
        signs = ["✓ the right answer"] * (answer == problem.answer) + ["the winner"] * (answer == result.answer)
        labels.append(f"{answer}{' ← ' * bool(signs)}{', '.join(signs)}")
    values = [float(count) for count in counts.values()]
    if result.silent:
        labels.append("no answer, no vote")
        values.append(float(result.silent))
    return dict(labels=labels, values=values, low=0.0, high=max(1.0, *values), title="The votes")


def voting_figure(measured: list[Measured]) -> go.Figure:
    """Return the share of right votes by number of chains with its interval, and that of one greedy chain."""
    figure = go.Figure()
    found = curve(measured)
    add_line(figure, COUNTS[: len(found)], found, "the vote of so many chains", line_width=2.5, marker_size=9)
    greedy = [accuracy([each.greedy for each in measured]).mean] * 2 if measured else []
    ends = [COUNTS[0], COUNTS[-1]][: len(greedy)]
    figure.add_scatter(x=ends, y=greedy, name="one greedy chain", mode="lines", line={"dash": "dash", "width": 2})
    ticks = {"tickvals": list(COUNTS), "ticktext": list(map(str, COUNTS))}
    figure.update_layout(
        xaxis={"title": "chains that vote", "type": "log", "range": [-0.05, 1.66], **ticks},
        yaxis={"title": "share of right answers", "range": [-0.02, 1.04], "tickformat": ".0%"},
    )
    return figure


def curve(measured: list[Measured]) -> list[Interval]:
    """Return how often the vote is right for each of COUNTS; nothing where nothing is measured."""
    if not measured:
        return []
    return by_chains([each.problem for each in measured], [each.chains for each in measured], COUNTS)


def gain(measured: list[Measured], events: int) -> str:
    """Return in a sentence what voting gains."""
    if not measured:
        return f"No curve yet: press “Vote on more problems”. They have {events_of(events)}, too."
    one, *_, all_of_them = curve(measured)
    return (
        f"Of {len(measured)} problems with {events_of(events)}, one drawn chain answers {one.mean:.0%} rightly, and "
        f"the vote of {MOST_CHAINS} {all_of_them.mean:.0%} (interval {all_of_them.low:.0%} to {all_of_them.high:.0%})."
    )
