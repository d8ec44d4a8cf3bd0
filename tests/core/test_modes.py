"""A model asked without dropout, and then as it was."""

import pytest
from torch import nn

from lessons.core.modes import evaluating


def test_every_part_is_evaluated_and_then_in_the_mode_it_had():
    frozen, learning = nn.Dropout(), nn.Dropout()
    model = nn.Sequential(frozen, learning).train()
    frozen.eval()
    with evaluating(model):
        assert not (model.training or frozen.training or learning.training)
    assert model.training and learning.training and not frozen.training


def test_after_an_error_too():
    model = nn.Dropout().train()
    with pytest.raises(RuntimeError, match="on purpose"), evaluating(model):
        raise RuntimeError("on purpose")
    assert model.training
