"""Sinusoidal positions: the waves, the step that is a matrix, and dot products of distances."""

import math

import pytest
import torch

from lessons.positions.sinusoidal import (
    SinusoidalPositions,
    dot_products,
    frequencies,
    shift_matrix,
    sinusoidal,
    sinusoids,
    wavelengths,
)

D_MODEL, BASE = 12, 50.0


def test_the_first_rows_by_hand():
    table = sinusoidal(3, 4)
    expected = [
        [0.0, 1.0, 0.0, 1.0],
        *([math.sin(p), math.cos(p), math.sin(p / 100), math.cos(p / 100)] for p in (1, 2)),
    ]
    assert table.dtype == torch.float32
    assert torch.allclose(table, torch.tensor(expected), atol=1e-7)


def test_a_far_position_is_as_exact_as_a_near_one():
    far = 1_000_003
    expected = [f(far / 10000 ** (2 * i / D_MODEL)) for i in range(D_MODEL // 2) for f in (math.sin, math.cos)]
    assert torch.allclose(sinusoids(torch.tensor([far]), D_MODEL)[0], torch.tensor(expected), atol=1e-6)


def test_a_wave_begins_again_after_its_wavelength():
    lengths = wavelengths(D_MODEL, BASE)
    assert lengths[0] == pytest.approx(2 * math.pi) and lengths[-1] == pytest.approx(2 * math.pi * BASE ** (10 / 12))
    assert torch.allclose(frequencies(D_MODEL, BASE) * lengths, torch.full((6,), 2 * math.pi, dtype=torch.float64))
    # With the base 2^12 a pair is 4 times as slow as the one before.
    assert torch.allclose(wavelengths(12, 2.0**12), 2 * math.pi * 4.0 ** torch.arange(6, dtype=torch.float64))


@pytest.mark.parametrize("offset", [0, 1, 7, 300, -4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_a_step_is_the_same_matrix_everywhere(offset, dtype, tolerance):
    positions = torch.tensor([0, 1, 5, 90, 2000])
    here = sinusoids(positions, D_MODEL, BASE, dtype)
    there = sinusoids(positions + offset, D_MODEL, BASE, dtype)
    moved = here @ shift_matrix(offset, D_MODEL, BASE, dtype).T
    assert (moved - there).abs().max() <= tolerance


def test_the_dot_product_depends_on_the_distance_alone():
    table = sinusoidal(40, D_MODEL, BASE, torch.float64)
    expected = dot_products(torch.arange(40), D_MODEL, BASE)
    products = table @ table.T
    for i in range(40):
        for j in range(40):
            assert products[i, j].item() == pytest.approx(expected[abs(i - j)].item(), abs=1e-12)
    assert expected[0] == D_MODEL / 2 and (expected[1:] < D_MODEL / 2).all()
    assert torch.equal(dot_products(-torch.arange(40), D_MODEL, BASE), expected)


def test_as_a_part_of_a_model_it_learns_nothing():
    part = SinusoidalPositions(D_MODEL, BASE)
    assert not list(part.parameters()) and not part.state_dict()
    assert torch.equal(part(9), sinusoidal(9, D_MODEL, BASE, torch.float64))


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: sinusoidal(0, 4), "length of 1 or more, not 0"),
    (lambda: sinusoidal(3, 5), "even and 2 or more, not 5"),
    (lambda: SinusoidalPositions(0), "even and 2 or more, not 0"),
    (lambda: shift_matrix(1, 4, base=0.0), "above 0 and finite, not 0.0"),
    (lambda: wavelengths(4, base=math.inf), "above 0 and finite, not inf"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
