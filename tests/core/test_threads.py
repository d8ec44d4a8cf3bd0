"""How many threads compute, and that nothing of it stays behind."""

import pytest
import torch

from lessons.core.threads import threads
from lessons.recurrent.experiments import clipping_training, recall_training
from lessons.zoo.recipes.tales import character_training


@pytest.fixture(autouse=True)
def two():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_block_has_its_threads_and_gives_them_back():
    with threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
    with threads(None):
        assert torch.get_num_threads() == 2
    with pytest.raises(ZeroDivisionError), threads(1):
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


def test_less_than_one_is_refused():
    with pytest.raises(ValueError, match="1 thread or more, not 0"), threads(0):
        pass


@pytest.mark.parametrize("training", [
    lambda: recall_training(5),
    lambda: clipping_training(1.0),
    lambda: character_training("The cat sat on the mat. " * 300, "gru"),
], ids=["recall", "clipping", "tales"])  # fmt: skip
def test_the_trainings_of_recurrent_networks_use_one(training):
    run, seen = training(), []
    loss = run.loss
    run.loss = lambda model, batch: (seen.append(torch.get_num_threads()), loss(model, batch))[1]
    run.step()
    assert seen == [1] and torch.get_num_threads() == 2
