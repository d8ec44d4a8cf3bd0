"""ALiBi: its slopes for any number of heads, as in the paper's code."""

import pytest
import torch

from lessons.positions.alibi import Alibi, slopes


@pytest.mark.parametrize(("heads", "powers"), [
    (1, [8]),
    (2, [4, 8]),
    (3, [4, 8, 2]),
    (4, [2, 4, 6, 8]),
    (6, [2, 4, 6, 8, 1, 3]),
    (8, [1, 2, 3, 4, 5, 6, 7, 8]),
    (12, [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]),
])  # fmt: skip
def test_the_slopes(heads, powers):
    assert torch.allclose(slopes(heads), torch.tensor([2.0**-power for power in powers], dtype=torch.float64))


def test_the_penalty_grows_with_the_distance():
    q, k = torch.randn(2, 3, 4, 5, dtype=torch.float64), torch.randn(2, 3, 6, 5, dtype=torch.float64)
    bias = Alibi(3).bias(q, k)
    assert bias.shape == (1, 3, 4, 6) and bias.dtype == torch.float64
    for h, slope in enumerate([1 / 16, 1 / 256, 1 / 4]):
        for i in range(4):
            for j in range(6):
                assert bias[0, h, i, j].item() == pytest.approx(-slope * abs(i - j))


def test_it_learns_nothing():
    assert not list(Alibi(4).parameters()) and not Alibi(4).state_dict()


@pytest.mark.parametrize("make", [slopes, Alibi])
def test_no_head_is_a_sentence(make):
    with pytest.raises(ValueError, match="1 head or more, not 0"):
        make(0)
