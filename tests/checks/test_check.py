"""What a check says to a student: one behaviour a test."""

import linecache

import pytest
import torch

from lessons.checks import Check, Misconception
from lessons.checks.arguments import normal
from lessons.checks.rnn_gradients import clip_by_norm, gradient_through_steps, rnn_step, truncated_gradient

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028\u202e" + "A" * 10_000


def right(x, h, A_x, A_h, b):
    return torch.tanh(x @ A_x.T + h @ A_h.T + b)


def says(attempt, check=rnn_step) -> str:
    verdict = check.examine(attempt)
    assert verdict.status == "wrong"
    return repr(verdict)


def test_a_right_function_passes():
    verdict = rnn_step(right)
    assert repr(verdict) == "✓ Passed: One step of an RNN\nAll 3 cases agree with the reference."
    assert verdict.passed and verdict


def test_a_known_mistake_is_named_with_its_size_and_place():
    verdict = rnn_step.examine(lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T + h @ A_h.T))
    assert verdict.misconception == "forgot the bias"
    assert "This looks like: forgot the bias." in repr(verdict)
    assert "Your result is off by" in verdict.detail and " of 8 entries differ" in verdict.detail
    assert "(Case 1 of 3: x [2, 3], h [2, 4], A_x [4, 3], A_h [4, 4], b [4].)" in verdict.detail


def test_a_mistake_that_fits_in_some_cases_only_is_not_named():
    forgetful = {2: lambda x, h, A_x, A_h, b: torch.tanh(x @ A_x.T + h @ A_h.T)}
    verdict = rnn_step.examine(lambda *arguments: forgetful.get(len(arguments[0]), right)(*arguments))
    assert verdict.status == "wrong" and verdict.misconception is None


def test_an_unknown_mistake_is_described():
    assert "off by" in says(lambda *arguments: 3 * right(*arguments))


def test_a_mistake_in_float32_is_named_all_the_same():
    def attempt(*arguments):
        x, h, A_x, A_h, _ = (a.float() for a in arguments)
        return torch.tanh(x @ A_x.T + h @ A_h.T)

    assert rnn_step.examine(attempt).misconception == "forgot the bias"


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda *a: None, "Your function returns None: is the return missing?"),
        (lambda *a: (right(*a), right(*a)), "Your result is a tuple of 2, expected one tensor."),
        (lambda *a: "tanh", "Your result is text, expected one tensor."),
        (lambda *a: right(*a).tolist(), "Your result is a list of 2, expected one tensor."),
        (lambda *a: right(*a).numpy(), "Your result is an object of type ndarray, expected one tensor."),
        (lambda *a: right(*a).T, "tensor of shape [4, 2], expected a tensor of shape [2, 4]"),
        (lambda *a: 0.5, "Your result is a single number, expected a tensor of shape [2, 4]."),
        (lambda *a: right(*a).long(), "Your result holds int64, expected float64."),
        (lambda *a: right(*a).to(torch.complex128), "holds complex128, expected float64"),
        (lambda *a: right(*a).float(), "right, but only as precise as float32; keep float64"),
        (lambda *a: right(*a) * torch.nan, "Your result holds NaN (not a number) at [0, 0]: 8 of 8 entries"),
        (lambda *a: right(*a) / 0, "inf at [0, 0]"),
        (lambda *a: (y for y in a), "an object of type generator"),
    ],
)
def test_what_cannot_be_compared_is_named(attempt, sentence):
    assert sentence in says(attempt)


def test_the_number_of_results_and_the_wrong_one_are_named():
    def only_loss(*arguments):
        return truncated_gradient.reference(*arguments)[0]

    def swapped(*arguments):
        return truncated_gradient.reference(*arguments)[::-1]

    assert "Your result is one tensor, expected a tuple of 2." in says(only_loss, truncated_gradient)
    assert "Result 1 is a tensor of shape [3, 3], expected a single number." in says(swapped, truncated_gradient)
    assert "Your result has 2 parts, expected 3." in says(lambda grads, tau: grads[:2], clip_by_norm)
    assert "Your result has 1 part, expected" in says(lambda grads, tau: grads[:1], clip_by_norm)


def test_a_number_may_stand_for_a_tensor_of_one_number_and_a_list_for_a_tuple():
    assert gradient_through_steps(lambda a_h, h, k: gradient_through_steps.reference(a_h, h, k).item()).passed
    assert truncated_gradient(lambda *arguments: list(truncated_gradient.reference(*arguments))).passed


def test_the_clipping_of_torch_passes():
    def attempt(grads, tau):
        leaves = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in grads]
        for leaf, grad in zip(leaves, grads, strict=True):
            leaf.grad = grad.clone()
        torch.nn.utils.clip_grad_norm_(leaves, tau)
        return [leaf.grad for leaf in leaves]

    assert clip_by_norm(attempt).passed


def test_changing_an_argument_in_place_is_told_by_name():
    def attempt(x, h, A_x, A_h, b):
        h *= 1.0
        h += 1e-3
        return right(x, h - 1e-3, A_x, A_h, b)

    assert "Your function changes its argument `h` in place." in says(attempt)
    assert "argument `grads` in place" in says(lambda grads, tau: [grads.pop()], clip_by_norm)


def test_a_gradient_that_does_not_flow_is_told():
    assert "no gradient flows" in says(lambda *a: right(*a).detach())
    assert "no gradient flows" in says(lambda *a: torch.tensor(right(*a).tolist(), dtype=torch.float64))
    told = says(lambda x, h, A_x, A_h, b: right(x, h.detach(), A_x, A_h, b))
    assert "the gradient with respect to `h` is not" in told

    def spoils_the_graph(*arguments):
        state = right(*arguments)
        state *= 1.0
        return state

    assert "autograd cannot go back" in says(spoils_the_graph)


def test_a_check_works_inside_no_grad():
    with torch.no_grad():
        assert truncated_gradient(truncated_gradient.reference).passed


def test_an_exception_becomes_a_sentence_with_the_line_of_the_function():
    def attempt(x, h, A_x, A_h, b):
        state = x @ A_x.T
        return state @ A_h.nonsense

    told = says(attempt)
    assert "Your function stops with AttributeError: 'Tensor' object has no attribute 'nonsense'" in told
    assert "Look at line 3 of your function: return state @ A_h.nonsense" in told
    assert told.endswith("(Case 1 of 3: x [2, 3], h [2, 4], A_x [4, 3], A_h [4, 4], b [4].)")
    assert "Traceback" not in told and "File" not in told


def test_the_line_is_that_of_the_function_when_the_error_comes_up_deeper():
    def attempt(x, h, A_x, A_h, b):
        return torch.stack([x, h])

    def helper():
        raise ValueError("deep")

    def caller(x, h, A_x, A_h, b):

        return helper()

    assert "Look at line 2 of your function: return torch.stack([x, h])" in says(attempt)
    assert "Look at line 3 of your function: return helper()" in says(caller)


def test_a_function_without_source_gets_the_line_number_only():
    space: dict = {}
    exec(compile("def attempt(x, h, A_x, A_h, b):\n    return y", "<a cell>", "exec"), space)
    linecache.clearcache()
    assert "Look at line 2 of your function." in says(space["attempt"])


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda x, h: x, "Your function takes (x, h), and the check calls rnn_step(x, h, A_x, A_h, b)."),
        (lambda h, x, A_x, A_h, b: x, "in the order (h, x, A_x, A_h, b); the check calls rnn_step(x, h,"),
        (torch.zeros(2), "got an object of type Tensor"),
        (None, "without calling it: its name, `rnn_step`, and no brackets"),
    ],
)
def test_what_is_not_the_function_asked_for_is_told(attempt, sentence):
    assert sentence in says(attempt)


def test_an_interrupt_passes_through():
    def attempt(*arguments):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rnn_step(attempt)


def test_hostile_messages_are_shown_as_text_and_cut():
    def attempt(*arguments):
        raise ValueError(HOSTILE)

    verdict = rnn_step(attempt)
    page = verdict._repr_html_()
    assert "<img" not in page and "</script" not in page and "&lt;img" in page
    assert "\u2028" not in page and "\u202e" not in page and "\\u202e" in page
    assert len(page) < 2000 and len(repr(verdict)) < 1000
    named = type("A" * 10_000, (Exception,), {})
    assert len(rnn_step(lambda *arguments: (_ for _ in ()).throw(named()))._repr_html_()) < 2000
    for hostile in ({HOSTILE: 1}, type(HOSTILE, (), {})(), HOSTILE):
        page = rnn_step(lambda *arguments, hostile=hostile: hostile)._repr_html_()
        assert "<img" not in page and "\u202e" not in page and len(page) < 2000


def test_an_exception_in_a_later_case_names_that_case():
    def attempt(grads, tau):
        return [grad * min(1.0, tau / float(sum((g**2).sum() for g in grads)) ** 0.5) for grad in grads]

    told = says(attempt, clip_by_norm)
    assert "ZeroDivisionError" in told and "(Case 6 of 6: grads [2, 3] and [4], tau = 1.)" in told


def test_an_exception_that_cannot_be_printed_is_still_a_sentence():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    def attempt(*arguments):
        raise Broken

    assert "Your function stops with Broken" in says(attempt)


def test_addresses_do_not_get_into_a_verdict():
    def attempt(*arguments):
        raise ValueError(object())

    assert "0x…" in says(attempt)


def test_answers_are_kept_apart_when_the_function_returns_one_tensor_each_time():
    out: dict = {}

    def attempt(*arguments):
        answer = right(*arguments)
        out.setdefault(answer.shape, torch.empty_like(answer)).data.copy_(answer.detach())
        return out[answer.shape]

    same_shapes = Check(
        title="Same shapes",
        reference=right,
        cases=lambda generator: [tuple(normal(generator, 2, 2) for _ in range(5)) for _ in range(2)],
        misconceptions=rnn_step.misconceptions,
    )
    assert same_shapes.examine(attempt).passed


def test_a_reference_that_writes_into_its_argument_does_not_reach_the_students():
    doubled = Check(
        title="Doubled",
        reference=lambda x: x.mul_(2),
        cases=lambda generator: [(normal(generator, 3),)],
        misconceptions=[Misconception(f"added {n}", "It adds.", lambda x, n=n: x + n) for n in range(1, 5)],
    )
    assert doubled.examine(lambda x: 2 * x).passed


def test_expected_answers_never_share_memory_with_the_attempt():
    """A reference that hands back its argument must not be rewritten through it."""
    pass_on = Check(
        title="Pass on",
        reference=lambda x: x,
        cases=lambda generator: [(normal(generator, 3),)],
        misconceptions=[Misconception(f"added {n}", "It adds.", lambda x, n=n: x + n) for n in range(1, 5)],
    )

    def attempt(x):
        return x.zero_()

    assert "in place" in says(attempt, pass_on)
    assert pass_on.examine(lambda x: torch.zeros_like(x)).status == "wrong"


def test_the_html_is_announced_and_does_not_rely_on_colour():
    for attempt, sign, word in [
        (right, "✓", "Passed"),
        (lambda *a: None, "✗", "Not right yet"),
    ]:
        page = rnn_step(attempt)._repr_html_()
        assert 'role="status"' in page and sign in page and word in page
        assert page.count("var(--jp-") == 3 and page.count(", ") >= 3


def test_a_case_can_be_tried_by_hand():
    x, h, *_ = rnn_step.case(1)
    assert (x.shape, h.shape) == ((2, 3), (2, 4))
    for number in (0, 4):
        with pytest.raises(ValueError, match="choose from 1 to 3"):
            rnn_step.case(number)


def test_a_decorated_function_keeps_its_line():
    import functools

    def shown(function):
        @functools.wraps(function)
        def inner(*arguments):
            return function(*arguments)

        return inner

    @shown
    def attempt(x, h, A_x, A_h, b):
        return x.nonsense

    assert "Look at line 3 of your function: return x.nonsense" in says(attempt)
