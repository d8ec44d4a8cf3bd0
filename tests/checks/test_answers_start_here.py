"""The answers of lesson 00's questions, computed."""

import pytest
import torch

from lessons.checks import all_questions, start_here


def share_of_each_input(factor: float, steps: int) -> torch.Tensor:
    """How much of the input of every step is left at the end: the gradient of the memory."""
    inputs = torch.ones(steps, 1, dtype=torch.float64, requires_grad=True)
    memory = torch.zeros(1, dtype=torch.float64)
    for x in inputs:
        memory = start_here.fade.reference(memory, x, factor)
    return torch.autograd.grad(memory.sum(), inputs)[0].flatten()


def test_the_last_input_counts_most():
    question = all_questions()["00.first"]
    share = share_of_each_input(0.5, 10)
    assert share.argmax() == 9 and question.options[question.answer] == "the last"
    assert share[-1] == 1 and share[0].item() == pytest.approx(0.002, rel=0.05)


def test_less_than_half_is_left_after_seven_steps():
    left = share_of_each_input(0.9, 10).flip(0)  # [time], by the number of steps since the input
    assert all_questions()["00.half"].answer == int((left < 0.5).nonzero()[0])
    assert f"{left[6]:.2f} {left[7]:.2f}" == "0.53 0.48"
