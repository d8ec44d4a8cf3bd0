"""Guesses of these tests go into a folder of their own."""

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_HOME", str(tmp_path / "unrolled"))
    return tmp_path / "unrolled"
