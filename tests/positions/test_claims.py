"""What lesson 04 says of the two real models and prints in no checked cell, because they may not be there."""

import pytest
from torch.nn import functional as F

from lessons import zoo
from lessons.positions.rotary import Rotary
from tests.real_weights import needs_real


@needs_real("minilm-l6")
@pytest.mark.parametrize(("distance", "cosine"), [(1, 0.85), (3, 0.44), (6, 0.69), (8, 0.29)])
def test_minilm_has_found_waves(distance: int, cosine: float) -> None:
    table = zoo.load("minilm-l6").position.weight.detach()
    assert table.shape == (512, 384)
    alike = F.cosine_similarity(table[distance:], table[:-distance])
    assert alike.mean().item() == pytest.approx(cosine, abs=0.005)


@needs_real("smollm2-135m")
def test_smollm2_turns_halves_and_knows_of_an_order_by_nothing_else() -> None:
    model = zoo.load("smollm2-135m")
    for block in model.blocks:
        turning = block.attention.positions
        assert type(turning) is Rotary and (turning.base, turning.pairing) == (100_000.0, "halves")
    assert not [name for name, _ in model.named_parameters() if "position" in name]
