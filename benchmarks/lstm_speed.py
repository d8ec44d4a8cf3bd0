"""How fast our LSTM and GRU train beside torch's: our readable loop, our fast path and torch's own module, in one run.

    python -m benchmarks.lstm_speed

A step is forward, loss and backward on 32 sequences of 128 steps with 64 inputs, in float32. Every peer has one layer
and the same output map without a bias, so the work is equal; the GRU is the form that torch has, with the reset after
the matrix. The peers take turns and a figure is the median of its repeats: what else the machine does hits all alike.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from lessons.core.device import best, describe
from lessons.core.seed import seed_all
from lessons.recurrent.gated import GatedConfig
from lessons.recurrent.gru import GRU, GRUConfig
from lessons.recurrent.lstm import LSTM
from lessons.recurrent.stack import Stack

BATCH, TIME, INPUT, OUTPUT = 32, 128, 64, 64
HIDDEN = (128, 512)
OURS = {"LSTM": (LSTM, GatedConfig, {}), "GRU": (GRU, GRUConfig, {"reset": "after"})}
THEIRS = {"LSTM": nn.LSTM, "GRU": nn.GRU}


class Library(nn.Module):
    """torch's module and the output map that our networks have."""

    def __init__(self, kind: str, hidden: int):
        super().__init__()
        self.layer = THEIRS[kind](INPUT, hidden, batch_first=True)
        self.output = nn.Linear(hidden, OUTPUT, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of all steps."""
        return self.output(self.layer(x)[0])  # [batch time output]


def readable(model: Stack, x: Tensor) -> Tensor:
    """The outputs of all steps by the loop over time."""
    return model.readable(x, model.checked(x))[0] @ model.A_y.T  # [batch time output]


def fast(model: Stack, x: Tensor) -> Tensor:
    """The outputs of all steps by the path that the model takes when nobody watches."""
    return model.fast(x, model.checked(x))[0] @ model.A_y.T  # [batch time output]


def peers(kind: str, hidden: int, device: torch.device) -> dict[str, tuple[nn.Module, Callable[[Tensor], Tensor]]]:
    """Who takes part, by name: the network and what computes its outputs."""
    model, config, more = OURS[kind]
    ours = model(config(INPUT, hidden, OUTPUT, **more)).to(device)
    theirs = Library(kind, hidden).to(device)
    return {
        "ours, readable": (ours, lambda x: readable(ours, x)),
        "ours, fast": (ours, lambda x: fast(ours, x)),
        f"torch.nn.{kind}": (theirs, theirs),
    }


def seconds(model: nn.Module, outputs: Callable[[Tensor], Tensor], x: Tensor, target: Tensor) -> float:
    """Wall time of one step: forward, loss, backward."""
    model.zero_grad()
    wait(x.device)
    start = time.perf_counter()
    nn.functional.mse_loss(outputs(x), target).backward()
    wait(x.device)
    return time.perf_counter() - start


def wait(device: torch.device) -> None:
    """Let a graphics card finish what it was given."""
    if device.type != "cpu":
        torch.get_device_module(device).synchronize()


def measure(kind: str, hidden: int, device: torch.device, repeats: int) -> dict[str, float]:
    """Median seconds of a step for each peer, in turn, after one turn to warm up."""
    seed_all(0)
    x, target = (torch.randn(BATCH, TIME, size, device=device) for size in (INPUT, OUTPUT))  # [batch time ...]
    networks = peers(kind, hidden, device)
    times: dict[str, list[float]] = {name: [] for name in networks}
    for turn in range(repeats + 1):
        for name, network in networks.items():
            taken = seconds(*network, x, target)
            if turn:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> int:
    """Print the table: on the processor, and on the graphics card where there is one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7, help="steps for each row")
    repeats = parser.parse_args().repeats
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads. {describe()}")
    print(f"{'device':6} {'hidden':>6}  {'by':20} {'ms a step':>10} {'tokens/s':>11}  speed relative to torch")
    for device in dict.fromkeys((torch.device("cpu"), best())):
        for kind in OURS:
            for hidden in HIDDEN:
                row = measure(kind, hidden, device, repeats)
                torchs = row[f"torch.nn.{kind}"]
                for name, taken in row.items():
                    what = f"{device.type:6} {hidden:6}  {name if name.startswith('torch') else f'{kind}, {name}':20}"
                    print(
                        f"{what} {1000 * taken:10.1f} {BATCH * TIME / taken:11,.0f}  {torchs / taken:.2f}", flush=True
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
