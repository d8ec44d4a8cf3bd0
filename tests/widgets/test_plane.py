"""A plane without a browser: what is sent, its limits, its handle, and what is refused."""

import numpy as np
import pytest
import torch
import traitlets as t

from widgets.instruments.plane import Plane, limits_around

POINTS = torch.tensor([[1.0, 0.0], [0.0, -2.0], [0.5, 0.5]])


def test_points_weights_and_arrows_travel_as_buffers() -> None:
    plane = Plane().show(POINTS, "abc", weights=[0.5, 0.25, 0.25], arrows=[[0, 0, 1, 1]], arrow_labels=["turned"])
    np.testing.assert_array_equal(plane.values, POINTS.numpy())
    np.testing.assert_array_equal(np.frombuffer(plane.weights, np.float32), [0.5, 0.25, 0.25])
    np.testing.assert_array_equal(np.frombuffer(plane.arrows, np.float32), [0, 0, 1, 1])
    assert (plane.labels, plane.arrow_labels) == (["a", "b", "c"], ["turned"])
    plane.show(title="empty")
    assert (plane.points, plane.weights, plane.arrows, plane.title) == (b"", b"", b"", "empty")
    assert plane.limits == [-1.0, 1.0]


def test_the_limits_hold_everything_and_can_be_given() -> None:
    assert Plane().show(POINTS).limits == pytest.approx([-2.4, 2.4])
    assert Plane().show(POINTS, arrows=[[0, 0, 0, 5]]).limits == pytest.approx([-6.0, 6.0])
    assert Plane(handle=[-10.0, 0.0]).show(POINTS).limits == pytest.approx([-12.0, 12.0])
    assert Plane().show(POINTS, limits=(0, 3)).limits == [0.0, 3.0]
    assert limits_around(np.zeros((2, 2)), np.zeros((0, 4)), None) == (-1.0, 1.0)


def test_the_sentence_changes_with_the_points_where_it_is_given() -> None:
    plane = Plane().show(POINTS, readout="three points")
    assert plane.readout == plane.show(POINTS[:2]).readout == "three points"
    with pytest.raises(ValueError, match="weights"):
        plane.show(POINTS, weights=[1.0], readout="not shown")
    assert plane.show(POINTS, readout="").readout == ""
    assert Plane().readout == ""


def test_the_handle_is_two_finite_numbers_or_none_and_show_leaves_it() -> None:
    plane = Plane(handle=[0.25, -0.5])
    assert plane.show(POINTS).handle == [0.25, -0.5]
    for wrong in ([1.0], [1.0, 2.0, 3.0], [float("nan"), 0.0], [float("inf"), 0.0], "ab"):
        with pytest.raises(t.TraitError):
            plane.handle = wrong
    assert plane.handle == [0.25, -0.5]
    plane.handle = None
    assert Plane().handle is None


def test_every_character_of_a_label_can_be_seen() -> None:
    plane = Plane().show(POINTS, ["", "a\nb", "\u202ex"], arrows=[[0, 0, 1, 1]], arrow_labels=["x" * 3000])
    assert plane.labels == ["∅", "a⏎b", "U+202Ex"] and len(plane.arrow_labels[0]) == 60
    assert Plane(handle_label="\u202ea\nb").handle_label == "U+202Ea⏎b"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Plane().show(POINTS, "ab"), "3 points got 2 labels"),
        (lambda: Plane().show([[1.0, 2.0, 3.0]]), "2 numbers for each of its points, and got 3"),
        (lambda: Plane().show(3.0), "between 1 and 2 axes"),
        (lambda: Plane().show(arrows=[[1.0, 2.0]]), "4 numbers for each of its arrows, and got 2"),
        (lambda: Plane().show(arrows=[[0, 0, 1, 1]], arrow_labels="ab"), "1 arrows got 2 labels"),
        (lambda: Plane().show(POINTS, weights=[1.0]), "3 points got 1 weights"),
        (lambda: Plane().show(POINTS, weights=[1.0, 2.0, 0.0]), "between 0 and 1, and got"),
        (lambda: Plane().show(POINTS, weights=[float("nan"), 0.0, 0.0]), "between 0 and 1"),
        (lambda: Plane().show([[float("nan"), 0.0]]), "finite numbers, and one of its points is not"),
        (lambda: Plane().show(torch.zeros(201, 2)), "at most 200 points, and got 201"),
        (lambda: Plane().show(POINTS, limits=(1, -1)), "a low and a high number, and got 1 and -1"),
        (lambda: Plane().show(POINTS, limits=(0, float("inf"))), "a low and a high number"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(call, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_leaves_the_last_picture() -> None:
    plane = Plane(title="before").show(POINTS, "abc")
    before = plane.get_state(["points", "labels", "limits", "title"])
    with pytest.raises(ValueError, match="weights"):
        plane.show(POINTS[:1], "x", weights=[2.0], title="after")
    assert plane.get_state(["points", "labels", "limits", "title"]) == before
