"""Comparing answers: sizes, places, and results of every kind."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lessons.checks.arguments import changed, copied
from lessons.checks.compare import compare

ROWS = torch.tensor([[1.0, 2.0], [3.0, -4.0]], dtype=torch.float64)


def test_the_size_is_relative_to_the_largest_entry_and_the_place_is_named():
    answer = ROWS.clone()
    answer[1, 0] += 0.04
    finding = compare(ROWS, answer, 1e-8)
    assert finding.size == pytest.approx(0.01)
    assert finding.says == (
        "Your result is off by 0.04 at [1, 0]: it is 3.04, expected 3."
        " 1 of 4 entries differ, by up to 1 % of the largest entry."
    )


def test_a_difference_within_the_tolerance_passes_and_one_above_fails():
    assert compare(ROWS, ROWS + 3.9e-8, 1e-8) is None
    assert compare(ROWS, ROWS + 4.1e-8, 1e-8) is not None


def test_where_zeros_are_expected_the_difference_itself_counts():
    zeros = torch.zeros(3, dtype=torch.float64)
    assert compare(zeros, zeros + 1e-9, 1e-8) is None
    assert compare(zeros, zeros + 1e-7, 1e-8).size == pytest.approx(1e-7)


def test_where_zeros_are_expected_there_is_no_share_of_them():
    assert compare(0.0, 12.0, 1e-8).says == "Your result is off by 12: it is 12, expected 0."
    zeros = torch.zeros(2, dtype=torch.float64)
    says = compare(zeros, torch.tensor([0.0, 12.0], dtype=torch.float64), 1e-8).says
    assert says == "Your result is off by 12 at [1]: it is 12, expected 0. 1 of 2 entries differ."


def test_nan_and_infinity_agree_with_themselves_only():
    strange = torch.tensor([math.nan, math.inf, 1.0], dtype=torch.float64)
    assert compare(strange, strange.clone(), 1e-8) is None
    assert compare(strange, torch.ones(3, dtype=torch.float64), 1e-8).size == math.inf
    assert "holds NaN" in compare(torch.ones(3), strange.float(), 1e-8).says
    assert "holds -inf" in compare(1.0, -math.inf, 1e-8).says


def test_an_empty_tensor_agrees_with_an_empty_tensor():
    assert compare(torch.zeros(0, 3), torch.zeros(0, 3), 1e-8) is None


@pytest.mark.parametrize(
    ("expected", "answer", "sentence"),
    [
        (2.0, 3.0, "Your result is off by 1: it is 3, expected 2. The difference is 50 % of the expected value."),
        (1.0, 20.0, "The difference is 19 times the expected value."),
        (17, None, "Your result is None, expected 17."),
        (True, None, "Your function returns None: is the return missing?"),
        (None, 17, "Your result is a number, expected None."),
        ("abc", None, "Your function returns None: is the return missing?"),
        (1234567, 1234568, "Your result is 1234568, expected 1234567."),
        (7, torch.tensor(4.0), "Your result is 4, expected 7."),
        (0, 17.5, "Your result is 17.5, expected 0."),
        ([1, 2], [1, 3], "Result 2 is 3, expected 2."),
        (2, 10**400, "Your result holds inf"),
        (True, False, "Your result is False, expected True."),
        (True, 1, "Your result is a number, expected True or False."),
        (1.0, True, "Your result is True or False, expected a number."),
        ("abc", "abd", "Your result is 'abd', expected 'abc'."),
        (None, 1.0, "Your result is a number, expected None."),
        ({"a": 1.0}, {"b": 1.0}, "Your result has the keys ['b'], expected ['a']."),
        ({"a": 1.0}, {"a": 2.0}, "Result 'a' is off by 1"),
        ((1.0, [2.0, 3.0]), (1.0, [2.0, 4.0]), "Result 2, part 2 is off by 1"),
        ((1.0, 2.0), (1.0, None), "Result 2 is None, expected a number."),
        ((1.0, 2.0), (1.0,), "Your result has 1 part, expected 2."),
        (["un", "##fit"], ["[UNK]"], "Your result is ['[UNK]'], expected ['un', '##fit']."),
        ([[1, 2], [3]], [[1, 2], ()], "Result 2 is [], expected [3]."),
        (["a"] * 3, ["a"] * 13, "Your result has 13 parts, expected 3."),
        (["a", "b"], [None], "Your result has 1 part, expected 2."),
        ([1, 2], [10**5000], "Your result has 1 part, expected 2."),
        (["a", "b"], ["x" * 500], "xxx…, expected ['a', 'b']."),
        ((1.0, 2.0), 1.0, "Your result is a number, expected a tuple of 2."),
        (torch.tensor([2]), torch.tensor([2j]), "Your result holds complex64, expected int64."),
        (torch.tensor([True]), torch.tensor([False]), "Your result is off by 1 at [0]"),
    ],
)
def test_results_of_every_kind(expected, answer, sentence):
    assert compare(expected, copied(expected), 1e-8) is None
    assert sentence in compare(expected, answer, 1e-8).says


def test_a_difference_is_told_before_a_loss_of_precision():
    answer = (ROWS.float(), ROWS + 1)
    assert compare((ROWS, ROWS), answer, 1e-8).kind == "value"
    assert compare((ROWS, ROWS), (ROWS.float(), ROWS), 1e-8).kind == "precision"
    assert compare(ROWS.float(), ROWS, 1e-8) is None  # more precise than asked for is no mistake


def test_whole_numbers_in_float32_are_told_to_be_whole() -> None:
    ids = torch.tensor([7, -100])
    assert (
        compare(ids, ids.float(), 1e-8).says == "Your result is right, but holds float32: keep whole numbers (int64)."
    )
    assert "only as precise as float32" in compare(ROWS, ROWS.float(), 1e-8).says


def test_rounding_far_below_the_other_entries_is_written_as_zero():
    expected = torch.tensor([0.0, 1.0], dtype=torch.float64)
    answer = torch.tensor([1.0, 1.0], dtype=torch.float64)
    assert "it is 1, expected 0." in compare(expected + torch.tensor([3e-17, 0.0]), answer, 1e-8).says


@given(st.lists(st.floats(allow_nan=True), min_size=1), st.floats(allow_nan=True))
def test_comparing_never_raises_and_agrees_with_itself(values, other):
    tensor = torch.tensor(values, dtype=torch.float64)
    assert compare(tensor, tensor.clone(), 0.0) is None
    finding = compare(tensor, torch.full_like(tensor, other), 1e-8)
    assert finding is None or finding.says.endswith(".")


def test_changes_are_seen_all_the_way_down():
    data = {"a": [torch.ones(2), 1], "b": (ROWS.clone(), "text")}
    before = copied(data)
    assert not changed(before, data)
    data["b"][0][0, 0] = 9.0
    assert changed(before, data)
    for edit in (lambda d: d["a"].append(1), lambda d: d.pop("a"), lambda d: d["a"].__setitem__(1, 2)):
        data = copied(before)
        edit(data)
        assert changed(before, data)
    assert not changed(torch.tensor([math.nan]), torch.tensor([math.nan]))
    assert not changed(math.nan, math.nan) and changed(math.nan, 1.0) and changed(1.0, math.nan)
    assert changed(torch.ones(2), torch.ones(2).double())
    assert changed(torch.ones(2), [1.0, 1.0])


def test_a_mask_is_of_true_and_false() -> None:
    """A mask of numbers would fail later, at `~mask`."""
    mask = torch.tensor([[True, False], [True, True]])
    assert compare(mask, mask.clone(), 1e-9) is None
    finding = compare(mask, mask.float(), 1e-9)
    assert finding.kind == "dtype" and "holds float32, expected bool" in finding.says


def test_two_long_texts_are_shown_where_they_part():
    expected = "Word: hot\nOpposite: cold\n\n" * 4 + "Word: fast\nOpposite:"
    says = compare(expected, expected + " slow", 1e-9).says
    assert says == ("Your result is '…Word: fast\\nOpposite: slow', expected '…Word: fast\\nOpposite:'.")
    assert compare("short", "shirt", 1e-9).says == "Your result is 'shirt', expected 'short'."
    early = compare(expected, "word" + expected[4:], 1e-9).says
    assert early.startswith("Your result is 'word: hot") and "expected 'Word: hot" in early
    assert compare(expected, "", 1e-9).says.startswith("Your result is '', expected 'Word: hot")
