"""What lesson 06 says of SmolLM2 and examples in its prompt, and lesson 07 of chains: from the figures in the box.

The ranges are those of the prose, wider than what was measured; tests/zoo/test_measured.py measures some again.
"""

import re
from collections import Counter

import pytest

from lessons.core.bootstrap import bootstrap
from lessons.gpt.few_shot import Point
from lessons.text.word_problems import OPERATIONS, PROBLEMS, steps
from lessons.zoo.recipes.few_shot_smollm2 import points
from lessons.zoo.recipes.word_problems_smollm2 import Replies, replies

SHOTS = ("0 shots", "1 shot", "2 shots", "4 shots", "8 shots")


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Point]]:
    return points()


@pytest.fixture(scope="module")
def said() -> dict[str, Replies]:
    return replies()


@pytest.mark.parametrize(
    ("task", "none", "one", "eight"),
    [
        ("opposites", 0.44, 0.63, 0.85),
        ("plurals", 0.11, 0.83, 0.92),
        ("past-tense", 0.39, 0.91, 0.97),
        ("capitals", 0.62, 0.70, 0.70),
        ("english-french", 0.03, 0.10, 0.15),
        ("sentiment", 0.00, 0.76, 0.58),
        ("grammar", 0.35, 0.54, 0.62),
        ("replacement", 0.00, 0.08, 0.30),
    ],
)
def test_the_share_of_right_answers_with_none_one_and_eight_examples(measured, task, none, one, eight):
    found = [measured[task][condition].accuracy.mean for condition in ("0 shots", "1 shot", "8 shots")]
    assert found == pytest.approx([none, one, eight], abs=0.03)


def test_one_example_is_the_largest_step_where_the_form_is_all_that_is_missing(measured):
    for task in ("plurals", "past-tense", "sentiment"):
        none, one = (measured[task][condition].accuracy for condition in ("0 shots", "1 shot"))
        assert one.mean - none.mean > 0.45 and none.high < one.low
        assert all(measured[task][c].accuracy.mean - one.mean < 0.12 for c in ("2 shots", "4 shots", "8 shots"))


def test_opposites_and_starred_words_become_better_with_every_doubling(measured):
    for task in ("opposites", "replacement"):
        for key in ("accuracy", "probability"):
            means = [getattr(measured[task][condition], key).mean for condition in SHOTS]
            assert means == sorted(means) and len(set(means)) == 5
        assert measured[task]["0 shots"].accuracy.high < measured[task]["8 shots"].accuracy.low


def test_what_the_model_does_not_know_no_example_teaches(measured):
    french, capitals = measured["english-french"], measured["capitals"]
    assert french["8 shots"].accuracy.high < 0.3
    assert all(0.6 < capitals[condition].accuracy.mean < 0.8 for condition in SHOTS)
    assert capitals["2 shots"].accuracy.mean > capitals["8 shots"].accuracy.mean


def test_eight_opinions_are_worse_than_two(measured):
    few, many = (measured["sentiment"][condition] for condition in ("2 shots", "8 shots"))
    lost = bootstrap([float(a.right) - float(b.right) for a, b in zip(few.scores, many.scores, strict=True)])
    assert 0.1 < lost.mean < 0.3 and lost.low > 0


def test_an_instruction_helps_with_words_and_not_with_the_form_of_an_opinion(measured):
    for task in ("opposites", "plurals", "past-tense", "grammar"):
        assert measured[task]["told"].accuracy.mean - measured[task]["0 shots"].accuracy.mean > 0.2
    assert measured["sentiment"]["told"].accuracy.mean == 0
    assert measured["grammar"]["told"].accuracy.mean >= measured["grammar"]["8 shots"].accuracy.mean
    assert measured["plurals"]["told"].accuracy.high < measured["plurals"]["1 shot"].accuracy.mean


def test_contradicting_examples_hurt_most_where_the_answer_depends_on_them(measured):
    lost = {task: c["4 shots"].accuracy.mean - c["contradicted"].accuracy.mean for task, c in measured.items()}
    assert lost["opposites"] > 0.5
    assert all(0.2 < lost[task] < 0.4 for task in ("plurals", "sentiment", "grammar"))
    assert all(abs(lost[task]) < 0.15 for task in ("past-tense", "capitals", "english-french", "replacement"))
    surer = measured["past-tense"]["4 shots"].probability.mean, measured["past-tense"]["contradicted"].probability.mean
    assert surer[0] > 2 * surer[1]  # it still answers, but is far less sure


def test_the_probability_knows_more_than_the_count(measured):
    plurals = measured["plurals"]
    assert plurals["4 shots"].accuracy.mean == plurals["8 shots"].accuracy.mean
    assert plurals["4 shots"].probability.mean < plurals["8 shots"].probability.mean


def test_a_chain_helps_with_one_step_and_not_with_more(said):
    direct, chain = said["direct"], said["chain"]
    assert direct.accuracy.mean == pytest.approx(0.05, abs=0.02) and chain.accuracy.mean == pytest.approx(
        0.16, abs=0.02
    )
    gain = [float(a) - float(b) for a, b in zip(chain.right, direct.right, strict=True)]
    one = bootstrap([g for g, problem in zip(gain, PROBLEMS, strict=True) if steps(problem) == 1])
    more = bootstrap([g for g, problem in zip(gain, PROBLEMS, strict=True) if steps(problem) > 1])
    assert one.low > 0.1 and one.mean == pytest.approx(0.31, abs=0.03)
    assert more.low < 0 < more.high or more.mean == 0
    assert chain.accuracy_of(1).mean == pytest.approx(0.375, abs=0.02)
    assert max(chain.accuracy_of(2).mean, chain.accuracy_of(3).mean) < 0.1


def test_asked_at_once_it_nearly_always_gives_one_of_two_answers(said):
    answers = Counter(re.findall(r"[0-9]+", text)[-1] for text in said["direct"].texts)
    assert [number for number, _ in answers.most_common(2)] == ["12", "22"]
    assert answers["12"] + answers["22"] > 75  # of 96


def test_a_right_answer_need_not_have_a_right_chain(said):
    """Three problems of several steps are answered right with a chain, two of them by a wrong equation."""
    right, lucky = 0, 0
    for text, good, problem in zip(said["chain"].texts, said["chain"].right, PROBLEMS, strict=True):
        if good and steps(problem) > 1:
            equations = re.findall(r"([0-9]+) ([-+*/]) ([0-9]+) = ([0-9]+)", text)
            right += 1
            lucky += any(OPERATIONS[sign](int(a), int(b)) != int(result) for a, sign, b, result in equations)
    assert (right, lucky) == (3, 2)
