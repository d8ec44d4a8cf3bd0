"""The first cell of the course: what it says of this computer and of the weights."""

import importlib.metadata

import pytest

from lessons import about, zoo
from lessons.zoo import weights


def test_all_is_well():
    lines = about.report().split("\n")
    assert all(line.startswith("[OK]   ") for line in lines), lines
    for name in zoo.names():
        assert any(name in line for line in lines)


def test_a_missing_package_gets_a_way_out(monkeypatch):
    version = importlib.metadata.version

    def missing(name: str) -> str:
        if name == "plotly":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert "[FAIL] plotly is not installed. Close JupyterLab and run `make lab`" in about.report()


def test_an_old_python_gets_a_way_out(monkeypatch):
    monkeypatch.setattr(about, "OLDEST_PYTHON", (99, 0))
    assert about.report().startswith("[FAIL] Python 3") and "is too old" in about.report()


@pytest.mark.parametrize("broken", ["a file", "the list"])
def test_broken_weights_are_a_line_and_no_traceback(monkeypatch, broken):
    def fails(*_):
        raise zoo.ZooError("tales-x: its file is cut off.")

    monkeypatch.setattr(*((weights, "read") if broken == "a file" else (zoo, "names")), fails)
    lines = about.report().split("\n")
    assert "[FAIL] tales-x: its file is cut off." in lines
    assert lines[-1].startswith("[FAIL] There is no trained model in the box")


def test_real_models_that_are_not_fetched_are_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path))
    _, line = about.weights()
    assert line.startswith("[OK]   Real models that are not here yet: minilm-l6, smollm2-135m. ")
    assert line.endswith("The lessons go on with small ones; `python -m lessons.zoo fetch` brings them.")


def test_a_damaged_real_model_is_a_line(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path))
    (tmp_path / "minilm-l6.safetensors").write_bytes(b"half")
    lines = about.weights()
    assert any("not here yet: smollm2-135m." in line for line in lines)
    (line,) = [line for line in lines if line.startswith("[FAIL]")]
    assert "minilm-l6.safetensors is cut off" in line and "`python -m lessons.zoo fetch minilm-l6`" in line


@pytest.mark.real("minilm-l6")
def test_real_models_that_are_here_are_named():
    assert any(line.startswith("[OK]   Real models on this computer: minilm-l6") for line in about.weights())


def test_an_empty_box_is_a_fault(monkeypatch):
    monkeypatch.setattr(zoo, "names", list)
    assert about.weights() == ["[FAIL] There is no trained model in the box: take the folder lessons/zoo again."]
