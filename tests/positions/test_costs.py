"""The costs are those of the models: parameters counted, and torch's own count of operations."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lessons.core.record import record
from lessons.positions.costs import costs, model_operations
from lessons.positions.encodings import ENCODINGS
from lessons.positions.model import PositionedConfig, PositionedModel

CONFIG = PositionedConfig("□abcdefghij", "rotary", d_model=12, layers=2, heads=3, d_ff=20, context=9)
TIME = 7


def model(encoding: str) -> PositionedModel:
    return PositionedModel(replace(CONFIG, encoding=encoding))


def products(encoding: str) -> int:
    """What torch counts: the matrix products of the readable path, as 2 operations for each term of a sum."""
    counted = model(encoding)
    with FlopCounterMode(display=False) as counter, record(counted):
        counted(torch.zeros(1, TIME, dtype=torch.long))
    return counter.get_total_flops()


def rows() -> dict:
    return {cost.encoding: cost for cost in costs(CONFIG, TIME)}


def test_there_is_a_row_for_each_encoding():
    assert list(rows()) == list(ENCODINGS)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_parameters(encoding):
    count = {name: sum(p.numel() for p in model(name).parameters()) for name in ("none", encoding)}
    assert rows()[encoding].parameters == count[encoding] - count["none"]


def test_the_model_itself_is_what_torch_counts():
    assert model_operations(CONFIG, TIME) == products("none")


def test_relative_positions_are_what_torch_counts_and_three_sums():
    scores, numbers = CONFIG.layers * CONFIG.heads * TIME * TIME, CONFIG.layers * TIME * CONFIG.d_model
    extra = products("relative") - products("none")
    assert rows()["relative"].operations == extra + 2 * scores + numbers


def test_the_others_by_hand():
    found = {name: row.operations for name, row in rows().items()}
    assert found["none"] == 0
    assert found["sinusoidal"] == found["learned"] == 7 * 12
    assert found["rotary"] == 2 * (2 * 7 * 12) * 3  # blocks, numbers of queries and keys, operations for each
    assert found["alibi"] == 2 * 3 * 7 * 7
    for row in rows().values():
        assert row.share == pytest.approx(row.operations / products("none"))


def test_the_encoding_of_the_configuration_does_not_matter():
    assert costs(replace(CONFIG, encoding="learned"), TIME) == costs(CONFIG, TIME)


def test_no_token_is_a_sentence():
    with pytest.raises(ValueError, match="1 token or more, not 0"):
        costs(CONFIG, 0)
