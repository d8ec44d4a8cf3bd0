"""The training loop of every notebook and recipe.

    run = Training(model, optimizer, loss, batches, steps=1000, seed=0)
    run.run()            # a progress bar; interrupt the cell to stop, call run() again to go on
    run.save("my.safetensors")

A run owns its randomness. Its batches come from a generator of its own, and while a step computes, torch's
global sources (dropout draws from them) are lent to the run. So a run that was stopped, saved and loaded, or
paused while other cells drew random numbers, goes on to the same losses bit for bit, on one machine.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from lessons.core import checkpoint as checkpoints
from lessons.core import seed as seeds
from lessons.core.clipping import clip_by_norm, gradient_norm
from lessons.core.threads import threads


@dataclass(frozen=True)
class Record:
    """What one step of a training has to tell."""

    step: int  # the first step is 1
    loss: float  # before the step
    gradient_norm: float  # 2-norm over all parameters, before clipping
    seconds: float  # wall time of the step


class TrainingDiverged(RuntimeError):
    """A loss or gradient is not finite. The step was not taken: the weights are still those before it."""


class Training:
    """A training that can be stopped, saved, and gone on with."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: Callable[[nn.Module, Any], Tensor],
        batches: Callable[[torch.Generator], Any],
        steps: int = 1000,
        seed: int = 0,
        clip: float | None = None,
        checkpoint: tuple[str | Path, int] | None = None,
        schedule: Callable[[int], float] | None = None,
        threads: int | None = None,
    ):
        """Prepare a run; ValueError for a setting out of its range.

        loss: (model, batch) -> a scalar tensor.
        batches: generator on the CPU -> a fresh batch for every step, which is moved to the model's device.
        steps: how many there are in all. seed: of the batches and of dropout.
        clip: largest norm of the gradient, above 0; None for no clipping.
        checkpoint: (path, every so many steps). schedule: step (from 1) -> factor of the learning rate.
        threads: how many compute a step on the CPU; 1 is best for a small recurrent network, None leaves torch as set.
        """
        if steps < 1:
            raise ValueError(f"A training needs at least 1 step, not {steps}.")
        if clip is not None and not clip > 0:
            raise ValueError(f"The largest norm clip must be above 0, not {clip}; None turns clipping off.")
        if checkpoint is not None and checkpoint[1] < 1:
            raise ValueError(f"A checkpoint is written every 1 or more steps, not every {checkpoint[1]}.")
        self.model, self.optimizer, self.loss, self.batches = model, optimizer, loss, batches
        self.steps, self.clip, self.checkpoint, self.schedule = steps, clip, checkpoint, schedule
        self.threads = threads
        self.history: list[Record] = []
        self.generator = seeds.generator(seed)
        with seeds.seeded(seed):
            self._global_state = seeds.global_state()
        self._stopping = False
        for group in optimizer.param_groups:  # what the schedule's factor is a factor of
            group.setdefault("initial_lr", group["lr"])

    @property
    def done(self) -> int:
        """Steps taken so far."""
        return len(self.history)

    def step(self) -> Record:
        """Take one step. TrainingDiverged, with the weights untouched, if loss or gradient is not finite."""
        start = time.perf_counter()
        number = self.done + 1
        if self.schedule is not None:
            for group in self.optimizer.param_groups:
                group["lr"] = group["initial_lr"] * self.schedule(number)
        self.model.train()
        self.optimizer.zero_grad()
        with self._own_randomness(), threads(self.threads):
            batch = _moved(self.batches(self.generator), next(self.model.parameters()).device)
            loss = self.loss(self.model, batch)
            if loss.ndim != 0:
                raise ValueError(f"The loss must be one number, not a tensor of shape {list(loss.shape)}.")
            value = loss.item()
            if not math.isfinite(value):
                raise TrainingDiverged(self._diverged(number, f"the loss is {value}"))
            loss.backward()
            parameters = list(self.model.parameters())
            norm = gradient_norm(parameters) if self.clip is None else clip_by_norm(parameters, self.clip)
            if not math.isfinite(norm):
                raise TrainingDiverged(self._diverged(number, f"the gradient of {self._not_finite()} is not finite"))
            self.optimizer.step()
        record = Record(number, value, norm, time.perf_counter() - start)
        self.history.append(record)
        return record

    def run(
        self, steps: int | None = None, on_step: Callable[[Record], None] | None = None, progress: bool = True
    ) -> list[Record]:
        """Take `steps` more steps, or all that are left, and return their records.

        on_step is called after every step, for live plots. An interrupt (or `stop()`) lets the step finish
        and then returns; a second interrupt stops at once, wherever it is.
        """
        first = self.done
        last = self.steps if steps is None else min(first + steps, self.steps)
        if first >= self.steps:
            print(f"All {self.steps} steps are done. Make a new Training to start afresh.")
        self._stopping = False
        saved = first
        with self._interrupt_stops(), tqdm(total=self.steps, initial=first, disable=not progress) as bar:
            while self.done < last and not self._stopping:
                record = self.step()
                bar.set_postfix(loss=f"{record.loss:.3f}", refresh=False)
                bar.update()
                if self.checkpoint is not None and self.done % self.checkpoint[1] == 0:
                    self.save(self.checkpoint[0])
                    saved = self.done
                if on_step is not None:
                    on_step(record)
        if self.checkpoint is not None and self.done > saved:
            self.save(self.checkpoint[0])
        if self._stopping and self.done < self.steps:
            print(f"Stopped after step {self.done} of {self.steps}. Call run() again to go on from here.")
        return self.history[first:]

    def stop(self) -> None:
        """Let the step that is running finish, then return from `run()`. For a stop button or an on_step."""
        self._stopping = True

    def save(self, path: str | Path) -> None:
        """Write the whole state to `path` (safetensors, never half a file)."""
        history = torch.tensor([astuple(record) for record in self.history], dtype=torch.float64)
        state = {
            "model": dict(self.model.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "optimizer_name": type(self.optimizer).__name__,
            "generator": self.generator.get_state(),
            "global_state": self._global_state,
            "history": history.reshape(-1, 4),  # [step record], float64 holds all four exactly
        }
        checkpoints.save(path, state)

    def load(self, path: str | Path) -> None:
        """Go back to the state in `path`. Nothing changes if the file does not fit this model and optimizer.

        FileNotFoundError or CheckpointError, with a sentence.
        """
        state = checkpoints.load(path)
        self._check_fits(state, Path(path).name)
        self.optimizer.load_state_dict(state["optimizer"])
        self.model.load_state_dict(state["model"])
        self.generator.set_state(state["generator"])
        self._global_state = state["global_state"]
        self.history = [Record(int(step), *rest) for step, *rest in state["history"].tolist()]

    def _check_fits(self, state: dict[str, Any], file: str) -> None:
        ours, theirs = self.model.state_dict(), state["model"]
        for name in [*ours, *theirs]:
            mine, other = (_kind(tensors.get(name)) for tensors in (ours, theirs))
            if mine != other:
                raise checkpoints.CheckpointError(
                    f"{file} belongs to another model: its {name} is {other}, that of this model is {mine}."
                )
        mine, other = type(self.optimizer).__name__, state["optimizer_name"]
        groups = [
            [len(group["params"]) for group in optimizer["param_groups"]]
            for optimizer in (self.optimizer.state_dict(), state["optimizer"])
        ]
        if mine != other or groups[0] != groups[1]:
            raise checkpoints.CheckpointError(
                f"{file} was trained by {other} with groups of {groups[1]} parameters, "
                f"but this optimizer is {mine} with {groups[0]}: use the same one."
            )

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        outside = seeds.global_state()
        seeds.set_global_state(self._global_state)
        try:
            yield
        finally:
            self._global_state = seeds.global_state()
            seeds.set_global_state(outside)

    @contextmanager
    def _interrupt_stops(self) -> Iterator[None]:
        """The first interrupt asks to stop. Signals belong to the main thread; elsewhere, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def on_interrupt(number: int, frame: Any) -> None:
            self.stop()
            signal.signal(signal.SIGINT, before)  # so that a second interrupt ends even a step that hangs

        signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _diverged(self, number: int, what: str) -> str:
        return (
            f"At step {number} {what}: the training has diverged. "
            "The weights are still those before this step. "
            "A smaller learning rate or clipping of the gradient helps."
        )

    def _not_finite(self) -> str:
        """Name of the first parameter whose gradient holds a nan or an infinity."""
        return next(
            name
            for name, parameter in self.model.named_parameters()
            if parameter.grad is not None and not parameter.grad.isfinite().all()
        )


def _kind(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _moved(batch: Any, device: torch.device) -> Any:
    """The batch with all its tensors on the device. Tensors may sit in tuples, lists and dicts."""
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, dict):
        return {key: _moved(item, device) for key, item in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)([_moved(item, device) for item in batch])
    return batch
