"""The proof of every check and question there is: a new lesson's file is covered because it is there."""

import math

import pytest
import torch

from lessons.checks import Check, CheckFailed, Choice, Misconception, Verdict, all_checks, all_questions
from lessons.checks.arguments import normal, tensors_in
from lessons.checks.proof import faults

CHECKS, QUESTIONS = all_checks(), all_questions()
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
every_check_on_tensors = pytest.mark.parametrize(
    "check", [pytest.param(c, id=name) for name, c in CHECKS.items() if list(tensors_in(c.all_cases()))]
)


def test_there_are_checks_and_questions_of_lessons_00_and_01():
    assert {"start_here.fade", "rnn_gradients.rnn_step", "rnn_gradients.truncated_gradient"} <= set(CHECKS)
    assert {"00.half", "01.decay"} <= set(QUESTIONS)


@every_check
def test_the_check_is_sound(check):
    assert faults(check) == []


@every_check
def test_an_untouched_stub_is_not_tried_and_does_not_pass(check):
    def stub(*arguments):
        raise NotImplementedError()

    verdict = check.examine(stub)
    assert (verdict.status, verdict.passed, bool(verdict)) == ("not tried", False, False)


@every_check_on_tensors
def test_a_change_in_place_is_told_and_does_not_spoil_the_check(check):
    def attempt(*arguments):
        answer = check.reference(*arguments)
        next(iter(tensors_in(arguments))).add_(1.0)
        return answer

    verdict = check.examine(attempt)
    assert verdict.status == "wrong" and "in place" in verdict.headline
    assert check.examine(lambda *arguments: check.reference(*arguments)).passed


@every_check
def test_strict_mode_raises_for_all_but_a_pass(check, monkeypatch):
    monkeypatch.setenv("UNROLLED_STRICT", "1")
    assert check(lambda *arguments: check.reference(*arguments)).passed

    def stub(*arguments):
        raise NotImplementedError

    for attempt in (lambda *arguments: None, check.misconceptions[0].wrong, stub, None):
        with pytest.raises(CheckFailed) as raised:
            check(attempt)
        assert str(raised.value) == repr(check.examine(attempt))
    monkeypatch.setenv("UNROLLED_STRICT", "")
    assert check(None).status == "wrong"


@every_check
def test_verdicts_hold_nothing_that_changes_from_run_to_run(check):
    for misconception in check.misconceptions:
        first, second = check.examine(misconception.wrong), check.examine(misconception.wrong)
        assert repr(first) == repr(second) and first._repr_html_() == second._repr_html_()
        assert "0x" not in repr(first)


@every_check
def test_the_words_to_the_student_are_there(check):
    for misconception in check.misconceptions:
        assert misconception.name[0].islower() and misconception.name[-1] != "."  # a phrase: "forgot the bias"
        assert misconception.says[-1] in ".?" and len(misconception.says) >= 30


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_question_scores_its_own_answer_in_full_and_says_why(question):
    assert question.score(question.answer) == 1.0
    assert question.why in question.feedback(question.answer)
    if isinstance(question, Choice):
        others = [place for place in range(len(question.options)) if place != question.answer]
        assert [question.score(other) for other in others] == [0.0] * len(others)
    else:
        assert question.score(question.answer * question.within**4) == 0.0
        assert math.isfinite(question.answer)


# --- The proof itself must be able to fail --------------------------------------------------------

WRONG = {"added 1": 1.0, "added 2": 2.0, "added 3": 3.0, "added 4": 4.0}


def small_check(**changes) -> Check:
    fields = {
        "title": "Twice",
        "reference": lambda x: 2 * x,
        "cases": lambda generator: [(normal(generator, 3),), (normal(generator, 2),)],
        "misconceptions": [
            Misconception(name, "It adds a number that nobody asked for.", lambda x, n=n: 2 * x + n)
            for name, n in WRONG.items()
        ],
    }
    return Check(**(fields | changes))


def test_a_sound_check_has_no_faults():
    assert faults(small_check()) == []


def test_the_proof_finds_two_equal_misconceptions():
    twins = [*small_check().misconceptions, Misconception("added one", "The same.", lambda x: 2 * x + 1)]
    found = " ".join(faults(small_check(misconceptions=twins)))
    assert "No case tells 'added 1' from 'added one'" in found
    assert "The misconception 'added one' is not named" in found


def test_the_proof_finds_a_misconception_that_is_right():
    right = [*small_check().misconceptions, Misconception("doubled", "It doubles.", lambda x: x + x)]
    assert any("'the reference' from 'doubled'" in fault for fault in faults(small_check(misconceptions=right)))


def test_the_proof_finds_a_difference_that_is_too_small():
    near = [*small_check().misconceptions, Misconception("nearly", "Nearly.", lambda x: 2 * x + 1e-7)]
    assert any("'the reference' from 'nearly'" in fault for fault in faults(small_check(misconceptions=near)))


def test_the_proof_finds_cases_that_change():
    assert any(
        "not the same twice" in fault for fault in faults(small_check(cases=lambda _: [(torch.rand(3).double(),)]))
    )


def test_the_proof_finds_cases_in_float32():
    found = faults(small_check(cases=lambda generator: [(torch.rand(3, generator=generator),)]))
    assert any("not float64" in fault for fault in found)


def test_the_proof_finds_a_reference_that_changes_its_input():
    assert any("The reference fails" in fault for fault in faults(small_check(reference=lambda x: x.mul_(2))))


def test_the_proof_finds_a_check_that_passes_everything(monkeypatch):
    monkeypatch.setattr(Check, "examine", lambda check, attempt: Verdict("passed", check.title, "Fine."))
    found = " ".join(faults(small_check()))
    assert "An untouched stub is not seen as such." in found
    assert "The misconception 'added 1' is not named" in found
    assert "A function that returns nothing is not found wrong." in found


@pytest.mark.parametrize("what", ["its first argument", "zeros"])
def test_the_proof_finds_a_check_that_passes_what_is_useless(what):
    reference = {"its first argument": lambda x: x.clone(), "zeros": lambda x: 0 * x}[what]
    found = faults(small_check(reference=reference))
    assert f"A function that returns {what} is not found wrong." in found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cases": lambda generator: []}, "has no cases"),
        ({"misconceptions": []}, "has 0 misconceptions, and needs at least 4"),
        ({"misconceptions": small_check().misconceptions[:3]}, "has 3 misconceptions"),
        ({"misconceptions": small_check().misconceptions[:1] * 4}, "of the same name"),
    ],
)
def test_a_check_that_could_not_teach_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        small_check(**changes)
