"""What lesson 04 says of trained models and prints in no checked cell. Two of them may not be there."""

import pytest
from torch import Tensor
from torch.nn import functional as F

from lessons import zoo
from lessons.positions.rotary import Rotary
from tests.real_weights import needs_real


def mean_cosine(table: Tensor, distance: int) -> float:
    """How alike two rows of a table of positions are that lie so far apart."""
    return F.cosine_similarity(table[distance:], table[:-distance]).mean().item()


@needs_real("minilm-l6")
@pytest.mark.parametrize(("distance", "cosine"), [(1, 0.85), (3, 0.44), (6, 0.69), (8, 0.29)])
def test_minilm_has_found_waves(distance: int, cosine: float) -> None:
    table = zoo.load("minilm-l6").position.weight.detach()
    assert table.shape == (512, 384)
    assert mean_cosine(table, distance) == pytest.approx(cosine, abs=0.005)


def test_in_the_small_model_neighbours_are_alike_and_distant_positions_are_not() -> None:
    table = zoo.load("lengths-learned").added.table.detach()
    assert mean_cosine(table, 1) == pytest.approx(0.94, abs=0.005)
    assert mean_cosine(table, 10) == pytest.approx(0.71, abs=0.005)
    assert mean_cosine(table, 30) < 0


@needs_real("smollm2-135m")
def test_smollm2_turns_halves_and_knows_of_an_order_by_nothing_else() -> None:
    model = zoo.load("smollm2-135m")
    for block in model.blocks:
        turning = block.attention.positions
        assert type(turning) is Rotary and (turning.base, turning.pairing) == (100_000.0, "halves")
    assert not [name for name, _ in model.named_parameters() if "position" in name]
