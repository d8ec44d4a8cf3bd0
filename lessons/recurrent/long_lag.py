"""The long-lag table of lesson 2: which of the four architectures learns to remember, for how long, in which time.

    python -m lessons.recurrent.long_lag        trains all of it and writes long_lag.json: some eight minutes

The task and the training are those of lesson 1, `experiments.recall_training`: the same optimiser, sizes and sequences
for every architecture. A run ends when 99 % of 500 fresh sequences are answered right, or when its budget is spent. A
sequence differs from others by its symbol alone, so 99 % means that all 8 symbols are known.
"""

import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tqdm.auto import tqdm

from lessons.core.device import best
from lessons.core.files import write_whole
from lessons.core.seed import generator
from lessons.recurrent.architectures import ARCHITECTURES, TITLES
from lessons.recurrent.experiments import BATCH, HIDDEN, SYMBOLS, recall_training
from lessons.recurrent.tasks import recall, recall_accuracy

FILE = Path(__file__).with_suffix(".json")
LAGS = (5, 10, 20, 40, 80, 160)
SEEDS = (0, 1, 2)
KEEP_BIAS = 4.0  # lets 98 % of the memory stay: sigma(4) = .982
NETWORKS = tuple((name, bias) for name in ARCHITECTURES for bias in ((0.0,) if name == "rnn" else (0.0, KEEP_BIAS)))
"""Architecture and first bias of the gate that keeps the memory; the RNN has no gate."""
BUDGET = 1500  # steps
LOOK = 25  # steps between two looks at the accuracy
ENOUGH = 0.99  # the accuracy at which the task counts as learned
FRESH = 500  # sequences of one look


@dataclass(frozen=True)
class Run:
    """One training and how it ended."""

    architecture: str
    keep_bias: float
    lag: int
    seed: int
    learned: bool
    steps: int  # a multiple of LOOK
    seconds: float  # of wall time spent in these steps, without the looks
    accuracy: float  # at the end, 0 to 1


@dataclass(frozen=True)
class Row:
    """What the runs of one network at one lag have in common. The medians are over those that learned."""

    architecture: str
    keep_bias: float
    lag: int
    learned: int  # runs that did
    runs: int  # runs in all
    steps: float | None  # median; None when none learned
    seconds: float | None  # median; None when none learned


def long_lag_run(architecture: str, keep_bias: float, lag: int, seed: int) -> Run:
    """Train one network until it has learned the task or its budget is spent."""
    run = recall_training(lag, seed, BUDGET, architecture, keep_bias)
    fresh = recall(generator(999), FRESH, lag, SYMBOLS)
    accuracy = 0.0
    while run.done < BUDGET and accuracy < ENOUGH:
        run.run(LOOK, progress=False)
        accuracy = recall_accuracy(run.model, fresh)
    seconds = sum(record.seconds for record in run.history)
    return Run(architecture, keep_bias, lag, seed, accuracy >= ENOUGH, run.done, round(seconds, 2), round(accuracy, 3))


def settings() -> dict[str, object]:
    """What the runs depend on: stands at the top of the file, and must be what this module says."""
    return {
        "budget": BUDGET,
        "look": LOOK,
        "enough": ENOUGH,
        "fresh": FRESH,
        "symbols": SYMBOLS,
        "batch": BATCH,
        "hidden": HIDDEN,
        "lags": list(LAGS),
        "seeds": list(SEEDS),
    }


def stored_runs() -> list[Run]:
    """The runs in long_lag.json, in the order of `cases`."""
    return [Run(**run) for run in json.loads(FILE.read_text("utf-8"))["runs"]]


def cases() -> list[tuple[str, float, int, int]]:
    """The arguments of every run of the table: network by network, from the shortest lag to the longest."""
    return [(name, bias, lag, seed) for name, bias in NETWORKS for lag in LAGS for seed in SEEDS]


def long_lag_table() -> list[Row]:
    """One row for every network and lag, from the stored runs. Trains nothing."""
    rows = []
    runs = stored_runs()
    for name, bias in NETWORKS:
        for lag in LAGS:
            here = [run for run in runs if (run.architecture, run.keep_bias, run.lag) == (name, bias, lag)]
            learned = [run for run in here if run.learned]
            steps = float(statistics.median(run.steps for run in learned)) if learned else None
            seconds = float(statistics.median(run.seconds for run in learned)) if learned else None
            rows.append(Row(name, bias, lag, len(learned), len(here), steps, seconds))
    return rows


def long_lag_text(seconds: bool = False) -> str:
    """The table as text: a line for each network, a column for each lag.

    A cell says how many runs learned, and after how many steps, or in how many seconds, half of those had. All of it
    comes from the stored runs, so it is the same on every machine.
    """
    lines = [f"{'lag':<14}" + "".join(f"{lag:>10}" for lag in LAGS)]
    rows = iter(long_lag_table())
    for name, bias in NETWORKS:
        cells = []
        for _ in LAGS:
            row = next(rows)
            median = row.seconds if seconds else row.steps
            size = "" if median is None else f" {median:.1f} s" if seconds else f" {median:.0f}"
            cells.append(f"{row.learned}/{row.runs}{size}".rjust(10))
        lines.append(f"{TITLES[name] + (f', bias {bias:g}' if bias else ''):<14}" + "".join(cells))
    return "\n".join(lines)


def write(runs: list[Run]) -> None:
    """Write the runs and what they depend on, one run a line."""
    head = {"torch": torch.__version__, "device": best().type, "threads": torch.get_num_threads()} | settings()
    top = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    body = ",\n".join(f"    {json.dumps(asdict(run))}" for run in runs)
    write_whole(FILE, ("{\n" + ",\n".join(top) + f',\n  "runs": [\n{body}\n  ]\n}}\n').encode("utf-8"))


def main() -> int:
    """Train every network at every lag with every seed, write the file and print the table."""
    write([long_lag_run(*case) for case in tqdm(cases())])
    print(long_lag_text(), long_lag_text(seconds=True), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
