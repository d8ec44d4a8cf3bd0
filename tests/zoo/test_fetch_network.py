"""Fetching without a network, or with half of one: what pip says becomes one sentence, and nobody waits for long."""

import subprocess

import pytest

from lessons import zoo
from tests.zoo import packages, run
from tests.zoo.test_fetch import OFFLINE, entry, index, pip, refused, sentence  # noqa: F401 - two fixtures


def test_no_network_is_tried_twice(entry, capsys, monkeypatch):  # noqa: F811
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    assert run("fetch") == 1
    said = capsys.readouterr()
    assert said.out.count("that did not work, once more") == 1
    assert "the package index cannot be reached" in said.err and "go online" in said.err
    assert len(said.err.splitlines()) == 1


def test_an_index_that_cannot_be_reached_is_not_asked_for_the_next(entry, capsys, monkeypatch):  # noqa: F811
    packages.enter(entry, name="another")
    capsys.readouterr()
    commands = pip(monkeypatch, *[(1, OFFLINE)] * 2)
    assert run("fetch") == 1
    assert "tiny-bert: the package index cannot be reached" in sentence(capsys)
    assert len(commands) == 2 and {"--timeout=5", "--retries=1"} <= set(commands[0])


def test_a_failure_that_passes_is_not_noticed(entry, monkeypatch, capsys):  # noqa: F811
    real = subprocess.run
    commands = pip(monkeypatch, (1, OFFLINE), lambda command: real(command, capture_output=True, text=True))
    assert run("fetch") == 0
    assert len(commands) == 2 and zoo.is_here("tiny-bert")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "/usr/bin/python: No module named pip\n",
            "has no pip to fetch it with: install it with `uv pip install pip`.",
        ),
        ("ERROR: [Errno 28] No space left on device\n", "the disk is full: make room for about 1 GB"),
        ("ERROR: something odd.\n\n", "pip could not fetch tiny-weights 0.1.0, it said: ERROR: something odd."),
        ("", "it said: nothing."),
        (
            "Looking in indexes: http://proxy.example/ssl/simple\nLooking in links: /timeout\nERROR: something odd.",
            "pip could not fetch tiny-weights 0.1.0, it said: ERROR: something odd.",
        ),
    ],
)
def test_what_pip_says_in_one_sentence(entry, capsys, monkeypatch, answer, said):  # noqa: F811
    commands = pip(monkeypatch, (1, answer))
    assert said in refused(capsys, entry)
    assert len(commands) == 1


def test_half_a_wheel_is_tried_twice(entry, capsys, monkeypatch):  # noqa: F811
    commands = pip(monkeypatch, *[(1, "ERROR: Wheel 'tiny-weights' located at /tmp/x.whl is invalid.")] * 2)
    assert "broke off" in refused(capsys, entry) and len(commands) == 2
