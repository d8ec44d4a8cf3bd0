"""From scores to a token. `tests/reference/test_generate.py` compares with transformers."""

import math

import pytest
import torch

from lessons.gpt.decoding import GREEDY, Decoding, draw, keep_top_k, keep_top_p, pick, probabilities

CHANCES = torch.tensor([0.1, 0.4, 0.2, 0.3], dtype=torch.float64)
LOGITS = CHANCES.log()


def kept(logits):
    return logits.isfinite().tolist()


def test_top_k_keeps_the_best_and_leaves_their_scores():
    assert kept(keep_top_k(LOGITS, 2)) == [False, True, False, True]
    assert torch.equal(keep_top_k(LOGITS, 2)[[1, 3]], LOGITS[[1, 3]])
    assert torch.equal(keep_top_k(LOGITS, 4), LOGITS) and torch.equal(keep_top_k(LOGITS, 99), LOGITS)
    assert kept(keep_top_k(torch.tensor([1.0, 2.0, 1.0, 1.0]), 2)) == [True, True, False, False]  # the lower id


@pytest.mark.parametrize(("p", "stay"), [
    (0.0, [False, True, False, False]), (0.39, [False, True, False, False]), (0.41, [False, True, False, True]),
    (0.69, [False, True, False, True]), (0.71, [False, True, True, True]), (0.95, [True] * 4), (1.0, [True] * 4),
])  # fmt: skip
def test_top_p_keeps_the_token_that_crosses(p, stay):
    assert kept(keep_top_p(LOGITS, p)) == stay
    assert torch.equal(keep_top_p(LOGITS, p)[stay], LOGITS[stay])


def test_p_of_1_keeps_what_rounding_would_lose():
    logits = torch.full((1000,), -40.0)
    logits[7] = 0.0  # in 32 bits it has the probability 1 by itself
    assert keep_top_p(logits, 1.0).isfinite().all()
    assert keep_top_p(logits, 0.999).isfinite().sum() == 1


def test_ties_go_to_the_lower_id():
    assert kept(keep_top_p(torch.zeros(5), 0.5)) == [True, True, True, False, False]
    assert probabilities(torch.zeros(5), GREEDY).tolist() == [1, 0, 0, 0, 0]
    many = torch.zeros(2, 5000)  # so many that a sort that may change their order does
    assert keep_top_k(many, 300).isfinite().nonzero()[:, 1].tolist() == [*range(300)] * 2
    assert keep_top_p(many, 0.1).isfinite().nonzero()[:, 1].max() < 502


def test_every_row_is_cut_for_itself():
    rows = torch.stack([LOGITS, LOGITS.flip(0)])[:, None]  # [2 1 vocab]
    for cut in (lambda x: keep_top_k(x, 2), lambda x: keep_top_p(x, 0.41)):
        assert torch.equal(cut(rows), torch.stack([cut(LOGITS), cut(LOGITS.flip(0))])[:, None])


def test_the_order_is_temperature_then_k_then_p():
    """With T = 1/2 the chances are squared: 16 and 9 of 25 after top-k. The second is behind 0.64."""
    found = probabilities(LOGITS, Decoding(0.5, top_k=2, top_p=0.63))
    assert found.tolist() == [0, 1, 0, 0]
    found = probabilities(LOGITS, Decoding(0.5, top_k=2, top_p=0.65))
    assert torch.allclose(found, torch.tensor([0, 0.64, 0, 0.36], dtype=torch.float64))
    found = probabilities(LOGITS, Decoding(0.5, top_p=0.55))  # 16/30 does not reach it, without top-k
    assert torch.allclose(found, torch.tensor([0, 0.64, 0, 0.36], dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-320, 1e-30, 1e-3, 0.7, 1.0, 1e6, 1e300])
def test_any_temperature_gives_a_distribution(temperature, dtype):
    logits = torch.tensor([-1e4, 3.0, 2.9, -math.inf, 1e4], dtype=dtype)
    found = probabilities(logits, Decoding(temperature))
    assert found.isfinite().all() and found.sum().item() == pytest.approx(1) and found[3] == 0
    assert found.argmax() == (4 if temperature < 1e10 else 0)


def test_temperature_divides_the_logits():
    assert torch.allclose(probabilities(LOGITS, Decoding(2.0)), (LOGITS / 2).softmax(-1))
    assert torch.allclose(probabilities(LOGITS, Decoding()), CHANCES)
    assert probabilities(LOGITS, GREEDY).tolist() == [0, 1, 0, 0]


def test_draws_follow_the_distribution():
    generator = torch.Generator().manual_seed(0)
    chances = torch.tensor([0.0, 0.5, 0.0, 0.2, 0.3, 0.0])
    found = torch.bincount(draw(chances.expand(20_000, -1), generator), minlength=6) / 20_000
    assert found[[0, 2, 5]].tolist() == [0, 0, 0]
    assert torch.allclose(found, chances, atol=0.015)
    again = draw(chances.expand(3, 4, -1), torch.Generator().manual_seed(1))
    assert again.shape == (3, 4)
    assert torch.equal(again, draw(chances.expand(3, 4, -1), torch.Generator().manual_seed(1)))


def test_picked_where_the_sum_passes():
    chances = torch.tensor([[0.0, 0.25, 0.75, 0.0]])
    largest = 1 - 2**-24
    found = [pick(chances, torch.tensor([chance])).item() for chance in (0.0, 0.2499, 0.25, 0.9, largest)]
    assert found == [1, 1, 2, 2, 2]
    # A vocabulary with rounding, whose sum is not quite 1: never beyond the last token that can be drawn.
    many = torch.full((1, 50_000), 1 / 50_000)
    many[0, 40_000:] = 0
    assert pick(many, torch.tensor([largest])).item() == 39_999


@pytest.mark.parametrize(("make", "sentence"), [
    (lambda: Decoding(-0.1), "temperature must be 0 or more and finite, not -0.1"),
    (lambda: Decoding(math.inf), "finite, not inf"),
    (lambda: Decoding(math.nan), "finite, not nan"),
    (lambda: Decoding(top_k=0), "top-k must keep 1 token or more, not 0"),
    (lambda: Decoding(top_p=1.1), "top-p must be from 0 to 1, not 1.1"),
    (lambda: Decoding(top_p=-0.1), "top-p must be from 0 to 1, not -0.1"),
    (lambda: Decoding(top_p=math.nan), "top-p must be from 0 to 1, not nan"),
    (lambda: keep_top_k(LOGITS, 0), "1 token or more, not 0"),
    (lambda: keep_top_p(LOGITS, 2.0), "from 0 to 1, not 2.0"),
])  # fmt: skip
def test_values_out_of_range(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
