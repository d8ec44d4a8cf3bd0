"""The stored table is whole, says what lesson 2 says, and comes out again when some of its runs are made again."""

import json

import pytest
import torch

from lessons.core.device import best
from lessons.core.record import record
from lessons.core.seed import generator
from lessons.recurrent import long_lag
from lessons.recurrent.architectures import TITLES, memory_mark
from lessons.recurrent.experiments import recall_training
from lessons.recurrent.long_lag import BUDGET, ENOUGH, KEEP_BIAS, LAGS, LOOK, NETWORKS, SEEDS
from lessons.recurrent.tasks import recall, recall_accuracy

RUNS = {(run.architecture, run.keep_bias, run.lag, run.seed): run for run in long_lag.stored_runs()}
ROWS = {(row.architecture, row.keep_bias, row.lag): row for row in long_lag.long_lag_table()}


def test_the_file_is_whole_and_made_with_the_settings_of_the_code():
    stored = json.loads(long_lag.FILE.read_text("utf-8"))
    assert {key: stored[key] for key in long_lag.settings()} == long_lag.settings()
    assert stored["torch"][0].isdigit() and stored["device"] in ("cpu", "cuda", "mps") and stored["threads"] >= 1
    assert list(RUNS) == long_lag.cases() and len(stored["runs"]) == len(RUNS)
    assert len(RUNS) == len(NETWORKS) * len(LAGS) * len(SEEDS)


def test_every_run_ended_for_a_reason():
    for run in RUNS.values():
        assert run.learned == (run.accuracy >= ENOUGH) and 0 <= run.accuracy <= 1
        assert 0 < run.steps <= BUDGET and run.steps % LOOK == 0 and run.seconds > 0
        assert run.learned or run.steps == BUDGET


def learned(architecture: str, keep_bias: float = 0.0) -> list[int]:
    """How many of the three seeds learned it, by lag."""
    return [ROWS[architecture, keep_bias, lag].learned for lag in LAGS]


def test_what_the_table_says():
    for name, bias in NETWORKS:
        counts = learned(name, bias)
        assert counts[0] == 3, "a short lag is learned by all"
        assert counts == sorted(counts, reverse=True), "who fails at a lag fails at a longer one"
    assert all(count <= 1 for count in learned("rnn")[1:]) and learned("rnn")[4:] == [0, 0]
    assert learned("ugrnn") == [3, 3, 3, 3, 0, 0]
    assert learned("gru") == [3, 3, 3, 0, 0, 0]
    assert learned("lstm") == [3, 3, 0, 0, 0, 0]
    for name in ("ugrnn", "gru", "lstm"):
        assert learned(name, KEEP_BIAS)[:5] == [3] * 5, "with the gate open, all gated ones reach a lag of 80"
        assert max(ROWS[name, KEEP_BIAS, lag].steps for lag in LAGS[:5]) < 500
    assert learned("ugrnn", KEEP_BIAS)[5] == learned("gru", KEEP_BIAS)[5] == 3 and learned("lstm", KEEP_BIAS)[5] <= 1


@pytest.mark.parametrize(
    "case",
    [
        ("rnn", 0.0, 5, 0),
        ("ugrnn", 0.0, 20, 0),
        ("ugrnn", KEEP_BIAS, 40, 1),
        ("gru", KEEP_BIAS, 20, 2),
        ("lstm", 0.0, 5, 1),
        ("lstm", KEEP_BIAS, 40, 0),
        ("lstm", KEEP_BIAS, 80, 2),
    ],
)
def test_a_run_that_learned_does_so_again(case):
    stored, again = RUNS[case], long_lag.long_lag_run(*case)
    assert stored.learned and again.learned and again.accuracy >= ENOUGH
    assert stored.steps / 2 - LOOK <= again.steps <= 2 * stored.steps + LOOK
    assert again.seconds > 0 and (again.architecture, again.keep_bias, again.lag, again.seed) == case


@pytest.mark.parametrize("case", [("rnn", 0.0, 80, 1), ("gru", 0.0, 80, 0), ("lstm", 0.0, 40, 2)])
def test_a_run_that_did_not_learn_does_not_so_in_a_fifth_of_the_budget(case, monkeypatch):
    monkeypatch.setattr(long_lag, "BUDGET", 300)
    stored, again = RUNS[case], long_lag.long_lag_run(*case)
    assert not stored.learned and not again.learned
    assert again.steps == 300 and again.accuracy < 0.3  # chance is .125


@torch.no_grad()
def test_before_training_the_memory_of_the_lstm_alone_fills_up_during_the_blanks():
    """Why it fails at a lag of 160, as lesson 2 says."""
    sizes = {}
    for name in ("ugrnn", "gru", "lstm"):
        model = recall_training(160, 0, 1, name, KEEP_BIAS).model
        mark = f"cells.0.{memory_mark(name)}"
        with record(model, only=[mark]) as seen:
            model(recall(generator(0), 8, 160, 8)[0].to(best()))
        sizes[name] = seen[mark][:, -1].abs().mean().item()
    assert sizes["lstm"] > 4 and max(sizes["ugrnn"], sizes["gru"]) < 0.3, sizes


def test_with_its_input_gate_nearly_shut_the_lstm_learns_a_lag_of_160():
    """The remedy of Hochreiter and Schmidhuber (1997) that lesson 2 tells of."""
    run = recall_training(160, 0, BUDGET, "lstm", KEEP_BIAS)
    cell, fresh = run.model.cells[0], recall(generator(999), 500, 160, 8)
    with torch.no_grad():
        cell.b[cell.GATES.index("input")] = -4.0
    while run.done < BUDGET and recall_accuracy(run.model, fresh) < ENOUGH:
        run.run(50, progress=False)
    assert 300 <= run.done <= 1000  # 600 when it was written


def test_one_row_for_every_network_and_lag():
    assert list(ROWS) == [(*network, lag) for network in NETWORKS for lag in LAGS]
    for row in ROWS.values():
        here = [RUNS[row.architecture, row.keep_bias, row.lag, seed] for seed in SEEDS]
        steps = sorted(run.steps for run in here if run.learned)
        assert row.runs == 3 and row.learned == len(steps)
        assert (row.steps is None) == (row.seconds is None) == (not steps)
        seconds = sorted(run.seconds for run in here if run.learned)
        if len(steps) in (1, 3):
            assert row.steps == steps[len(steps) // 2] and row.seconds == seconds[len(steps) // 2]
        if len(steps) == 2:
            assert row.steps == sum(steps) / 2


@pytest.mark.parametrize("seconds", [False, True])
def test_the_text_holds_every_cell(seconds):
    head, *lines = long_lag.long_lag_text(seconds).split("\n")
    assert head.split() == ["lag", *map(str, LAGS)]
    assert len(lines) == len(NETWORKS) and len({len(line) for line in [head, *lines]}) == 1
    for line, (name, bias) in zip(lines, NETWORKS, strict=True):
        assert line.startswith(f"{TITLES[name]}, bias 4 " if bias else f"{TITLES[name]} ")
        cells = [line[14 + 10 * i : 24 + 10 * i].split() for i in range(len(LAGS))]
        for cell, lag in zip(cells, LAGS, strict=True):
            row = ROWS[name, bias, lag]
            median = row.seconds if seconds else row.steps
            rest = [] if median is None else [f"{median:.1f}", "s"] if seconds else [f"{median:.0f}"]
            assert cell == [f"{row.learned}/3", *rest]


def test_what_is_written_is_read_again(tmp_path, monkeypatch):
    runs = [long_lag.Run("rnn", 0.0, 5, 0, True, 75, 0.25, 1.0), long_lag.Run("gru", 4.0, 20, 1, False, 1500, 3.0, 0.5)]
    monkeypatch.setattr(long_lag, "FILE", tmp_path / "long_lag.json")
    long_lag.write(runs)
    assert long_lag.stored_runs() == runs
    stored = json.loads(long_lag.FILE.read_text("utf-8"))
    assert stored["torch"] == torch.__version__ and stored["threads"] == torch.get_num_threads()
