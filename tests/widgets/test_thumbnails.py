"""Thumbnails without a browser: what is left of a large picture, what is sent, and what is refused."""

import numpy as np
import pytest
import torch

from widgets.instruments.thumbnails import SIDE, Thumbnails, reduced


def test_the_pictures_travel_as_one_byte_a_pixel_and_come_back() -> None:
    pictures = torch.rand(2, 3, 5, 7)
    grid = Thumbnails().show(pictures, low=0.0, high=1.0)
    assert grid.shape == [2, 3, 5, 7] and len(grid.data) == 2 * 3 * 5 * 7
    np.testing.assert_allclose(grid.values, pictures.numpy(), atol=0.5 / 254 + 1e-6)
    assert Thumbnails().values.size == 0


def test_a_thin_line_survives_in_a_small_picture() -> None:
    length = 500
    pictures = torch.zeros(1, 2, length, length)
    pictures[0, 0].fill_diagonal_(1.0)
    pictures[0, 1, :, 77] = 0.5
    small = Thumbnails().show(pictures, low=0.0, high=1.0).values
    assert small.shape == (1, 2, SIDE, SIDE)
    np.testing.assert_array_equal(small[0, 0], np.eye(SIDE))
    assert ((small[0, 1] > 0).sum(1) == 1).all(), "one column of every row"
    np.testing.assert_allclose(small[0, 1].max(1), 0.5, atol=0.002)


@pytest.mark.parametrize("size", [(49, 7), (7, 49), (95, 97), (48, 48), (128, 512)])
def test_every_number_lies_in_exactly_one_block(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        picture = np.zeros((1, 1, *size), np.float32)
        picture[0, 0, rng.integers(size[0]), rng.integers(size[1])] = 1.0
        small = reduced(picture)
        assert small.shape[2:] == (min(SIDE, size[0]), min(SIDE, size[1]))
        assert small.sum() == 1.0


def test_all_heads_of_a_long_text_are_a_small_message() -> None:
    grid = Thumbnails().show(np.zeros((12, 12, 256, 256), np.uint8))
    assert len(grid.data) == 12 * 12 * SIDE * SIDE < 350_000


def test_not_a_number_is_kept_apart_from_the_smallest_and_the_largest() -> None:
    nan = float("nan")
    grid = Thumbnails().show([[[[nan, 2.0], [4.0, 3.0]]]])
    assert (grid.low, grid.high) == (2.0, 4.0)
    np.testing.assert_allclose(grid.values[0, 0], [[nan, 2.0], [4.0, 3.0]])
    for shape, places in (((96, 5), np.s_[..., ::2, :]), ((5, 96), np.s_[..., ::2]), ((96, 96), np.s_[..., ::2, 1::2])):
        gappy = np.full((1, 1, *shape), np.nan, np.float32)
        gappy[places] = 1.0
        assert (reduced(gappy) == 1).all(), "a number wins within its block"
    assert np.isnan(reduced(np.full((1, 1, 96, 96), np.nan, np.float32))).all()
    assert Thumbnails().show(torch.full((1, 1, 2, 2), torch.inf), low=0.0, high=1.0).values.max() == 1.0


def test_bytes_stand_for_low_to_high() -> None:
    grid = Thumbnails().show(np.array([[[[0, 255], [51, 102]]]], np.uint8), low=-1.0, high=1.0)
    np.testing.assert_allclose(grid.values[0, 0], [[-1.0, 1.0], [-0.6, -0.2]], atol=0.005)
    assert Thumbnails().show(np.zeros((1, 1, 2, 2), np.uint8)).high == 1.0


def test_captions_scores_and_marks_travel_with_their_cells() -> None:
    scores = torch.rand(2, 3)
    grid = Thumbnails().show(
        torch.rand(2, 3, 4, 4), captions=["abc", ["d", "", "<i>\n"]], scores=scores, score_axis="same word",
        marks=[(1, 2)], row_axis="block", column_axis="unit", title="All",
    )  # fmt: skip
    assert grid.captions == ["a", "b", "c", "d", "∅", "<i>⏎"]
    np.testing.assert_array_equal(np.frombuffer(grid.scores, np.float32).reshape(2, 3), scores.numpy())
    assert (grid.marks, grid.score_axis, grid.row_axis, grid.column_axis) == ([[1, 2]], "same word", "block", "unit")
    assert grid.title == "All"
    grid.show(torch.rand(2, 3, 4, 4))
    assert (grid.captions, grid.scores, grid.marks, grid.title) == ([], b"", [], "All")


def test_the_choice_stays_inside_a_smaller_grid() -> None:
    grid = Thumbnails().show(torch.rand(6, 12, 4, 4))
    grid.selected = [5, 11]
    assert grid.show(torch.rand(3, 8, 4, 4)).selected == [2, 7]
    assert Thumbnails().show(torch.zeros(0, 0, 0, 0), low=0.0, high=1.0).selected == [0, 0]


SMALL = torch.zeros(2, 3, 4, 4)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Thumbnails().show(torch.zeros(40, 40, 2, 2)), "at most 1,024 pictures, and got 40 x 40"),
        (lambda: Thumbnails().show(torch.zeros(1, 1, 1, 1, 1)), "between 1 and 4 axes"),
        (lambda: Thumbnails().show(SMALL, captions=["abc"]), r"2 rows of 3 got captions of the lengths \[3\]"),
        (lambda: Thumbnails().show(SMALL, captions=["abc", "ab"]), r"Give 2 lists of 3, or none"),
        (lambda: Thumbnails().show(SMALL, marks=[(2, 0)]), r"no cell \[2, 0\] to mark in 2 rows of 3"),
        (lambda: Thumbnails().show(SMALL, marks=[(0, -1)]), r"no cell \[0, -1\]"),
        (lambda: Thumbnails().show(SMALL, scores=torch.zeros(3, 2)), r"shape \[2, 3\] of the grid, and got \[3, 2\]"),
        (lambda: Thumbnails().show(SMALL, low=0.0, high=float("inf")), "two finite ends"),
        (lambda: Thumbnails().show([["a"]]), "needs numbers"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(call, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_leaves_the_last_picture() -> None:
    grid = Thumbnails(title="before").show(torch.rand(2, 3, 4, 4))
    names = ["data", "shape", "low", "high", "captions", "title"]
    before = grid.get_state(names)
    with pytest.raises(ValueError, match="scores"):
        grid.show(torch.rand(3, 3, 5, 5), captions=["abc"] * 3, scores=[1.0], title="after")
    assert grid.get_state(names) == before
