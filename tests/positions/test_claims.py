"""What lesson 04 says of trained models and prints in no checked cell. Two of them may not be there."""

import pytest
from torch import Tensor
from torch.nn import functional as F

from lessons import zoo
from lessons.positions.costs import costs, model_operations, operations
from lessons.positions.length import loss_by_position
from lessons.positions.rotary import Rotary
from lessons.positions.sinusoidal import sinusoidal
from lessons.text.tale import TALE
from tests.real_weights import needs_real


def mean_cosine(table: Tensor, distance: int) -> float:
    """How alike two rows of a table of positions are that lie so far apart."""
    return F.cosine_similarity(table[distance:], table[:-distance]).mean().item()


@needs_real("minilm-l6")
@pytest.mark.parametrize(("distance", "cosine"), [(1, 0.86), (3, 0.53), (5, 0.65), (9, 0.31)])
def test_minilm_has_found_waves(distance: int, cosine: float) -> None:
    table = zoo.load("minilm-l6").position.weight.detach()
    assert table.shape == (512, 384)
    assert mean_cosine(table[:128], distance) == pytest.approx(cosine, abs=0.005)


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


@pytest.mark.parametrize(("base", "likeness"), [(10_000.0, 0.6), (10.0, 0.1)])
def test_with_a_small_base_positions_far_apart_are_less_alike(base: float, likeness: float) -> None:
    table = sinusoidal(64, 64, base)
    assert (table[20] @ table[63]).item() / 32 == pytest.approx(likeness, abs=0.05)


@pytest.mark.parametrize(("time", "both", "one"), [(64, 0.2713, 0.14), (1024, 0.7668, 0.39)])
def test_one_side_of_the_distances_costs_half(time: int, both: float, one: float) -> None:
    config = zoo.load("lengths-none").config
    cost = next(cost for cost in costs(config, time) if cost.encoding == "relative")
    assert cost.share == pytest.approx(both, abs=5e-5)
    # The later distances, time - 1 of them: W_R r for each, and its product with every query.
    d = config.d_model
    spared = config.layers * (2 * (time - 1) * d * d + 2 * time * (time - 1) * d)
    half = (operations(config, "relative", time) - spared) / model_operations(config, time)
    assert half == pytest.approx(one, abs=0.005)


@pytest.mark.parametrize("name", ["relative", "alibi"])
def test_a_longer_window_gains_at_its_beginning_and_not_at_its_end(name: str) -> None:
    loss = loss_by_position(zoo.load(f"lengths-{name}"), TALE)
    assert loss[:256].mean() < loss[:64].mean()
    assert loss[128:256].mean() > loss[64:128].mean(), "text further back does not help"
    assert loss[:16].mean() > loss[16:256].mean() + 0.1, "there is little to read"
