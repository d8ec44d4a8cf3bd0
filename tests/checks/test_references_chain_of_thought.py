"""The checks of lesson 07: references against the library, and mistakes as students write them."""

import re
from collections import Counter

import pytest
import torch

from lessons.checks.chain_of_thought import answer_of, bootstrap_interval, chain_prompt, vote
from lessons.core.bootstrap import bootstrap
from lessons.core.seed import generator
from lessons.reasoning import answers, exemplars, voting
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


# --- The vote -------------------------------------------------------------------------------------


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
    nobody = vote.examine(lambda samples: 12 if by_max(samples) == 0 else by_max(samples))
    assert nobody.headline == "Your result is 12, expected 0."


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
