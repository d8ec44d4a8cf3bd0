"""The panel of rotary positions, without a browser."""

import math

import numpy as np
import pytest
import torch

from lessons.positions.rotary import rotate
from widgets.explorers.rotary_arrows import BASE, D_HEAD, PAIRS, RotaryArrows, from_arrows


def arrows(panel: RotaryArrows) -> np.ndarray:
    return np.frombuffer(panel.plane.arrows, np.float32).reshape(-1, 4)[:, 2:]


def test_the_arrows_are_the_pairs_before_and_after_turning() -> None:
    panel = RotaryArrows(query_at=9, key_at=2, pair=1)
    query, key = (rotate(x[None], torch.tensor([at]), BASE)[0] for x, at in ((panel.query, 9), (panel.key, 2)))
    expected = [x[[1, 1 + PAIRS]].tolist() for x in (panel.query, panel.key, query, key)]
    assert np.allclose(arrows(panel), expected, atol=1e-6)
    assert panel.bars.values[0, :PAIRS].sum() == pytest.approx((query @ key).item(), rel=1e-5)
    assert panel.bars.values[0, PAIRS] == pytest.approx((query @ key).item() / math.sqrt(D_HEAD), rel=1e-5)


def test_the_score_depends_on_the_distance_alone() -> None:
    panel = RotaryArrows(query_at=7, key_at=4)
    before, still = panel.bars.values.copy(), arrows(panel).copy()
    panel.move_both()
    assert (panel.query_at, panel.key_at) == (8, 5)
    assert np.allclose(panel.bars.values, before, atol=1e-5), "the score stays"
    assert not np.allclose(arrows(panel)[2:], still[2:], atol=0.1), "the arrows have turned"
    panel.key_at = 4
    assert not np.allclose(panel.bars.values, before, atol=0.01), "another distance, another score"


def test_a_distance_below_zero_has_a_real_minus() -> None:
    panel = RotaryArrows(query_at=2, key_at=5)
    assert panel.bars.title.startswith("Distance −3: the score is ") and "-" not in panel.bars.title


def test_at_the_end_of_the_text_nothing_moves() -> None:
    panel = RotaryArrows(query_at=60, key_at=3)
    panel.move_both()
    assert (panel.query_at, panel.key_at) == (60, 3)


def test_arrows_make_a_vector() -> None:
    vector = from_arrows([1.0, 2.0], [0.0, 90.0])
    assert torch.allclose(vector, torch.tensor([1.0, 0.0, 0.0, 2.0]), atol=1e-6)
