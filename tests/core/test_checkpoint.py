"""Checkpoints: what goes in comes out, never half a file, and no pickle."""

import os

import pytest
import torch
from safetensors.torch import save_file

from lessons.core import checkpoint
from lessons.core.checkpoint import CheckpointError

STATE = {
    "model": {"cells.0.A_h": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1.5, dtype=torch.float64)},
    "optimizer": {
        "state": {0: {"step": torch.tensor(3.0)}},
        "param_groups": [{"betas": (0.9, 0.999), "fused": None}],
    },
    "note": "two words",
    "lr": 0.1 + 0.2,
    "best": float("inf"),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "empty": [],
}


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b and type(a) is type(b)


def test_what_goes_in_comes_out(tmp_path):
    checkpoint.save(tmp_path / "new folder" / "a.safetensors", STATE)
    assert same(checkpoint.load(tmp_path / "new folder" / "a.safetensors"), STATE)
    assert os.listdir(tmp_path / "new folder") == ["a.safetensors"]


def test_tensors_that_share_memory_or_are_not_contiguous(tmp_path):
    weight = torch.arange(6.0).reshape(2, 3)
    checkpoint.save(tmp_path / "a", {"one": weight, "same": weight, "turned": weight.T})
    assert same(checkpoint.load(tmp_path / "a"), {"one": weight, "same": weight, "turned": weight.T.contiguous()})


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint run.safetensors"):
        checkpoint.load(tmp_path / "run.safetensors")


def test_a_file_cut_off_anywhere(tmp_path):
    path = tmp_path / "a"
    checkpoint.save(path, STATE)
    whole = path.read_bytes()
    for size in (0, 4, 8, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="a is damaged, cut off, or not a checkpoint"):
            checkpoint.load(path)


def test_other_files(tmp_path):
    (tmp_path / "text").write_text("hello, this is no checkpoint")
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load(tmp_path / "text")
    save_file({"weight": torch.zeros(2)}, tmp_path / "weights")
    with pytest.raises(CheckpointError, match="not the checkpoint of a training"):
        checkpoint.load(tmp_path / "weights")


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "a"
    checkpoint.save(path, {"value": 1})

    def fails(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, broken, fails)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(path, {"value": 2})
    assert checkpoint.load(path) == {"value": 1}
    assert os.listdir(tmp_path) == ["a"]


def test_the_file_is_complete_before_it_gets_its_name(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append("replace"), replace(a, b)))
    checkpoint.save(tmp_path / "a", {"value": 1})
    assert events == ["fsync", "replace"]


def test_other_values_are_refused(tmp_path):
    with pytest.raises(TypeError, match="cannot hold 'model.thing': it is of the type object"):
        checkpoint.save(tmp_path / "a", {"model": {"thing": object()}})
    with pytest.raises(ValueError, match="same dotted name 'a.b'"):
        checkpoint.save(tmp_path / "a", {"a.b": torch.zeros(1), "a": {"b": torch.zeros(1)}})
    assert not os.listdir(tmp_path)
