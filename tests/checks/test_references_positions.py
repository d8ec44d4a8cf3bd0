"""The checks of lesson 04: references against transformers, formulas and loops, and mistakes as students write them."""

import math

import pytest
import torch

from lessons.checks.positional_encodings import relative_shift, rotary, shift_matrix, sinusoidal_table
from lessons.positions import relative, sinusoidal
from lessons.positions.rotary import rotate


def assert_near(ours: torch.Tensor, theirs: torch.Tensor, tolerance: float) -> None:
    """Relative to the largest entry."""
    assert ours.shape == theirs.shape
    assert (ours.double() - theirs.double()).abs().max() <= tolerance * theirs.double().abs().max()


# --- The sinusoidal table -------------------------------------------------------------------------


def table_by_numbers(length: int, d_model: int) -> torch.Tensor:
    table = torch.zeros(length, d_model, dtype=torch.float64)
    for position in range(length):
        for i in range(d_model // 2):
            angle = position / 10000 ** (2 * i / d_model)
            table[position, 2 * i], table[position, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


@pytest.mark.parametrize("case", [*sinusoidal_table.all_cases(), (40, 14)])
def test_the_table_is_that_of_the_formula_and_of_the_library(case):
    assert_near(sinusoidal_table.reference(*case), table_by_numbers(*case), 1e-7)
    assert_near(sinusoidal.sinusoidal(*case, dtype=torch.float64), table_by_numbers(*case), 1e-10)


def table(length, d_model, power=lambda exponent: 10000**exponent, turn=torch.div, dtype=None):
    positions = torch.arange(length, dtype=dtype)[:, None]
    angle = turn(positions, power(torch.arange(0, d_model, 2, dtype=dtype) / d_model))
    out = torch.zeros(length, d_model, dtype=dtype if dtype else torch.float32)
    out[:, 0::2], out[:, 1::2] = angle.sin(), angle.cos()
    return out


@pytest.mark.parametrize(
    "attempt",
    [
        lambda length, d_model: table(length, d_model),
        lambda length, d_model: table(length, d_model, dtype=torch.float64),
        lambda length, d_model: table(length, d_model, power=lambda e: torch.exp(e * math.log(10000.0))),
        lambda length, d_model: table_by_numbers(length, d_model),
    ],
)
def test_tables_in_float32_and_in_float64_both_pass(attempt):
    assert sinusoidal_table.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (
            lambda length, d_model: torch.cat([table(length, d_model)[:, 0::2], table(length, d_model)[:, 1::2]], 1),
            "sine and cosine halves in place of interleaved",
        ),
        (lambda n, d: table(n, d, power=lambda e: 10000 ** (e / 2)), "the pair's number for the column's number"),
        (lambda n, d: table(n, d, power=lambda e: 10000 ** (2 * e)), "doubled what was doubled already"),
        (lambda n, d: table(n, d, turn=torch.mul), "multiplied where the formula divides"),
        (lambda n, d: table(n + 1, d)[1:], "counted the positions from 1"),
    ],
)
def test_mistakes_in_float32_tables_are_named(attempt, name):
    assert sinusoidal_table.examine(attempt).misconception == name


# --- The shift matrix -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*shift_matrix.all_cases(), (7, 10)])
def test_the_matrix_leads_from_every_position_to_the_one_k_further_on(case):
    k, d_model = case
    waves = sinusoidal.sinusoids(torch.arange(-5, 30), d_model, dtype=torch.float64)
    later = sinusoidal.sinusoids(torch.arange(-5, 30) + k, d_model, dtype=torch.float64)
    assert_near(waves @ shift_matrix.reference(k, d_model).double().T, later, 1e-6)
    assert_near(waves @ sinusoidal.shift_matrix(k, d_model, dtype=torch.float64).T, later, 1e-10)


def matrix(k, d_model, sign=1.0):
    out = torch.zeros(d_model, d_model)
    for i in range(d_model // 2):
        angle = k / 10000 ** (2 * i / d_model)
        out[2 * i, 2 * i] = out[2 * i + 1, 2 * i + 1] = math.cos(angle)
        out[2 * i, 2 * i + 1], out[2 * i + 1, 2 * i] = sign * math.sin(angle), -sign * math.sin(angle)
    return out


def test_a_matrix_by_a_loop_passes_and_its_transpose_goes_back():
    assert shift_matrix.examine(lambda k, d_model: matrix(k, d_model)).passed
    assert shift_matrix.examine(lambda k, d_model: matrix(k, d_model).double()).passed
    for attempt in (lambda k, d_model: matrix(k, d_model).T, lambda k, d_model: matrix(-k, d_model)):
        assert shift_matrix.examine(attempt).misconception == "goes back in place of forward"


def test_a_matrix_that_fits_only_these_positions_is_wrong():
    def attempt(k, d_model):
        rows = sinusoidal.sinusoids(torch.arange(d_model - 1), d_model, dtype=torch.float64)
        later = sinusoidal.sinusoids(torch.arange(d_model - 1) + k, d_model, dtype=torch.float64)
        return torch.linalg.lstsq(rows, later).solution.T  # a row short of a unique answer

    assert shift_matrix.examine(attempt).status == "wrong"


# --- Rotary positions -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", rotary.all_cases())
def test_rotary_is_that_of_transformers(case):
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    x, positions = case
    d_head = x.shape[1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
    cos, sin = (torch.cat([wave, wave], dim=-1)[None] for wave in (angle.cos(), angle.sin()))
    theirs, _ = apply_rotary_pos_emb(x[None, None], x[None, None], cos, sin)
    assert_near(rotary.reference(x, positions), theirs[0, 0], 1e-10)


@pytest.mark.parametrize("case", rotary.all_cases())
def test_rotary_is_a_product_with_complex_numbers_and_its_gradient_turns_back(case):
    x, positions = case
    half = x.shape[1] // 2
    angle = positions[:, None] / 10000.0 ** (torch.arange(half, dtype=torch.float64) / half)
    turned = torch.complex(x[:, :half], x[:, half:]) * torch.polar(torch.ones_like(angle), angle)
    assert_near(rotary.reference(x, positions), torch.cat([turned.real, turned.imag], dim=1), 1e-10)
    towards = torch.linspace(-1, 1, x.numel(), dtype=torch.float64).view_as(x)
    (gradient,) = torch.autograd.grad((rotary.reference(x.requires_grad_(), positions) * towards).sum(), x)
    assert_near(gradient, rotary.reference(towards, -positions), 1e-10)


def test_the_misconception_that_is_called_the_papers_is_the_papers():
    paper = next(m for m in rotary.misconceptions if m.name == "paired the neighbours")
    assert "as the paper does" in paper.says
    for x, positions in rotary.all_cases():
        assert_near(paper.wrong(x, positions), rotate(x, positions, pairing="neighbours"), 1e-10)


def turned(x, positions, sign=1, table=lambda angle: torch.cat([angle, angle], dim=-1), dtype=None):
    """As transformers writes it: one table as wide as x, and a half that is turned around."""
    half = x.shape[1] // 2
    angle = table(positions[:, None] * 10000 ** (-torch.arange(0, 2 * half, 2, dtype=dtype) / (2 * half)))
    return x * angle.cos() + sign * torch.cat([-x[:, half:], x[:, :half]], dim=-1) * angle.sin()


@pytest.mark.parametrize("dtype", [None, torch.float64], ids=["angles in float32", "angles in float64"])
def test_angles_in_float32_and_in_float64_both_pass_and_mistakes_are_named(dtype):
    assert rotary.examine(lambda x, positions: turned(x, positions, dtype=dtype)).passed
    for name, how in {
        "turned the other way": {"sign": -1},
        "the angles of neighbours for the pairs of halves": {"table": lambda angle: angle.repeat_interleave(2, dim=-1)},
    }.items():
        assert (
            rotary.examine(lambda x, positions, how=how: turned(x, positions, dtype=dtype, **how)).misconception == name
        )


def test_whoever_cuts_the_gradient_of_x_is_told():
    verdict = rotary.examine(lambda x, positions: turned(x.detach(), positions))
    assert "no gradient flows" in verdict.headline


# --- The relative shift ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", relative_shift.all_cases())
def test_the_shift_is_that_of_a_double_loop_with_its_gradient(case):
    (scores,) = case
    time = len(scores)
    scores.requires_grad_()
    loop = torch.stack(
        [
            torch.stack([scores[i, time - 1 - (i - j)] if j <= i else torch.zeros(()).double() for j in range(time)])
            for i in range(time)
        ]
    )
    ours = relative_shift.reference(scores)
    assert torch.equal(ours, loop)
    towards = torch.linspace(-1, 1, time * time, dtype=torch.float64).view(time, time)
    one, other = (torch.autograd.grad((result * towards).sum(), scores)[0] for result in (ours, loop))
    assert torch.equal(one, other)


def test_each_row_goes_to_the_left_and_the_last_one_stays():
    scores = torch.tensor([[2.0, 1.0, 0.0]]).expand(3, 3)  # each column holds its distance
    assert relative_shift.reference(scores).tolist() == [[0, 0, 0], [1, 0, 0], [2, 1, 0]]


def test_only_what_a_look_ahead_mask_hides_differs_from_the_library():
    (scores,) = relative_shift.case(3)
    library = relative.relative_shift(scores)
    assert torch.equal(relative_shift.reference(scores), library.tril()) and library.triu(1).any()


def padded(scores, pad=(1, 0), keep=slice(1, None), clear=torch.tril):
    time = len(scores)
    return clear(torch.nn.functional.pad(scores, pad).view(time + 1, time)[keep])


def by_rows(scores, by=lambda time, i: time - 1 - i):
    time = len(scores)
    out = torch.zeros_like(scores)
    for i in range(time):
        step = by(time, i)
        out[i, : time - step] = scores[i, step:]
    return out.tril()


def by_gathering(scores):
    i, j = torch.meshgrid(torch.arange(len(scores)), torch.arange(len(scores)), indexing="ij")
    return torch.where(j <= i, scores.gather(1, (len(scores) - 1 - i + j).clamp(max=len(scores) - 1)), 0.0)


def by_a_loop_in_float32(scores):
    time = len(scores)
    out = torch.zeros(time, time)
    for i in range(time):
        for j in range(i + 1):
            out[i, j] = scores[i, time - 1 - (i - j)]
    return out


@pytest.mark.parametrize(
    "attempt", [lambda scores: padded(scores), lambda scores: by_rows(scores), by_gathering, by_a_loop_in_float32]
)
def test_the_pad_and_the_loop_and_the_index_all_pass(attempt):
    assert relative_shift.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda scores: padded(scores, clear=lambda x: x), "left the rest above the diagonal"),
        (lambda scores: padded(scores, keep=slice(None, -1)), "dropped the last row in place of the first"),
        (lambda scores: padded(scores, pad=(0, 1)), "padded on the right"),
        (lambda scores: padded(scores, keep=slice(None)), "forgot to drop a row"),
        (
            lambda scores: torch.nn.functional.pad(scores, (1, 0))[:, 1:],
            "did not move the rows, and left the rest above the diagonal",
        ),
        (lambda scores: scores.flip(1).tril(), "turned the rows around"),
        (lambda scores: padded(scores.tril()), "hid before the shift"),
        (lambda scores: scores.flip(0).tril(), None),  # wrong in a way of its own
    ],
)
def test_wrong_shifts_as_students_write_them_are_named(attempt, name):
    verdict = relative_shift.examine(attempt)
    assert (verdict.status, verdict.misconception) == ("wrong", name)
