"""What `python -m lessons.zoo train` does: it follows one recipe to the end, or goes on with it, and measures."""

import contextlib
import hashlib
import io
import math
import os
from pathlib import Path

import torch
from torch import nn

from lessons.core.checkpoint import CheckpointError
from lessons.core.files import write_whole
from lessons.core.training import Training
from lessons.zoo import manifest, weights
from lessons.zoo.manifest import Entry, ZooError
from lessons.zoo.recipes import RECIPES, Recipe, recipe

CHECKPOINT_EVERY = 200  # steps


def train_one(name: str, text_paths: list[Path], folder: Path, ship: bool) -> int:
    """Follow one recipe to the end, or go on with it, and return 1 if its score is not the manifest's."""
    plan, entries = recipe(name), manifest.read()  # a broken manifest must show now, not after the training
    text = _text_for(plan, text_paths)
    path = (manifest.FOLDER / "weights" if ship else folder) / f"{name}.safetensors"
    checkpoint = manifest.cache() / f"{name}.checkpoint.safetensors"
    for place in (path, checkpoint):
        _require_writable(place.parent)

    training = plan.training(text)
    training.checkpoint = (checkpoint, CHECKPOINT_EVERY)
    if checkpoint.exists():
        _go_on(training, checkpoint)
    if not _finished(training):
        way_on = f"goes on from {checkpoint}" if checkpoint.exists() else "starts again"
        print(f"Stopped at step {training.done} of {training.steps}: the same command {way_on}.")
        return 130

    trained = plan.model(training.model)
    model = weights.unpack(weights.pack(trained, plan.kind), name, plan.kind)  # after the rounding, as it is loaded
    score = scored(plan, model, text)
    size, sha256 = weights.save(path, trained, plan.kind)
    print(f"Wrote {path}: {weights.parameters(model):,} parameters, {size / 1000:,.0f} kB.")
    same = _compare(entries.get(name), score)
    if ship:
        entries = manifest.read()  # again: another training may have shipped meanwhile
        entries[name] = Entry(
            name=name,
            title=plan.title,
            kind=plan.kind,
            architecture=plan.architecture,
            file=path.name,
            bytes=size,
            sha256=sha256,
            parameters=weights.parameters(model),
            licence=plan.licence,
            source=plan.source,
            text_sha256=plan.text_sha256,
            recipe=RECIPES[name].partition(":")[0],
            seed=plan.seed,
            steps=training.steps,
            torch=torch.__version__.partition("+")[0],
            minutes=round(sum(record.seconds for record in training.history) / 60, 1),
            score=score,
            tolerance={key: float(value) for key, value in plan.tolerance.items()},
            base=plan.base,
        )
        manifest.write(entries)
        print("The manifest now holds this file and this score.")
    checkpoint.unlink(missing_ok=True)
    return 0 if same or ship else 1  # what is shipped is what the manifest says from now on


def scored(plan: Recipe, model: nn.Module, text: str) -> dict[str, float]:
    """The measured figures. ZooError for a recipe that cannot be judged: now, before anything is written."""
    score = {key: float(value) for key, value in plan.score(model, text).items()}
    for key in {**score, **plan.tolerance}:
        if not math.isfinite(score.get(key, math.nan)):
            raise ZooError(
                f"{plan.name}: its recipe asks for the score {key!r}, but measures {score.get(key, 'nothing')}: "
                "mend the recipe and give the same command again."
            )
    return score


def require_text(name: str, source: str, expected: str, data: bytes, paths: list[Path]) -> None:
    if (found := hashlib.sha256(data).hexdigest()) != expected:
        raise ZooError(
            f"{name}: {', '.join(map(str, paths))} is not the text that it is trained on, its sha256 begins with "
            f"{found[:12]}; any copy of {source} with the sha256 {expected} will do."
        )


def bytes_of(paths: list[Path]) -> bytes:
    """One text: the files in the order in which they are named, with a form feed between two."""
    try:
        return b"\f".join(path.read_bytes() for path in paths)
    except OSError as error:
        raise ZooError(f"The text {error.filename} cannot be read: {error.strerror}.") from None


def _compare(entry: Entry | None, score: dict[str, float]) -> bool:
    """Print the measured score beside the manifest's. Return whether it lies within the tolerance."""
    missed = [] if entry is None else entry.misses(score)
    for key in {**score, **dict.fromkeys(missed)}:
        line = f"{key:>12}  {score[key]:.4f}" if key in score else f"{key:>12}  not measured"
        if entry is not None and key in entry.score:
            line += f"   the manifest: {entry.score[key]:.4f}"
            if key in entry.tolerance:
                line += f", {'outside' if key in missed else 'within'} the tolerance of {entry.tolerance[key]:g}"
        print(line)
    if entry is None:
        print("The manifest has no score of it yet.")
    return not missed


def _go_on(training: Training, checkpoint: Path) -> None:
    try:
        training.load(checkpoint)
    except CheckpointError as error:
        raise ZooError(f"{str(error).rstrip('.')}; or delete {checkpoint} to start afresh.") from None
    if training.done > training.steps:
        raise ZooError(
            f"{checkpoint} is at step {training.done}, but the recipe has {training.steps}: delete it to start afresh."
        )
    print(f"Going on from step {training.done} of {training.steps}. To start afresh, delete {checkpoint}.")


def _finished(training: Training) -> bool:
    """Take all steps that are left. False after an interrupt."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # its advice is for a notebook
            training.run()
    except KeyboardInterrupt:  # the second one: the steps since the last checkpoint are taken again
        return False
    return training.done == training.steps


def _text_for(plan: Recipe, paths: list[Path]) -> str:
    """The text that the recipe asks for, after a look at its checksum."""
    if plan.text_sha256 is None:
        if paths:
            raise ZooError(f"{plan.name} makes its own text: leave out --text.")
        return ""
    if not paths:
        raise ZooError(
            f"{plan.name} is trained on {plan.source}: name a copy of it with --text PATH; "
            f"any with the sha256 {plan.text_sha256} will do."
        )
    data = bytes_of(paths)
    require_text(plan.name, plan.source, plan.text_sha256, data, paths)
    return data.decode("utf-8")


def _require_writable(folder: Path) -> None:
    """Try it before the training, not after."""
    probe = folder / f".probe.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(probe, b"")
        probe.unlink()
    except OSError as error:
        raise ZooError(f"The folder {folder} cannot be written to, {error.strerror}: name another one.") from None
