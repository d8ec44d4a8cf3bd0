"""What goes wrong in a student's function itself: whose error it was, and numbers that nobody handed over."""

import itertools
import random

import pytest
import torch

from lessons.checks.rnn_gradients import rnn_step


def right(x, h, A_x, A_h, b):
    return torch.tanh(x @ A_x.T + h @ A_h.T + b)


def says(attempt) -> str:
    verdict = rnn_step.examine(attempt)
    assert verdict.status == "wrong"
    return repr(verdict)


def test_only_the_stubs_own_error_is_not_tried():
    def stub(x, h, A_x, A_h, b):
        raise NotImplementedError()

    def missing(x, h, A_x, A_h, b):
        raise NotImplementedError("no such kernel")

    verdict = rnn_step(stub)
    assert verdict.status == "not tried" and "Not tried yet" in repr(verdict)
    assert "Your function stops with NotImplementedError: no such kernel" in says(missing)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda x, h, *weights: h < 0.5 & (x > 0),
        lambda x, h, *weights: x >= 0.8 | x < 0.9,
    ],
)
def test_comparisons_without_parentheses_are_an_error_with_help_and_not_a_stub(attempt):
    told = says(attempt)
    assert 'Your function stops with NotImplementedError: "bitwise_' in told
    assert "put each comparison in parentheses. Look at line 1 of your function: lambda x, h, *weights:" in told


def test_another_error_gets_no_help_with_parentheses():
    def attempt(x, h, *weights):
        return x.nonsense

    assert "parentheses" not in says(attempt)


@pytest.mark.parametrize("draw", [lambda: torch.rand(()), random.random, itertools.count().__next__])
def test_an_answer_that_changes_from_call_to_call_is_told_the_same_each_time(draw):
    told = {says(lambda *a: right(*a) + 1 + draw()) for _ in range(3)}
    assert len(told) == 1 and "Your function gives another answer each time" in told.pop()


def test_random_numbers_that_make_no_difference_are_no_matter():
    def attempt(x, h, A_x, A_h, b, off=0.0):
        return right(x, h, A_x, A_h, b) + off + 0 * torch.rand(())

    assert rnn_step.examine(lambda *a: attempt(*a)).passed
    assert "is off by 1 at" in says(lambda *a: attempt(*a, off=1.0))


def test_a_parameter_is_the_same_answer_as_its_copy():
    assert "is off by" in says(lambda *a: torch.nn.Parameter(right(*a) + 1))
