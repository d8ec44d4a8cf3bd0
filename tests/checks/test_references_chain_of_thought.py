"""The checks of lesson 07: references against the library, and mistakes as students write them.

The vote is in test_references_chain_votes.py."""

import re

import pytest
import torch

from lessons.checks.chain_of_thought import answer_of, bootstrap_interval, chain_prompt
from lessons.core.bootstrap import bootstrap
from lessons.core.seed import generator
from lessons.reasoning import answers, exemplars
from lessons.reasoning.chains import EQUATION, Equation
from lessons.reasoning.problems import held_out_problems
from tests.equality import assert_equal

# --- The prompt -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", chain_prompt.all_cases())
def test_the_prompt_is_that_of_the_library(case):
    given, question = case
    theirs = exemplars.chain_prompt([exemplars.Exemplar(*one) for one in given], question)
    assert chain_prompt.reference(given, question) == theirs


def test_the_prompt_of_the_paper_is_that_of_the_library():
    shown = [exemplars.ROGER, exemplars.CAFETERIA]
    ours = chain_prompt.reference([(one.question, one.chain, one.answer) for one in shown], "How many now?")
    assert ours == exemplars.chain_prompt(shown, "How many now?")


def test_every_answer_of_the_prompts_is_what_the_chain_leads_to():
    for given, _ in chain_prompt.all_cases():
        for _, chain, answer in given:
            left, sign, right, result = EQUATION.findall(chain)[-1]
            assert Equation(int(left), sign, int(right), int(result)).holds and int(result) == answer


def by_lines(given, question, end="A:"):
    lines = []
    for asked, chain, answer in given:
        lines += [f"Q: {asked}", f"A: {chain} The answer is {answer}.", ""]
    return "\n".join([*lines, f"Q: {question}", end])


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda *case: by_lines(*case, end="A: "), "a space behind the last A:"),
        (lambda *case: by_lines(*case, end=""), "no A: at the end, but a new line"),
        (lambda *case: by_lines(*case, end="A: The answer is"), "gave the answer away"),
        (lambda given, question: by_lines([(q, "", a) for q, _, a in given], question), None),  # two spaces
        (lambda *case: by_lines(*case).replace("\n\n", "\n"), "no empty line between the exemplars"),
        (lambda given, question: by_lines(given[::-1], question), "the exemplars in reverse"),
    ],
)
def test_prompts_by_lines(attempt, name):
    assert chain_prompt.examine(lambda *case: by_lines(*case)).passed
    verdict = chain_prompt.examine(attempt)
    assert (verdict.status, verdict.misconception) == ("wrong", name)


def test_exemplars_of_another_order_of_parts_are_told():
    verdict = chain_prompt.examine(lambda given, question: by_lines([(q, a, c) for q, c, a in given], question))
    assert verdict.misconception is None and "A: 5 The answer is Nora begins with 8 pens." in verdict.headline


# --- The answer -----------------------------------------------------------------------------------


def test_the_answer_is_that_of_the_library_on_every_chain_of_the_stories():
    for events in range(1, 9):
        for problem in held_out_problems(events, count=20):
            text = f"{problem.chain} The answer is {problem.answer}."
            assert answer_of.reference(text) == answers.answer_of(text) == problem.answer


def test_the_cases_have_the_librarys_answer_wherever_something_is_called_the_answer():
    for (text,) in answer_of.all_cases():
        if "answer" in text:
            assert answer_of.reference(text) == answers.answer_of(text)


def by_splitting(text):
    """Without regular expressions."""
    for part in text.split("answer is ")[:0:-1]:
        digits = part[part.startswith("-") :]
        number = digits[: len(digits) - len(digits.lstrip("0123456789"))]
        if number:
            return int(part[: part.startswith("-")] + number)
    return None


def by_search(text):
    """The last one by a greedy start."""
    found = re.search(r".*answer is (-?[0-9]+)", text, re.DOTALL)
    return int(found.group(1)) if found else None


@pytest.mark.parametrize("attempt", [by_splitting, by_search])
def test_reading_in_other_words_passes(attempt):
    assert answer_of.examine(lambda text: attempt(text)).passed


def search_and_crash(text):
    return int(re.search(r"answer is (-?\d+)", text).group(1))


def test_whoever_crashes_where_there_is_no_answer_sees_the_text():
    verdict = answer_of.examine(search_and_crash)
    assert verdict.headline.startswith("Your function stops with AttributeError: 'NoneType' object has no attribute")
    assert "Look at line 2 of your function" in verdict.detail and "First 8 + 5 = 13." in verdict.detail
    verdict = answer_of.examine(lambda text: int(re.findall(r"answer is (-?\d+)", text)[-1]))
    assert verdict.headline.startswith("Your function stops with IndexError")


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda text: int(n[-1]) if (n := re.findall(r"-?\d+", text)) else None, "the last number of the text"),
        (lambda text: int(n[0]) if (n := re.findall(r"-?\d+", text)) else None, "the first number of the text"),
        (
            lambda text: int(m.group(1)) if (m := re.search(r"answer is (-?\d+)", text)) else None,
            "the first answer, not the last",
        ),
        (lambda text: by_search(text) or None, "took 0 for no answer"),
        (lambda text: by_search(text) or 0, "gave 0 where there is no answer"),
        (lambda text: None if (n := by_search(text)) is None else str(n), "a text in place of a number"),
        (lambda text: abs(n) if (n := by_search(text)) else n, "lost the minus sign"),
    ],
)
def test_mistakes_in_reading_are_named(attempt, name):
    assert answer_of.examine(attempt).misconception == name


def test_a_decimal_number_of_the_right_value_passes_and_a_bool_is_told():
    assert answer_of.examine(lambda text: None if (n := by_search(text)) is None else float(n)).passed
    verdict = answer_of.examine(lambda text: "answer is" in text)
    assert verdict.headline == "Your result is True or False, expected a number."


# --- The interval ---------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_library_with_its_samples_handed_over():
    values = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], dtype=torch.float64).sort().values
    theirs = bootstrap(values.tolist(), resamples=500, seed=3)
    indices = torch.randint(len(values), (500, len(values)), generator=generator(3))
    low, high = bootstrap_interval.reference(values, indices)
    assert (low.item(), high.item()) == pytest.approx((theirs.low, theirs.high), rel=1e-10)


@pytest.mark.parametrize("case", bootstrap_interval.all_cases())
def test_the_interval_is_that_of_a_loop_and_of_numpy(case):
    import numpy

    values, indices = case
    means = [sum(values[i].item() for i in row) / len(row) for row in indices.tolist()]
    ends = numpy.quantile(means, [0.025, 0.975])
    assert_equal(torch.stack(bootstrap_interval.reference(values, indices)), torch.from_numpy(ends))
    assert len(set(means)) > 3


@pytest.mark.parametrize(
    "attempt",
    [
        lambda values, indices: tuple(values[indices].mean(dim=1).quantile(torch.tensor([0.025, 0.975]).double())),
        lambda values, indices: [values[indices].mean(dim=-1).quantile(q).item() for q in (0.025, 0.975)],
        lambda values, indices: (
            torch.stack([values[row].mean() for row in indices]).quantile(0.025),
            torch.stack([values[row].mean() for row in indices]).quantile(0.975),
        ),
    ],
)
def test_intervals_in_other_words_pass(attempt):
    assert bootstrap_interval.examine(attempt).passed


def drawn_anew(values, indices):
    means = values[torch.randint(len(values), indices.shape)].mean(dim=1)
    return means.quantile(0.025), means.quantile(0.975)


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda v, i: (v[i].mean(1).quantile(0.05), v[i].mean(1).quantile(0.95)), "cut off at 5 and 95 per cent"),
        (lambda v, i: (v[i].mean(0).quantile(0.025), v[i].mean(0).quantile(0.975)), "averaged over the samples, not"),
        (lambda v, i: (v.quantile(0.025), v.quantile(0.975)), "quantiles of the values themselves"),
        (lambda v, i: (v[i].mean(1).min(), v[i].mean(1).max()), "the lowest and the highest mean"),
        (
            lambda v, i: (v[i].mean(1).mean() - v[i].mean(1).std(), v[i].mean(1).mean() + v[i].mean(1).std()),
            "a width of one stan",
        ),
        (lambda v, i: tuple(v[i].mean(1).quantile(q) for q in (0.975, 0.025)), "the high end first"),
        (lambda v, i: tuple(v[i].quantile(q) for q in (0.025, 0.975)), "quantiles of all the values drawn"),
    ],
)
def test_mistakes_in_the_interval_are_named(attempt, name):
    assert bootstrap_interval.examine(attempt).misconception.startswith(name)


def test_typical_stumbles_of_the_interval_get_a_sentence():
    verdict = bootstrap_interval.examine(drawn_anew)
    assert (
        "another answer each time" in verdict.headline and "All that it needs is among its arguments" in verdict.detail
    )
    both = bootstrap_interval.examine(lambda v, i: v[i].mean(1).quantile(torch.tensor([0.025, 0.975]).double()))
    assert both.headline == "Your result is one tensor, expected a tuple of 2."
    verdict = bootstrap_interval.examine(lambda v, i: (v[i].mean(1).quantile(2.5), v[i].mean(1).quantile(97.5)))
    assert verdict.headline.startswith(
        "Your function stops with RuntimeError: quantile() q must be in the range [0, 1]"
    )
    verdict = bootstrap_interval.examine(lambda v, i: v[i].mean(1).quantile(torch.tensor([0.025, 0.975])))
    assert verdict.headline.startswith("Your function stops with RuntimeError: quantile() q tensor must be same dtype")
