"""Two tasks with a lag: something seen at the first step is needed much later.

`adding` is the adding problem of Hochreiter and Schmidhuber (1997). Theirs marks the first number within the
first ten steps and varies the length; ours marks the very first step, so that it has to be kept for exactly
`lag` steps.

`recall` is the copying task of the same kind for a single symbol: see it, wait, and say it when asked.

All batches come from a generator on the CPU, see `lessons.core.seed`.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.core.threads import threads


def adding(
    generator: torch.Generator, batch: int, lag: int
) -> tuple[Float[Tensor, "batch time input"], Float[Tensor, "batch output"]]:
    """Add the two marked numbers. time = lag + 1; two inputs, a number in [0, 1) and a mark; one output.

    The first number and one other, at random, are marked. The answer is read after the last step. lag >= 1.
    """
    _check(batch=batch, lag=lag)
    numbers = torch.rand(batch, lag + 1, generator=generator)  # [batch time]
    second = torch.randint(1, lag + 1, (batch,), generator=generator)  # [batch]
    marks = torch.zeros_like(numbers)
    marks[:, 0] = 1
    marks[torch.arange(batch), second] = 1
    total = (numbers * marks).sum(dim=1, keepdim=True)  # [batch 1]
    return torch.stack([numbers, marks], dim=2), total  # [batch time 2]


def recall(
    generator: torch.Generator, batch: int, lag: int, symbols: int
) -> tuple[Float[Tensor, "batch time input"], Int[Tensor, "batch"]]:
    """Say the first symbol when asked. A symbol, `lag` blanks, then the go sign at which the answer is read.

    time = lag + 2; one-hot inputs: the symbols, the blank, the go sign (symbols + 2 features). The target is
    the symbol's number. lag >= 1, symbols >= 2; chance is 1 / symbols.
    """
    _check(batch=batch, lag=lag)
    if symbols < 2:
        raise ValueError(f"There must be 2 or more symbols to tell apart, not {symbols}.")
    blank, go = symbols, symbols + 1
    steps = torch.full((batch, lag + 2), blank)  # [batch time]
    steps[:, 0] = torch.randint(symbols, (batch,), generator=generator)
    steps[:, -1] = go
    return F.one_hot(steps, symbols + 2).float(), steps[:, 0].clone()  # [batch time input], [batch]


def adding_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Float[Tensor, ""]:
    """Mean squared error of the answer at the last step. Saying 1 to everything costs 1/6 = .167."""
    x, target = batch
    return F.mse_loss(model(x)[0][:, -1], target)


def recall_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Float[Tensor, ""]:
    """Cross-entropy in nats of the answer at the last step. Knowing nothing costs log(symbols)."""
    x, target = batch
    return F.cross_entropy(model(x)[0][:, -1], target)


@threads(1)
@torch.no_grad()
def recall_accuracy(model: nn.Module, batch: tuple[Tensor, Tensor]) -> float:
    """The part of the answers that is right, 0 to 1, computed on the model's own device."""
    device = next(model.parameters()).device
    x, target = (part.to(device) for part in batch)
    return (model(x)[0][:, -1].argmax(dim=1) == target).float().mean().item()


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be 1 or more, not {size}.")
