"""What `python -m lessons.zoo measure` does: it follows one recipe that measures a model, and keeps what it found.

Some figures of a real model take minutes, and a lesson has seconds. So they are measured once and lie in the box, with
all that it takes to measure some of them again: a lesson and a test do so before they believe the rest.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lessons.core.files import write_whole
from lessons.zoo import manifest
from lessons.zoo.manifest import Measured, ZooError
from lessons.zoo.recipes import MEASUREMENTS, Measurement


def measure_one(plan: Measurement, model: nn.Module, folder: Path, ship: bool) -> int:
    """Follow one recipe and write what it found to `folder`, or into the course. Returns 0; ZooError, OSError."""
    entries = manifest.read()  # a broken manifest must show now, not after the measuring
    path = (manifest.FOLDER / "measured" if ship else folder) / f"{plan.name}.json"
    start = time.monotonic()
    data = dump(plan.measure(model))
    minutes = (time.monotonic() - start) / 60
    write_whole(path, data)
    print(f"Wrote {path}: {len(data) / 1000:,.0f} kB, measured in {minutes:.1f} minutes.")
    if ship:
        entries = manifest.read()  # again: a training may have shipped meanwhile
        entries[plan.name] = Measured(
            name=plan.name,
            title=plan.title,
            model=plan.model,
            file=path.name,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            recipe=MEASUREMENTS[plan.name].partition(":")[0],
            seed=plan.seed,
            torch=torch.__version__.partition("+")[0],
            minutes=round(minutes, 1),
        )
        manifest.write(entries)
        print("The manifest now holds this file.")
    return 0


def dump(figures: dict[str, Any]) -> bytes:
    """The bytes of a file, one line for each of the figures' names. ValueError for a number that is not finite."""
    lines = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in figures.items())
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    json.loads(text, parse_constant=_not_finite)
    return text.encode("utf-8")


def read(entry: Measured) -> Any:
    """What lies in the file that `entry` describes. ZooError when it is missing or was altered."""
    again = (
        "take the file again from the course's repository, "
        f"or make it anew with `python -m lessons.zoo measure {entry.name} --ship`."
    )
    try:
        data = entry.path.read_bytes()
    except OSError as error:
        raise ZooError(f"{entry.name}: {entry.path} cannot be read ({error.strerror}); {again}") from None
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise ZooError(f"{entry.name}: {entry.file} was altered, its sha256 is not that of the manifest; {again}")
    return json.loads(data)


def _not_finite(name: str) -> None:
    raise ValueError(f"Every figure must be finite, not {name}: mend the recipe.")
