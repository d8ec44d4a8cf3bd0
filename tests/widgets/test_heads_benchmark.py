"""What the benchmark of the heads concludes from its figures."""

import pytest

from benchmarks.heads import verdict

GOOD = {"bytes": 41.0, "change of layer ms": 51.0, "DOM nodes": 1.5}
SMALL = {"bytes": 3.0, "change of layer ms": 4.0, "DOM nodes": 1.1}


@pytest.mark.parametrize("ratios", [{16: SMALL, 128: GOOD}, {128: GOOD, 16: SMALL}])
def test_the_goals_are_those_of_128_tokens_in_whatever_order(ratios: dict) -> None:
    said, code = verdict(ratios)
    assert code == 0 and said.endswith("At 128 tokens, 40x fewer bytes and 50x faster to change: True.")


@pytest.mark.parametrize("worse", [{"bytes": 39.0}, {"change of layer ms": 49.0}, {"DOM nodes": 0.9}])
def test_a_missed_goal_and_a_row_behind_are_failures(worse: dict) -> None:
    assert verdict({16: SMALL, 128: GOOD | worse})[1] == 1
    assert verdict({128: GOOD, 16: SMALL | {"bytes": 0.5}})[1] == 1


def test_without_128_tokens_the_goals_are_not_tested() -> None:
    said, code = verdict({256: SMALL})
    assert code == 0 and "Ahead in every row: True" in said and "not tested, give 128 among --sizes" in said
    assert verdict({256: SMALL | {"bytes": 0.5}})[1] == 1
