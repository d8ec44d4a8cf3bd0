"""record, intervene and HookPoint, on a model of a few lines."""

import pytest
import torch
from torch import nn

from lessons.core.record import HookPoint, intervene, is_watched, record


class Tiny(nn.Module):
    """Two marks: one passed once, one passed at every step."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))
        self.see_scaled = HookPoint()
        self.inner = nn.Module()
        self.inner.see_sum = HookPoint(every_step=True)

    def forward(self, x):
        scaled = self.see_scaled(self.weight * x)  # [batch time]
        total = torch.zeros(len(x))
        for x_t in scaled.unbind(dim=1):
            total = self.inner.see_sum(total + x_t)  # [batch]
        return total


X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def untouched(model):
    return not is_watched(model) and not any(
        point.edits or point.readers for point in (model.see_scaled, model.inner.see_sum)
    )


def test_a_mark_returns_the_very_tensor():
    assert HookPoint()(X) is X


def test_recording_by_dotted_name_with_a_time_axis():
    model = Tiny()
    with record(model) as seen:
        model(X)
    assert list(seen) == ["see_scaled", "inner.see_sum"] and len(seen) == 2
    assert torch.equal(seen["see_scaled"], 2 * X)
    assert torch.equal(seen["inner.see_sum"], torch.tensor([[2.0, 6.0, 12.0], [8.0, 18.0, 30.0]]))  # [batch time]
    assert len(seen.calls("inner.see_sum")) == 3


def test_one_step_keeps_its_time_axis():
    model = Tiny()
    with record(model) as seen:
        model(X[:, :1])
    assert seen["inner.see_sum"].shape == (2, 1)


def test_a_mark_passed_in_several_forwards_is_stacked():
    model = Tiny()
    with record(model) as seen:
        model(X)
        model(X + 1)
    assert torch.equal(seen["see_scaled"], torch.stack([2 * X, 2 * X + 2], dim=1))


def test_passes_of_different_shape_are_told():
    model = Tiny()
    with record(model) as seen:
        model(X)
        model(X[:, :2])
    with pytest.raises(LookupError, match=r"differ in shape.*seen.calls"):
        seen["see_scaled"]


def test_recorded_tensors_are_part_of_the_graph():
    model = Tiny()
    with record(model) as seen:
        out = model(X)
    last = seen.calls("inner.see_sum")[-1]
    assert last is out
    (grad,) = torch.autograd.grad(out.sum(), seen.calls("see_scaled"))
    assert torch.equal(grad, torch.ones_like(X))


def test_only_some_marks():
    model = Tiny()
    for only in (["see_scaled"], "see_scaled"):
        with record(model, only=only) as seen:
            model(X)
        assert list(seen) == ["see_scaled"]
    with pytest.raises(KeyError, match="inner.see_sum"):
        seen["inner.see_sum"]


def test_gradients_after_backward_and_zeros_where_none_came():
    model = Tiny()
    with record(model, gradients=True) as seen:
        model(X)
    seen.calls("inner.see_sum")[1].sum().backward()  # of the sum after the second of three steps
    expected = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    assert torch.equal(seen.gradient("inner.see_sum"), expected)
    assert torch.equal(seen.gradient("see_scaled"), expected)


def test_gradients_need_to_be_asked_for_and_a_backward():
    model = Tiny()
    with record(model) as seen:
        model(X).sum().backward()
    with pytest.raises(RuntimeError, match="gradients=True"):
        seen.gradient("see_scaled")
    with record(model, gradients=True) as seen:
        model(X)
    with pytest.raises(RuntimeError, match=r"backward\(\)"):
        seen.gradient("see_scaled")


def test_recording_without_a_graph():
    model = Tiny()
    with torch.no_grad(), record(model, gradients=True) as seen:
        model(X)
    assert not seen["see_scaled"].requires_grad


def test_nothing_passed_yet():
    with record(Tiny()) as seen:
        pass
    with pytest.raises(LookupError, match="Nothing has passed 'see_scaled' yet"):
        seen["see_scaled"]


def test_an_edit_changes_what_follows_and_is_seen_by_a_recording():
    model = Tiny()
    for nested_first in (True, False):
        edits = intervene(model, {"see_scaled": lambda value: torch.zeros_like(value)})
        seen_by = record(model)
        first, second = (edits, seen_by) if nested_first else (seen_by, edits)
        with first as a, second as b:
            assert torch.equal(model(X), torch.zeros(2))
        seen = b if nested_first else a
        assert torch.equal(seen["see_scaled"], torch.zeros(2, 3))
    assert torch.equal(model(X), torch.tensor([12.0, 30.0]))


def test_edits_apply_from_the_outer_to_the_inner():
    model = Tiny()
    with (
        intervene(model, {"see_scaled": lambda value: value + 1}),
        intervene(model, {"see_scaled": lambda value: value * 10}),
        record(model) as seen,
    ):
        model(X)
    assert torch.equal(seen["see_scaled"], (2 * X + 1) * 10)


def test_an_edit_of_a_step_is_called_at_every_step():
    model = Tiny()
    with intervene(model, {"inner.see_sum": lambda value: value + 100}):
        assert torch.equal(model(X), torch.tensor([312.0, 330.0]))


def test_gradients_flow_through_an_edit():
    model = Tiny()
    with intervene(model, {"see_scaled": lambda value: 3 * value}):
        model(X).sum().backward()
    assert model.weight.grad == 3 * X.sum()


def test_an_edit_must_keep_the_shape_and_return_a_tensor():
    model = Tiny()
    with (
        pytest.raises(ValueError, match=r"'see_scaled' must keep the shape \[2, 3\], but it returned \[2, 1\]"),
        intervene(model, {"see_scaled": lambda value: value[:, :1]}),
    ):
        model(X)
    with (
        pytest.raises(ValueError, match="return missing"),
        intervene(model, {"see_scaled": lambda value: None}),
    ):
        model(X)
    assert untouched(model)


@pytest.mark.parametrize("watch", [lambda m: record(m, only=["hidden"]), lambda m: intervene(m, {"hidden": abs})])
def test_an_unknown_name_gets_a_sentence_with_the_names(watch):
    model = Tiny()
    with pytest.raises(KeyError) as error, watch(model):
        pass
    sentence = "Nothing is called 'hidden' in this model. The names are: see_scaled, inner.see_sum."
    assert str(error.value) == sentence
    assert untouched(model)


def test_one_wrong_name_among_right_ones_leaves_nothing_behind():
    model = Tiny()
    with pytest.raises(KeyError), intervene(model, {"see_scaled": abs, "nothing": abs}):
        pass
    assert untouched(model)


def test_everything_is_removed_when_the_body_raises():
    model = Tiny()
    with pytest.raises(ZeroDivisionError), record(model), intervene(model, {"see_scaled": abs}):
        assert is_watched(model)
        raise ZeroDivisionError
    assert untouched(model)


def test_an_inner_block_removes_only_its_own_watchers():
    model = Tiny()
    with record(model) as outer:
        with record(model) as inner, intervene(model, {"see_scaled": abs}):
            model(X)
        assert is_watched(model)
        model(X)
    assert len(outer.calls("see_scaled")) == 2 and len(inner.calls("see_scaled")) == 1
    assert untouched(model)


def test_an_inner_edit_that_ends_leaves_the_outer_one():
    model = Tiny()
    with intervene(model, {"see_scaled": lambda value: value + 1}):
        with intervene(model, {"see_scaled": lambda value: value * 10}):
            pass
        with record(model) as seen:
            model(X)
    assert torch.equal(seen["see_scaled"], 2 * X + 1)
    assert untouched(model)


def test_blocks_may_end_in_any_order():
    model = Tiny()
    first, second = record(model), record(model)
    seen_first, seen_second = first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    model(X)
    assert not seen_first.calls("see_scaled") and len(seen_second.calls("see_scaled")) == 1
    second.__exit__(None, None, None)
    assert untouched(model)


def test_hooks_of_torch_on_a_mark_count_as_watching():
    model = Tiny()
    handle = model.see_scaled.register_forward_hook(lambda *_: None)
    assert is_watched(model)
    handle.remove()
    assert not is_watched(model)
