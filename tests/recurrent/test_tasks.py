"""The two tasks with a lag."""

import math

import pytest
import torch

from lessons.core.seed import generator
from lessons.recurrent.rnn import RNN, RNNConfig
from lessons.recurrent.tasks import adding, adding_loss, recall, recall_accuracy, recall_loss


def test_adding_marks_the_first_step_and_one_other():
    x, target = adding(generator(0), batch=500, lag=7)
    assert x.shape == (500, 8, 2) and target.shape == (500, 1)
    numbers, marks = x.unbind(dim=2)
    assert (marks[:, 0] == 1).all() and (marks.sum(dim=1) == 2).all() and ((marks == 0) | (marks == 1)).all()
    assert (marks[:, 1:].sum(dim=0) > 0).all()  # every later step is marked for some sequence
    assert torch.allclose(target[:, 0], (numbers * marks).sum(dim=1))
    assert 0 <= numbers.min() < 0.01 and 0.99 < numbers.max() < 1


def test_adding_costs_a_sixth_for_saying_one():
    def says_one(x):
        return torch.ones(len(x), x.shape[1], 1), None

    batch = adding(generator(0), 20000, 5)
    assert torch.nn.functional.mse_loss(torch.ones_like(batch[1]), batch[1]).item() == pytest.approx(1 / 6, rel=0.03)
    model = torch.nn.Module()
    model.forward = says_one
    assert adding_loss(model, batch).item() == pytest.approx(1 / 6, rel=0.03)


def test_recall_shows_a_symbol_blanks_and_a_go_sign():
    x, target = recall(generator(0), batch=300, lag=4, symbols=3)
    assert x.shape == (300, 6, 5) and x.dtype == torch.float32
    steps = x.argmax(dim=2)
    assert (x.sum(dim=2) == 1).all()
    assert torch.equal(steps[:, 0], target) and set(target.tolist()) == {0, 1, 2}
    assert (steps[:, 1:5] == 3).all() and (steps[:, 5] == 4).all()


def test_recall_loss_and_accuracy_read_the_last_step():
    model = RNN(RNNConfig(5, 4, 3))
    with torch.no_grad():
        model.A_y.zero_()
    batch = recall(generator(0), 300, 4, 3)
    assert recall_loss(model, batch).item() == pytest.approx(math.log(3))

    class Knows(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.somewhere = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x):
            y = torch.zeros(len(x), x.shape[1], 3)
            y[:, -1] = x[:, 0, :3]
            return y, None

    assert recall_accuracy(Knows(), batch) == 1.0
    x, target = batch
    assert recall_accuracy(Knows(), (x, (target + 1) % 3)) == 0.0


@pytest.mark.parametrize("task", [lambda g: adding(g, 3, 5)[0], lambda g: recall(g, 3, 5, 4)[1]])
def test_the_generator_decides(task):
    source = generator(0)
    first, second = task(source), task(source)
    assert torch.equal(first, task(generator(0))) and not torch.equal(first, second)


def test_sizes_out_of_range():
    with pytest.raises(ValueError, match="lag must be 1 or more, not 0"):
        adding(generator(0), 3, 0)
    with pytest.raises(ValueError, match="batch must be 1 or more, not 0"):
        recall(generator(0), 0, 3, 4)
    with pytest.raises(ValueError, match="2 or more symbols to tell apart, not 1"):
        recall(generator(0), 3, 3, 1)
