"""The tree of branches, without a browser."""

import numpy as np
import pytest
import torch

from widgets.instruments.tree import MOST, Tree

LABELS, PARENTS, VALUES = ["cat", "dog", "sat", "ran"], [-1, -1, 0, 0], [0.6, 0.4, 0.7, 0.1]


def test_branches_travel_with_their_parents_and_values() -> None:
    tree = Tree(title="Next", mark_name="stands here").show(
        LABELS, PARENTS, torch.tensor(VALUES), root="the", marks=[2, 0]
    )
    assert (tree.labels, tree.parents, tree.root, tree.marks, tree.title) == (LABELS, PARENTS, "the", [0, 2], "Next")
    np.testing.assert_allclose(tree.values, VALUES, rtol=1e-6)
    assert tree.path(3) == [0, 3] and tree.path(1) == [1]
    assert (tree.selected, tree.taken, tree.stale) == (-1, -1, False)


def test_another_tree_is_neither_chosen_nor_taken_nor_stale() -> None:
    tree = Tree().show(LABELS, PARENTS, VALUES, marks=[0], title="Old")
    tree.selected, tree.taken, tree.stale = 2, 2, True
    tree.show(["x"], [-1], [1.0], title="New")
    assert (tree.selected, tree.taken, tree.stale, tree.marks, tree.title) == (-1, -1, False, [], "New")
    assert tree.root == "" and tree.values.tolist() == [1.0]
    tree.show([], [], [])
    assert tree.labels == [] and tree.title == "New"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": ["cat"]}, "A tree with 4 values got 1 labels. Give exactly 4."),
        ({"parents": [-1, -1, 0]}, "A tree with 4 values got 3 parents. Give exactly 4."),
        ({"parents": [-1, -1, 2, 0]}, "Branch 2 cannot follow 2: a parent comes before it, or is -1."),
        ({"parents": [-2, -1, 0, 0]}, "Branch 0 cannot follow -2"),
        ({"values": [0.6, 0.4, 7.0, 0.1]}, "The values of a tree are from 0 to 1. Apply the softmax first."),
        ({"values": [0.6, 0.4, -0.1, 0.1]}, "from 0 to 1"),
        ({"values": [0.6, 0.4, float("nan"), 0.1]}, "from 0 to 1"),
        ({"marks": [4]}, "There is no branch 4 to mark: there are 4, counted from 0."),
        ({"marks": [-1]}, "There is no branch -1 to mark"),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_the_picture_stays(change: dict, sentence: str) -> None:
    tree = Tree(title="Good").show(LABELS, PARENTS, VALUES, root="the")
    with pytest.raises(ValueError) as error:
        tree.show(**{"labels": list("abcd"), "parents": PARENTS, "values": VALUES, "title": "Bad"} | change)
    assert sentence in str(error.value)
    assert tree.labels == LABELS and tree.title == "Good" and tree.root == "the"


def test_there_are_not_too_many_branches() -> None:
    Tree().show(["x"] * MOST, [-1] * MOST, [0.0] * MOST)
    with pytest.raises(ValueError, match="A tree shows at most 100 branches, and got 101: show fewer of them."):
        Tree().show(["x"] * (MOST + 1), [-1] * (MOST + 1), [0.0] * (MOST + 1))


def test_every_character_of_a_label_can_be_seen() -> None:
    tree = Tree().show(["\u202ex", "", "<b>", "a" * 200], [-1] * 4, [0.25] * 4, root="\n")
    assert tree.labels == ["U+202Ex", "∅", "<b>", "a" * 59 + "…"] and tree.root == "⏎"


def test_its_style_comes_with_that_of_all_instruments() -> None:
    assert ".unrolled-branch" in Tree._css and ".unrolled-token" in Tree._css and "PALETTE" in Tree._esm
