"""What the lesson's two trainings show, as ranges, for three seeds."""

import math

import pytest
import torch

from lessons.core.device import best
from lessons.core.record import record
from lessons.core.seed import generator, seed_all
from lessons.core.training import Training
from lessons.recurrent.architectures import ARCHITECTURES
from lessons.recurrent.experiments import HIDDEN, SYMBOLS, clipping_training, recall_reach, recall_training
from lessons.recurrent.rnn import RNN, RNNConfig
from lessons.recurrent.tasks import recall, recall_accuracy

CHANCE = math.log(SYMBOLS)  # the loss of knowing nothing, 2.08


def accuracy(run: Training, lag: int) -> float:
    run.run(progress=False)
    return recall_accuracy(run.model, recall(generator(999), 1000, lag, SYMBOLS))


def last_losses(run: Training) -> float:
    return sum(record.loss for record in run.history[-20:]) / 20


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_short_lag_is_learned_and_a_long_one_is_not(seed):
    short, long = recall_training(5, seed), recall_training(60, seed)
    assert accuracy(short, 5) > 0.95
    assert accuracy(long, 60) < 0.2  # chance is .125
    assert last_losses(short) < 0.1 and abs(last_losses(long) - CHANCE) < 0.1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_diverges_without_clipping_and_learns_with_it(seed):
    clipped, free = clipping_training(1.0, seed), clipping_training(None, seed)
    assert accuracy(clipped, 10) > 0.95
    assert accuracy(free, 10) < 0.3
    assert last_losses(clipped) < 0.1 and last_losses(free) > 1.2 * CHANCE
    assert max(record.loss for record in clipped.history) < 1.5 * CHANCE
    assert max(record.loss for record in free.history) > 3 * CHANCE


def saturated(run: Training) -> float:
    """The part of the numbers of the late states (from step 6 on) that lie beyond 0.99."""
    with record(run.model) as seen:
        run.model(recall(generator(1), 64, 10, SYMBOLS)[0])
    return (seen["cells.0.see_hidden"][:, 5:].abs() > 0.99).float().mean().item()


def test_without_clipping_nine_in_ten_late_states_are_saturated():
    clipped, free = clipping_training(1.0, 0), clipping_training(None, 0)
    for run in (clipped, free):
        run.run(progress=False)
    assert saturated(free) > 0.85 and saturated(clipped) < 0.3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_at_a_long_lag_a_billionth_of_the_gradient_arrives_at_the_first_state(seed):
    first, last = recall_reach(recall_training(60, seed).model, recall(generator(1), 32, 60, SYMBOLS))
    assert 0 < first < 1e-9 * last
    first, last = recall_reach(recall_training(5, seed).model, recall(generator(1), 32, 5, SYMBOLS))
    assert first > 1e-3 * last


def test_both_start_from_the_same_weights():
    first = [training.step() for training in (clipping_training(1.0, 0), clipping_training(None, 0))]
    assert first[0].loss == first[1].loss and first[0].gradient_norm == first[1].gradient_norm


def test_by_default_it_is_the_rnn_of_lesson_1():
    seed_all(3)
    weights = RNN(RNNConfig(SYMBOLS + 2, HIDDEN, SYMBOLS)).to(best()).state_dict()
    ours = recall_training(5, 3).model
    assert type(ours) is RNN and ours.state_dict().keys() == weights.keys()
    assert all(torch.equal(ours.state_dict()[name], weight) for name, weight in weights.items())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_architectures_train_alike_but_for_the_network(architecture):
    run, rnn = recall_training(5, 1, 150, architecture, 2.5), recall_training(5, 1, 150)
    assert type(run.model) is ARCHITECTURES[architecture] and run.model.config.hidden_size == HIDDEN
    assert (run.steps, run.clip, run.loss) == (150, 1.0, rnn.loss) and type(run.optimizer) is type(rnn.optimizer)
    assert run.optimizer.defaults == rnn.optimizer.defaults
    theirs = rnn.batches(generator(1))
    assert all(torch.equal(a, b) for a, b in zip(run.batches(generator(1)), theirs, strict=True))
    if architecture != "rnn":
        cell = run.model.cells[0]
        assert (cell.b[cell.GATES.index(cell.KEEPS)] == 2.5).all()
    run.run(progress=False)
    assert run.history[-1].loss < 0.75 * run.history[0].loss


def test_an_unknown_architecture_gets_a_sentence():
    with pytest.raises(ValueError, match="no architecture 'mlp': choose from rnn, ugrnn, gru, lstm"):
        recall_training(5, architecture="mlp")
