"""A tree: what may come next, and what after that, from left to right.

Every branch has a value from 0 to 1, how likely it is where the tree forks. Along a path the values are multiplied; the
product stands at its end, and the largest of them is framed.
"""

from collections.abc import Sequence

import numpy as np
import traitlets as t

from widgets.instruments.instrument import HERE, Instrument, as_array, check_labels, style
from widgets.instruments.text import visible, visible_all

MOST = 100
"""Branches in one tree; more are not read by anybody."""


class Tree(Instrument, script="tree"):
    """Branches that fork to the right, each on the colour of its value, with lines as thick as they are likely.

    >>> Tree(title="What comes next").show(["cat", "sat", "dog"], [-1, 0, -1], [0.6, 0.5, 0.4], root="the")

    Keyboard: right goes to the first branch behind the chosen one, left back to the fork, up and down to the branches
    beside it, Home to the first, Escape to none. Enter, the space bar or a click takes the branch.
    """

    _css = style() + (HERE / "tree.css").read_text("utf-8")

    root = t.Unicode("").tag(sync=True)
    """What stands before the first fork."""
    labels = t.List(t.Unicode()).tag(sync=True)
    parents = t.List(t.Int()).tag(sync=True)
    """The branch that each one follows, counted from 0; -1 for those behind the root."""
    data = t.Bytes(b"").tag(sync=True)
    value_axis = t.Unicode("probability").tag(sync=True)
    mark_name = t.Unicode("").tag(sync=True)
    """What a mark means, such as "stands in the text"; empty where there are none."""
    marks = t.List(t.Int()).tag(sync=True)
    selected = t.Int(-1).tag(sync=True)
    """The branch that is read out, counted from 0; -1 for none. Set from either side."""
    taken = t.Int(-1).tag(sync=True)
    """The branch that was taken in the page; -1 as soon as another tree is shown."""
    stale = t.Bool(False).tag(sync=True)
    """Whether another tree is on its way: this one is pale, and its branches cannot be taken."""

    @property
    def values(self) -> np.ndarray:
        """The value of every branch, [branches]."""
        return np.frombuffer(self.data, np.float32)

    def path(self, branch: int) -> list[int]:
        """Return the branches that lead to ``branch``, the first one first, and itself."""
        path = [branch]
        while self.parents[path[0]] >= 0:
            path.insert(0, self.parents[path[0]])
        return path

    def show(
        self,
        labels: Sequence[object],
        parents: Sequence[int],
        values: object,
        *,
        root: object = "",
        marks: Sequence[int] = (),
        title: str | None = None,
    ) -> "Tree":
        """Show branches, each behind its parent, with a value from 0 to 1; brothers stand in the order given.

        Raises:
            ValueError: when labels, parents and values are not equally many, a parent does not come before its branch,
                a value is not from 0 to 1, a mark is at no branch, or there are more than 100 branches.
        """
        array = as_array(values, ["branches"], "A tree").astype(np.float32)
        if len(array) > MOST:
            raise ValueError(f"A tree shows at most {MOST} branches, and got {len(array)}: show fewer of them.")
        check_labels(labels, len(array), f"A tree with {len(array)} values", optional=False)
        if len(parents) != len(array):
            raise ValueError(f"A tree with {len(array)} values got {len(parents)} parents. Give exactly {len(array)}.")
        for branch, parent in enumerate(parents):
            if not -1 <= parent < branch:
                raise ValueError(f"Branch {branch} cannot follow {parent}: a parent comes before it, or is -1.")
        if not ((array >= 0) & (array <= 1.001)).all():
            raise ValueError("The values of a tree are from 0 to 1. Apply the softmax first.")
        if wrong := [mark for mark in marks if not 0 <= mark < len(array)]:
            raise ValueError(f"There is no branch {wrong[0]} to mark: there are {len(array)}, counted from 0.")
        with self.hold_sync():
            self.root = visible(root) if root else ""
            self.labels = visible_all(labels)
            self.parents = list(parents)
            self.data = array.tobytes()
            self.marks = sorted(marks)
            self.title = self.title if title is None else title
            self.selected = self.taken = -1
            self.stale = False
        return self
