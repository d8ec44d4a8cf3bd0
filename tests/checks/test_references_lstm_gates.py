"""The checks of lesson 02: references against torch, numpy, autograd and loops, and mistakes as students write them."""

import numpy
import pytest
import torch

from lessons.checks.lstm_gates import best_unit, cell_gradient, gru_step, lstm_step, parameter_count
from lessons.recurrent.gru import GRU, GRUConfig
from tests.equality import assert_equal, assert_equal_gradients


def loaded(cell: torch.nn.Module, A_x, A_h, b) -> torch.nn.Module:
    """torch's cell with our weights: torch stacks the gates as rows of one matrix, and has two biases."""
    cell = cell.double()
    with torch.no_grad():
        cell.weight_ih.copy_(A_x.flatten(0, 1))  # [gate*hidden input]
        cell.weight_hh.copy_(A_h.flatten(0, 1))  # [gate*hidden hidden]
        cell.bias_ih.copy_(b.flatten())
        cell.bias_hh.zero_()
    return cell


# --- The GRU --------------------------------------------------------------------------------------


def gru_by_numbers(x, h, A_x, A_h, b):
    """The slides' GRU, one number at a time: no matrix product, no broadcasting."""
    batch, hidden = h.shape
    rows = []
    for n in range(batch):

        def total(gate, j, state, n=n):
            sum_x = sum(A_x[gate, j, i] * x[n, i] for i in range(x.shape[1]))
            return sum_x + sum(A_h[gate, j, i] * state[i] for i in range(hidden)) + b[gate, j]

        def sigma(z):
            return 1 / (1 + torch.exp(-z))

        r = [sigma(total(0, j, h[n])) for j in range(hidden)]
        u = [sigma(total(1, j, h[n])) for j in range(hidden)]
        after_reset = [r[j] * h[n, j] for j in range(hidden)]
        s = [torch.tanh(total(2, j, after_reset)) for j in range(hidden)]
        rows.append(torch.stack([u[j] * h[n, j] + (1 - u[j]) * s[j] for j in range(hidden)]))
    return torch.stack(rows)


@pytest.mark.parametrize("case", gru_step.all_cases())
def test_a_step_of_the_gru_is_that_of_a_loop_over_numbers_with_its_gradients(case):
    leaves = [tensor.requires_grad_() for tensor in case]
    ours, theirs = gru_step.reference(*leaves), gru_by_numbers(*leaves)
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, leaves, theirs, leaves, unused=True)


@pytest.mark.parametrize("case", gru_step.all_cases())
def test_reset_before_and_after_a_diagonal_matrix_are_the_same_so_this_is_torchs_gru(case):
    x, h, A_x, A_h, b = case
    A_h[2] = torch.diag(A_h[2].diagonal())  # of the candidate only
    cell = loaded(torch.nn.GRUCell(x.shape[1], h.shape[1]), A_x, A_h, b)
    assert_equal(gru_step.reference(x, h, A_x, A_h, b), cell(x, h).detach())


@pytest.mark.parametrize("case", gru_step.all_cases())
def test_the_misconception_that_is_called_torchs_variant_is_torchs(case):
    x, h, A_x, A_h, b = case
    after = next(m for m in gru_step.misconceptions if m.name == "reset after the matrix")
    assert "torch" in after.says
    assert_equal(after.wrong(*case), loaded(torch.nn.GRUCell(x.shape[1], h.shape[1]), A_x, A_h, b)(x, h).detach())


def test_the_misconception_that_is_called_a_ugrnn_is_one():
    x, h, A_x, A_h, b = gru_step.case(1)
    no_reset = next(m for m in gru_step.misconceptions if m.name == "no reset")
    assert "UGRNN" in no_reset.says
    u = torch.sigmoid(x @ A_x[1].T + h @ A_h[1].T + b[1])
    s = torch.tanh(x @ A_x[2].T + h @ A_h[2].T + b[2])
    assert_equal(no_reset.wrong(x, h, A_x, A_h, b), u * h + (1 - u) * s)


# --- The LSTM -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", lstm_step.all_cases())
@pytest.mark.parametrize("result", [0, 1], ids=["state", "cell"])
def test_a_step_of_the_lstm_is_that_of_torch_with_its_gradients(case, result):
    x, h, c, A_x, A_h, b = leaves = [tensor.requires_grad_() for tensor in case]
    cell = loaded(torch.nn.LSTMCell(x.shape[1], h.shape[1]), A_x, A_h, b)
    ours, theirs = lstm_step.reference(*leaves)[result], cell(x, (h, c))[result]
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, leaves, theirs, [x, h, c, cell.weight_ih, cell.weight_hh, cell.bias_ih], unused=True)


@pytest.mark.parametrize(
    ("results", "name", "right"),
    [
        (lambda o, new, c: (o * torch.tanh(new), torch.tanh(new)), "handed on the tanh of the cell", "state"),
        (lambda o, new, c: (o * torch.tanh(torch.tanh(new)), torch.tanh(new)), "squashed the cell before its tanh", ""),
        (lambda o, new, c: (torch.tanh(o * new), new), "took the tanh after the output gate", "cell"),
        (lambda o, new, c: (o * torch.tanh(new), c), "handed on the old cell", "state"),
    ],
)
def test_who_mixes_up_the_results_of_the_lstm_is_told_which_of_them_is_right(results, name, right):
    def attempt(x, h, c, A_x, A_h, b):
        i, f, g, o = (x @ A_x.mT + h @ A_h.mT + b[:, None]).unbind()  # [gate batch hidden]
        return results(o.sigmoid(), f.sigmoid() * c + i.sigmoid() * g.tanh(), c)

    verdict = lstm_step.examine(attempt)
    assert verdict.misconception == name
    answers = zip(("state", "cell"), lstm_step.reference(*lstm_step.case(1)), attempt(*lstm_step.case(1)), strict=True)
    for part, ours, theirs in answers:
        assert torch.allclose(ours, theirs) == (part == right) == (f"The {part} is right" in verdict.detail)


# --- The gradient along the cell ------------------------------------------------------------------


@pytest.mark.parametrize("case", cell_gradient.all_cases())
def test_the_gradient_along_the_cell_is_that_of_autograd(case):
    f, k = case
    earlier, later = f.split([len(f) - k, k])
    c = torch.linspace(-1, 1, f.shape[1], dtype=torch.float64)
    for gate in earlier:
        c = gate * c + 0.1
    start = c = c.requires_grad_()  # c_{T-k}
    for gate in later:
        c = gate * c + 0.1
    assert_equal(cell_gradient.reference(f, k), torch.autograd.grad(c.sum(), start)[0])


def test_in_an_lstm_whose_gates_do_not_see_the_state_it_is_the_whole_gradient():
    x, h, c, A_x, A_h, b = lstm_step.case(1)
    time, k = 6, 4
    xs = torch.linspace(-2, 2, time * x.numel(), dtype=torch.float64).reshape(time, *x.shape)  # [time batch input]
    for step, x in enumerate(xs):
        if step == time - k:
            start = c = c.detach().requires_grad_()
        h, c = lstm_step.reference(x, h, c, A_x, 0 * A_h, b)
    forget = torch.sigmoid(xs @ A_x[1].T + b[1])  # [time batch hidden]
    (gradient,) = torch.autograd.grad(c.sum(), start)
    for row in range(len(c)):
        assert_equal(cell_gradient.reference(forget[:, row], k), gradient[row])


def by_a_loop(start, join, k_0=None):
    """An attempt that goes back one step after the other; `k_0` makes its answer for k = 0 where that differs."""

    def attempt(f, k):
        result = (start if k or k_0 is None else k_0)(f)
        for back in range(1, k + 1):
            result = join(result, f[-back])
        return result

    return attempt


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (by_a_loop(lambda f: torch.ones(f.shape[1]), torch.Tensor.mul), "started from ones in float32"),
        (by_a_loop(lambda f: torch.ones(f.shape[1]), torch.Tensor.mul_), "started from ones in float32"),
        (by_a_loop(lambda f: 0 * f[0], torch.add), "added the gates in place of multiplying them, and k = 0 gives 0"),
        (by_a_loop(lambda f: 0 * f[0], torch.add, lambda f: f[0] ** 0), "added the gates in place of multiplying them"),
        (by_a_loop(lambda f: f[0] ** 0, lambda result, gate: gate, lambda f: f[0] ** 0), "one gate alone"),
        (lambda f, k: f[-k:].cumprod(0)[0], "one gate alone, and k = 0 does not give ones"),
    ],
)
def test_a_product_by_a_loop_or_by_cumprod_is_named_too(attempt, name):
    assert cell_gradient.examine(attempt).misconception == name


@pytest.mark.parametrize("start", [lambda f: torch.ones_like(f[0]), lambda f: torch.ones(f.shape[1]).to(f)])
def test_a_loop_that_starts_from_float64_passes_and_the_other_still_hears_what_is_off(start):
    assert cell_gradient.examine(by_a_loop(start, torch.mul)).passed
    verdict = cell_gradient.examine(by_a_loop(lambda f: start(f).float(), torch.mul))
    assert "only as precise as float32" in verdict.detail and "k = 0" in verdict.detail


def test_a_mistake_in_float32_keeps_its_own_name():
    verdict = cell_gradient.examine(lambda f, k: f[:k].float().prod(dim=0))
    assert verdict.misconception == "took the first k steps"


# --- The number of parameters ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "layer"), [("rnn", torch.nn.RNN), ("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)]
)
@pytest.mark.parametrize(("inputs", "hidden"), [(3, 5), (7, 4), (10, 64)])
def test_the_parameters_are_those_of_torch_without_its_second_bias(architecture, layer, inputs, hidden):
    theirs = {name: weight.numel() for name, weight in layer(inputs, hidden).named_parameters()}
    second = theirs.pop("bias_hh_l0")
    assert second == theirs["bias_ih_l0"]
    assert parameter_count.reference(architecture, inputs, hidden) == sum(theirs.values())


@pytest.mark.parametrize(("architecture", "step"), [("gru", gru_step), ("lstm", lstm_step)])
def test_the_parameters_are_those_that_the_steps_of_this_lesson_take(architecture, step):
    for x, *_, A_x, A_h, b in step.all_cases():
        numbers = A_x.numel() + A_h.numel() + b.numel()
        assert parameter_count.reference(architecture, x.shape[1], b.shape[1]) == numbers


def test_the_ugrnn_is_a_gru_without_the_reset_gate():
    for inputs, hidden in ((3, 5), (7, 4)):
        rnn, ugrnn, gru = (parameter_count.reference(name, inputs, hidden) for name in ("rnn", "ugrnn", "gru"))
        assert ugrnn == gru - rnn  # one gate has as many as a whole RNN


def test_the_misconception_that_is_called_pytorchs_form_counts_it():
    second = next(m for m in parameter_count.misconceptions if m.name == "a second bias in the candidate of the GRU")
    assert "b_h of PyTorch" in second.says
    for reset, count in (("before", parameter_count.reference), ("after", second.wrong)):
        cell = GRU(GRUConfig(input_size=3, hidden_size=5, output_size=1, reset=reset)).cells[0]
        assert count("gru", 3, 5) == sum(weight.numel() for weight in cell.parameters())


# --- The unit that follows a label ----------------------------------------------------------------


@pytest.mark.parametrize("case", best_unit.all_cases())
def test_the_best_unit_is_that_of_numpys_correlation(case):
    values, label = (tensor.numpy() for tensor in case)
    moving = [unit for unit in range(values.shape[1]) if values[:, unit].std() > 0]
    r = {unit: numpy.corrcoef(values[:, unit], label)[0, 1] for unit in moving}
    best = max(r, key=lambda unit: abs(r[unit]))
    unit, ours = best_unit.reference(*case)
    assert unit.item() == best and ours.item() == pytest.approx(r[best], rel=1e-10)


def test_the_cases_hold_what_makes_the_search_hard():
    answers = [best_unit.reference(*case)[1] for case in best_unit.all_cases()]
    assert min(answers) < 0 < max(answers)
    assert any((values.std(dim=0) == 0).any() for values, _ in best_unit.all_cases())
    assert all(set(label.tolist()) == {0.0, 1.0} for _, label in best_unit.all_cases())


def test_units_that_never_change_have_no_correlation():
    values = torch.tensor([[0.0, 0.3], [0.0, 0.3], [0.0, 0.3]], dtype=torch.float64)
    _, r = best_unit.reference(values, torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64))
    assert abs(r.item()) < 1e-12  # and not nan


@pytest.mark.parametrize("kind", [lambda unit, r: (unit, r), lambda unit, r: [unit.item(), r.item()]])
def test_plain_numbers_and_tensors_both_pass(kind):
    assert best_unit.examine(lambda values, label: kind(*best_unit.reference(values, label))).passed


def test_a_tiny_number_against_zero_passes_too():
    def attempt(values, label):
        values, label = values - values.mean(0), label - label.mean()
        r = (values * label[:, None]).mean(0) / ((values**2).mean(0).sqrt() * (label**2).mean().sqrt() + 1e-8)
        unit = r.abs().argmax().item()
        return unit, r[unit].item()

    assert best_unit.examine(attempt).passed


@pytest.mark.parametrize(
    ("covariance", "spread", "how"),
    [
        (lambda products: products.sum(0), lambda label: label.norm(), ""),
        (lambda products: products.mean(0), lambda label: label.std(unbiased=False), ", with means over n"),
        (lambda products: products.sum(0) / (len(products) - 1), torch.std, ", with means over n - 1"),
        (lambda products: products.mean(0), torch.std, ", with n and n - 1 mixed"),
    ],
)
def test_the_spread_of_the_units_is_missed_in_every_way_to_write_a_covariance(covariance, spread, how):
    def attempt(values, label):
        values, label = values - values.mean(0), label - label.mean()
        r = covariance(values * label[:, None]) / spread(label)
        return r.abs().argmax().item(), r[r.abs().argmax()].item()

    assert best_unit.examine(attempt).misconception == f"divided by the spread of the label only{how}"


@pytest.mark.parametrize("add", [lambda unit: unit + 1, lambda unit: unit.item() + 1])
def test_a_unit_that_is_counted_from_1_is_seen(add):
    def attempt(values, label):
        unit, r = best_unit.reference(values, label)
        return add(unit), r

    assert best_unit.examine(attempt).misconception == "counted the units from 1"
