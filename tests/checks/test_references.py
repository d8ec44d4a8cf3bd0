"""The references of the checks against torch, autograd, and the same thing written another way.

The proof of a check holds for a wrong reference as well; so a reference needs a proof of its own.
"""

import pytest
import torch

from lessons.checks.rnn_gradients import clip_by_norm, gradient_through_steps, rnn_step, truncated_gradient
from lessons.checks.start_here import fade
from tests.equality import assert_equal


@pytest.mark.parametrize("case", rnn_step.all_cases())
def test_one_step_is_that_of_torch_with_its_gradients(case):
    x, h, A_x, A_h, b = (tensor.requires_grad_() for tensor in case)
    cell = torch.nn.RNNCell(x.shape[1], h.shape[1]).double()
    with torch.no_grad():
        cell.weight_ih.copy_(A_x)
        cell.weight_hh.copy_(A_h)
        cell.bias_ih.copy_(b)  # torch has two biases; ours is their sum
        cell.bias_hh.zero_()
    ours, theirs = rnn_step.reference(x, h, A_x, A_h, b), cell(x, h)
    assert_equal(ours, theirs)
    weight = torch.linspace(-1, 1, ours.numel(), dtype=torch.float64).reshape(ours.shape)  # [batch hidden]
    our_gradients = torch.autograd.grad((weight * ours).sum(), [x, h, A_x, A_h, b])
    leaves = [x, h, cell.weight_ih, cell.weight_hh, cell.bias_ih]
    for one, other in zip(our_gradients, torch.autograd.grad((weight * theirs).sum(), leaves), strict=True):
        assert_equal(one, other)


@pytest.mark.parametrize("case", gradient_through_steps.all_cases())
def test_the_gradient_through_steps_is_that_of_autograd(case):
    a_h, states, k = case
    before = torch.tensor(0.3, dtype=torch.float64)
    chain = torch.cat([before[None], states])  # [time + 1]; inputs that lead through exactly these states:
    inputs = torch.atanh(states) - a_h * chain[:-1]
    start = chain[len(states) - k].clone().requires_grad_()
    h = start
    for x in inputs[len(states) - k :]:
        h = torch.tanh(a_h * h + x)
    assert_equal(h.detach(), states[-1])
    assert_equal(gradient_through_steps.reference(*case), torch.autograd.grad(h, start)[0])


@pytest.mark.parametrize("case", clip_by_norm.all_cases())
def test_clipping_is_that_of_torch(case):
    grads, tau = case
    leaves = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for leaf, grad in zip(leaves, grads, strict=True):
        leaf.grad = grad.clone()
    norm = torch.nn.utils.clip_grad_norm_(leaves, tau)
    correction = (norm + 1e-6) / norm if norm > tau else 1.0  # torch divides by the norm plus 1e-6
    for ours, leaf in zip(clip_by_norm.reference(*case), leaves, strict=True):
        assert_equal(ours, leaf.grad * correction)


@pytest.mark.parametrize("case", truncated_gradient.all_cases())
def test_truncation_is_the_sum_over_windows_that_each_start_from_a_given_state(case):
    A_h, A_x, b, xs, state, window = case
    A_h.requires_grad_()
    total = 0.0
    for chunk in xs.split(window):
        cell_input = chunk @ A_x.T + b  # [time hidden]
        states = []
        for x in cell_input:
            state = torch.tanh(A_h @ state + x)
            states.append(state)
        loss = torch.stack(states).sum()
        loss.backward()  # adds up in A_h.grad
        total, state = total + loss.detach(), state.detach()
    loss, gradient = truncated_gradient.reference(A_h.detach(), *case[1:])
    assert_equal(loss, total)
    assert_equal(gradient, A_h.grad)


def test_the_memory_that_fades_is_a_sum_of_powers():
    xs = torch.tensor([[1.0, -2.0], [3.0, 4.0], [0.5, 6.0]], dtype=torch.float64)
    memory = torch.zeros(2, dtype=torch.float64)
    for x in xs:
        memory = fade.reference(memory, x, 0.9)
    assert_equal(memory, 0.81 * xs[0] + 0.9 * xs[1] + xs[2])
