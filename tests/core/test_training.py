"""The training loop: what it records, how it stops, that it goes on bit for bit."""

import math
import signal
import threading

import pytest
import torch
from torch import nn

from lessons.core import checkpoint as checkpoints
from lessons.core.training import Record, Training, TrainingDiverged


class Net(nn.Module):
    """With dropout, so that torch's global source of random numbers takes part."""

    def __init__(self, width: int = 7):
        super().__init__()
        self.up, self.dropout, self.down = nn.Linear(3, width), nn.Dropout(0.3), nn.Linear(width, 1)

    def forward(self, x):
        return self.down(self.dropout(torch.tanh(self.up(x))))


def batches(generator):
    x = torch.randn(16, 3, generator=generator)
    return x, x.sum(dim=1, keepdim=True)


def loss(model, batch):
    x, target = batch
    return nn.functional.mse_loss(model(x), target)


def training(seed: int = 0, weights: int = 0, **settings) -> Training:
    torch.manual_seed(weights)
    model = Net()
    return Training(model, torch.optim.Adam(model.parameters(), lr=0.01), loss, batches, seed=seed, **settings)


def losses(run: Training) -> list[float]:
    return [record.loss for record in run.history]


def quietly(run: Training, *arguments, **settings) -> list[Record]:
    return run.run(*arguments, progress=False, **settings)


def test_it_learns_and_records_every_step():
    run = training(steps=150)
    records = quietly(run)
    assert records == run.history and run.done == 150
    assert [record.step for record in records] == list(range(1, 151))
    assert sum(losses(run)[-10:]) < 0.5 * sum(losses(run)[:10])
    assert all(record.seconds > 0 and record.gradient_norm > 0 for record in records)


def test_one_step_is_one_step_of_the_optimizer():
    run, model = training(), Net()
    run.model.dropout.p = model.dropout.p = 0.0
    model.load_state_dict(run.model.state_dict())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    expected = loss(model, batches(torch.Generator().manual_seed(0)))
    expected.backward()
    norm = torch.cat([parameter.grad.flatten() for parameter in model.parameters()]).norm()
    optimizer.step()
    record = run.step()
    assert record.step == 1 and record.loss == expected.item()
    assert record.gradient_norm == pytest.approx(norm.item(), rel=1e-6)
    for ours, theirs in zip(run.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_every_step_has_a_fresh_batch_and_starts_from_zero_gradients():
    seen = []
    run = training(steps=3)
    run.optimizer = torch.optim.SGD(run.model.parameters(), lr=0.0)
    run.model.dropout.p = 0.0
    run.batches = lambda generator: (
        seen.append(batches(generator)),
        batches(torch.Generator().manual_seed(5)),
    )[1]
    first, second, _ = quietly(run)
    assert not torch.equal(seen[0][0], seen[1][0])
    assert first.gradient_norm == second.gradient_norm  # the same batch: nothing was added up


def test_a_part_and_then_the_rest(capsys):
    run = training(steps=10)
    assert len(quietly(run, 4)) == 4 and run.done == 4
    assert len(quietly(run, 100)) == 6 and run.done == 10
    assert capsys.readouterr().out == ""
    assert quietly(run) == []
    assert capsys.readouterr().out == "All 10 steps are done. Make a new Training to start afresh.\n"


def test_the_seed_decides_everything():
    runs = [training(seed=seed, steps=5) for seed in (3, 3, 4)]
    for run in runs:
        torch.rand(run.done + 1)
        quietly(run)
    assert losses(runs[0]) == losses(runs[1]) != losses(runs[2])


def test_global_random_numbers_outside_are_left_alone():
    torch.manual_seed(11)
    expected = torch.rand(3)
    run = training(steps=2)
    torch.manual_seed(11)
    quietly(run)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(11)
    Training(run.model, run.optimizer, loss, batches)
    assert torch.equal(torch.rand(3), expected)


def test_a_pause_in_which_random_numbers_are_drawn_changes_nothing():
    straight, paused = training(steps=10), training(steps=10)
    quietly(straight)
    quietly(paused, 4)
    torch.rand(100)
    paused.model.eval()
    quietly(paused)
    assert losses(paused) == losses(straight)


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD])
def test_saved_and_loaded_it_goes_on_bit_for_bit(tmp_path, optimizer):
    def make(seed, weights):
        run = training(seed, weights, steps=12, clip=0.5, schedule=lambda step: 1 / step)
        options = {"momentum": 0.9} if optimizer is torch.optim.SGD else {}
        made = optimizer(run.model.parameters(), lr=0.02, **options)
        return Training(run.model, made, loss, batches, 12, seed, clip=0.5, schedule=run.schedule)

    straight, stopped, resumed = make(0, 0), make(0, 0), make(8, 9)
    quietly(straight)
    quietly(stopped, 5)
    stopped.save(tmp_path / "run.safetensors")
    torch.rand(10)
    resumed.load(tmp_path / "run.safetensors")
    assert resumed.done == 5 and resumed.history == stopped.history
    quietly(resumed)
    assert losses(resumed) == losses(straight)
    for ours, theirs in zip(resumed.model.parameters(), straight.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_training_that_has_not_begun_can_be_saved(tmp_path):
    training().save(tmp_path / "a")
    run = training(seed=5)
    run.load(tmp_path / "a")
    assert run.done == 0


@pytest.fixture
def interrupts():
    """Python's own answer to an interrupt, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_lets_the_step_finish_and_says_how_to_go_on(capsys, interrupts):
    before = signal.getsignal(signal.SIGINT)
    straight, run = training(steps=9), training(steps=9)
    quietly(straight)

    def interrupted_loss(model, batch):
        if run.done == 3:  # in the middle of step 4
            signal.raise_signal(signal.SIGINT)
        return loss(model, batch)

    run.loss = interrupted_loss
    assert len(quietly(run)) == 4
    assert capsys.readouterr().out == "Stopped after step 4 of 9. Call run() again to go on from here.\n"
    assert signal.getsignal(signal.SIGINT) is before
    run.loss = loss
    quietly(run)
    assert losses(run) == losses(straight)


def test_a_second_interrupt_stops_at_once(interrupts):
    before = signal.getsignal(signal.SIGINT)

    def twice(record):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    run = training(steps=5)
    with pytest.raises(KeyboardInterrupt):
        quietly(run, on_step=twice)
    assert run.done == 1 and signal.getsignal(signal.SIGINT) is before


def test_stop_from_a_callback():
    run = training(steps=9)
    quietly(run, on_step=lambda record: run.stop() if record.step == 2 else None)
    assert run.done == 2
    quietly(run)
    assert run.done == 9


def test_the_handler_is_put_back_when_a_callback_raises():
    before = signal.getsignal(signal.SIGINT)
    run = training(steps=5)
    with pytest.raises(ZeroDivisionError):
        quietly(run, on_step=lambda record: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before and run.done == 1


def test_in_another_thread_signals_are_left_alone():
    run = training(steps=3)
    thread = threading.Thread(target=quietly, args=(run,))
    thread.start()
    thread.join()
    assert run.done == 3


def test_the_callback_gets_every_record():
    seen = []
    run = training(steps=4)
    quietly(run, on_step=seen.append)
    assert seen == run.history


def test_the_progress_bar_starts_where_the_run_is(capsys):
    run = training(steps=4)
    quietly(run, 1)
    capsys.readouterr()
    run.run()
    assert "4/4" in capsys.readouterr().err


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_before_the_weights_are_spoilt(value):
    run = training(steps=9)
    quietly(run, 2)
    weights = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    run.loss = lambda model, batch: loss(model, batch) * value
    with pytest.raises(TrainingDiverged, match=f"At step 3 the loss is {value}: the training has diverged"):
        quietly(run)
    assert run.done == 2
    assert all(torch.equal(tensor, weights[name]) for name, tensor in run.model.state_dict().items())


@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_gradient_that_is_not_finite_stops_with_the_name_of_its_parameter(clip):
    run = training(steps=9, clip=clip)
    run.model.down.bias.register_hook(lambda grad: grad * math.inf)
    weights = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    with pytest.raises(TrainingDiverged, match=r"At step 1 the gradient of down\.bias is not finite"):
        quietly(run)
    assert run.done == 0
    assert all(torch.equal(tensor, weights[name]) for name, tensor in run.model.state_dict().items())


def test_clipping_is_applied_and_the_norm_before_is_recorded():
    run, free = training(clip=0.01), training()
    run.optimizer = torch.optim.SGD(run.model.parameters(), lr=1.0)
    before = torch.cat([parameter.detach().flatten() for parameter in run.model.parameters()])
    record = run.step()
    after = torch.cat([parameter.detach().flatten() for parameter in run.model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.01, rel=1e-4)
    assert record.gradient_norm == free.step().gradient_norm > 0.01


def test_the_schedule_is_a_factor_of_the_first_learning_rate():
    run, rates = training(steps=3, schedule=lambda step: step / 2), []
    quietly(run, on_step=lambda record: rates.append(run.optimizer.param_groups[0]["lr"]))
    assert rates == [0.005, 0.01, 0.015]


def test_checkpoints_are_written_while_it_runs_and_when_it_stops(tmp_path):
    path, steps = tmp_path / "run.safetensors", []

    def look(record):
        steps.append(len(checkpoints.load(path)["history"]) if path.exists() else 0)

    run = training(steps=9, checkpoint=(path, 2))
    quietly(run, 5, on_step=look)
    assert steps == [0, 2, 2, 4, 4]
    assert len(checkpoints.load(path)["history"]) == 5


def test_a_checkpoint_of_another_model_changes_nothing(tmp_path):
    path = tmp_path / "other.safetensors"
    for other, sentence in (
        (
            Net(width=8),
            r"belongs to another model: its (up|down)\.\w+ is float32 \[.*8.*\], that of this model is",
        ),
        (Net().double(), r"is float64 \[.*\], that of this model is float32"),
        (nn.Linear(3, 1), r"missing"),
    ):
        Training(other, torch.optim.Adam(other.parameters()), loss, batches).save(path)
        run = training(steps=4)
        quietly(run, 2)
        before = (
            losses(run),
            run.generator.get_state(),
            {k: v.clone() for k, v in run.model.state_dict().items()},
        )
        with pytest.raises(checkpoints.CheckpointError, match=sentence):
            run.load(path)
        assert losses(run) == before[0] and torch.equal(run.generator.get_state(), before[1])
        assert all(torch.equal(tensor, before[2][name]) for name, tensor in run.model.state_dict().items())


def test_a_checkpoint_of_another_optimizer(tmp_path):
    run = training()
    run.save(tmp_path / "a")
    other = Training(run.model, torch.optim.SGD(run.model.parameters(), lr=0.1), loss, batches)
    with pytest.raises(checkpoints.CheckpointError, match="trained by Adam .* but this optimizer is SGD"):
        other.load(tmp_path / "a")


def test_batches_may_be_nested():
    run = training()
    run.batches = lambda generator: {"pair": [*batches(generator)], "name": "a batch"}
    run.loss = lambda model, batch: loss(model, batch["pair"])
    assert math.isfinite(run.step().loss)


def test_batches_move_to_the_device_of_the_model():
    model = nn.Linear(3, 1, device="meta")  # a device without data, which every machine has
    run = Training(model, torch.optim.SGD(model.parameters(), lr=0.1), loss, batches)
    seen = []
    run.loss = lambda model, batch: (seen.append(batch), torch.tensor(math.nan))[1]
    with pytest.raises(TrainingDiverged):
        run.step()
    assert all(tensor.is_meta for tensor in seen[0])


def test_settings_out_of_range(tmp_path):
    with pytest.raises(ValueError, match="at least 1 step, not 0"):
        training(steps=0)
    with pytest.raises(ValueError, match="clip must be above 0, not -1"):
        training(clip=-1.0)
    with pytest.raises(ValueError, match="not every 0"):
        training(checkpoint=(tmp_path / "a", 0))
    with pytest.raises(ValueError, match="a seed|A seed"):
        training(seed=-1)
    run = training()
    run.loss = lambda model, batch: model(batch[0])
    with pytest.raises(ValueError, match=r"one number, not a tensor of shape \[16, 1\]"):
        run.step()
