"""Arcs without a browser: what is sent, which lines are drawn, and what is refused."""

import numpy as np
import pytest
import torch

from widgets.instruments.arcs import LEAST, MOST_LINES, Arcs, lowest_drawn
from widgets.instruments.instrument import module


def test_the_weights_travel_as_one_buffer_and_come_back() -> None:
    weights = torch.rand(2, 3, 5)
    arcs = Arcs().show("abc", weights, key_tokens="vwxyz", heads=["one", "two"])
    assert isinstance(arcs.data, bytes) and len(arcs.data) == 4 * 30
    np.testing.assert_array_equal(arcs.values, weights.numpy())
    assert (arcs.tokens, arcs.key_tokens, arcs.heads) == (list("abc"), list("vwxyz"), ["one", "two"])


def test_bytes_travel_as_bytes_and_stand_for_0_to_1() -> None:
    weights = (255 * torch.rand(60, 70)).byte()
    arcs = Arcs().show(["a"] * 60, weights, key_tokens=["b"] * 70)
    assert len(arcs.data) == 60 * 70 and arcs.dtype == "uint8"
    np.testing.assert_allclose(arcs.values[0], weights.numpy() / 255, rtol=1e-6)
    assert LEAST < arcs.floor < 1 and 2900 < (arcs.values >= arcs.floor).sum() <= MOST_LINES
    assert arcs.show("ab", torch.eye(2)).values[0].tolist() == [[1, 0], [0, 1]], "and numbers again"


def test_a_module_is_put_together_from_its_files_in_order() -> None:
    parts = ["const PALETTE", "function mount(", "function brush(", "const ROW", "export default"]
    places = [module("canvas arcs").index(part) for part in parts]
    assert places == sorted(places)


def test_one_head_needs_no_name_and_several_are_counted() -> None:
    assert Arcs().show("ab", torch.eye(2)).heads == []
    assert Arcs().show("ab", torch.eye(2)).key_tokens == ["a", "b"]
    assert Arcs().show("ab", torch.zeros(3, 2, 2)).heads == ["head 0", "head 1", "head 2"]
    assert Arcs().values.size == 0


def test_nothing_and_not_a_number_can_be_shown() -> None:
    assert Arcs().show([], torch.zeros(0, 0)).values.shape == (1, 0, 0)
    hole = Arcs().show("ab", [[float("nan"), 1.0], [0.0, 1.0]])
    assert np.isnan(hole.values[0, 0, 0]) and hole.floor == LEAST


def test_there_are_never_more_lines_than_can_be_seen() -> None:
    few = np.full((1, 20, 20), 0.05, np.float32)
    assert lowest_drawn(few) == LEAST == pytest.approx(0.01)
    many = np.random.default_rng(0).random((3, 60, 70), dtype=np.float32)
    floor = lowest_drawn(many)
    assert (many >= floor).sum() == MOST_LINES, "the strongest, and as many as there may be"
    alike = np.full((1, 80, 80), 0.0125, np.float32)
    assert (alike >= lowest_drawn(alike)).sum() == 0, "of lines of one strength all are drawn or none"
    assert Arcs().show(["a"] * 80, alike).floor > 0.0125


def test_the_choice_stays_inside_a_shorter_text_and_none_stays_none() -> None:
    arcs = Arcs().show("abcde", torch.eye(5))
    assert arcs.selected == -1
    arcs.selected = 4
    arcs.show("ab", torch.eye(2), title="shorter")
    assert (arcs.selected, arcs.title) == (1, "shorter")
    assert arcs.show("abc", torch.eye(3)).title == "shorter"


def test_every_character_of_a_token_can_be_seen() -> None:
    arcs = Arcs().show(["", "a\nb", "\u202ex", "x" * 3000], torch.eye(4), heads=["<b>\n"])
    assert arcs.tokens[:3] == ["∅", "a⏎b", "U+202Ex"] and len(arcs.tokens[3]) == 60
    assert arcs.heads == ["<b>⏎"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Arcs().show("abc", torch.eye(2)), r"2 queries got 3 labels. Give exactly 2\."),
        (lambda: Arcs().show("ab", torch.zeros(2, 3)), "3 keys got 2 labels"),
        (lambda: Arcs().show("ab", torch.zeros(2, 2, 2), heads=["one"]), "2 heads got 1 labels"),
        (lambda: Arcs().show("ab", torch.full((2, 2), 1.5)), r"from 0 to 1, and got 1\.5\. Apply the softmax"),
        (lambda: Arcs().show("ab", [[-0.25, 1.0], [0.0, 1.0]]), "got -0.25"),
        (lambda: Arcs().show("ab", torch.zeros(13, 2, 2)), "at most 12 heads at once, and got 13"),
        (lambda: Arcs().show(["a"] * 513, torch.zeros(513, 513)), "at most 512 tokens on a side, and got 513"),
        (lambda: Arcs().show("a", torch.zeros(1, 1, 1, 1)), "between 1 and 3 axes"),
    ],
)
def test_what_does_not_fit_gets_one_sentence_and_the_picture_stays(call, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_leaves_the_last_picture() -> None:
    arcs = Arcs(title="before").show("ab", torch.eye(2))
    before = arcs.get_state(["data", "tokens", "key_tokens", "floor", "title"])
    with pytest.raises(ValueError, match="heads got 2"):
        arcs.show("abc", torch.eye(3), heads="xy", title="after")
    assert arcs.get_state(["data", "tokens", "key_tokens", "floor", "title"]) == before
