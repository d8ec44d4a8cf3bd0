"""Learned positions end where their table ends."""

import pytest
import torch

from lessons.positions.learned import LearnedPositions, similarity
from lessons.positions.sinusoidal import dot_products, sinusoidal


def test_the_first_rows_of_the_table_are_taken_and_learn():
    torch.manual_seed(0)
    positions = LearnedPositions(5, 3)
    assert torch.equal(positions(4), positions.table[:4])
    positions(4).sum().backward()
    assert positions.table.grad.sum(dim=1).tolist() == [3, 3, 3, 3, 0]
    assert 0.01 < LearnedPositions(50, 60).table.std() < 0.03


@pytest.mark.parametrize("time", [0, 6])
def test_there_is_no_vector_beyond_the_end(time):
    with pytest.raises(ValueError, match=f"texts of 1 to 5 tokens, not {time}"):
        LearnedPositions(5, 3)(time)


def test_similarity_is_the_cosine():
    table = torch.randn(7, 4, dtype=torch.float64)
    for i in range(7):
        expected = (table[i] @ table[2]) / (table[i].norm() * table[2].norm())
        assert similarity(table, 2)[i].item() == pytest.approx(expected.item())
    waves = sinusoidal(7, 4, dtype=torch.float64)  # here it is the dot product over d_model / 2
    assert torch.allclose(similarity(waves, 3), dot_products(torch.arange(7) - 3, 4) / 2)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: similarity(torch.ones(7, 4), 7), "from 0 to 6, not 7"),
    (lambda: similarity(torch.ones(7, 4), -1), "from 0 to 6, not -1"),
    (lambda: LearnedPositions(0, 3), "not 0 and 3"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
