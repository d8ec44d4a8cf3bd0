"""The zoo's command line.

    python -m lessons.zoo list                                          what there is
    python -m lessons.zoo verify [NAME…] [--text PATH]                  is every file whole, and is its score right?
    python -m lessons.zoo train NAME [--text PATH] [--to FOLDER | --ship]   make one again

Exit status: 0 for success, 1 when a model fails or a score lies outside its tolerance, 2 when something asked for
cannot be had, 130 after an interrupt.
"""

import argparse
import contextlib
import hashlib
import io
import math
import os
import sys
import textwrap
from pathlib import Path

import platformdirs
import torch
from torch import nn

from lessons import zoo
from lessons.core.checkpoint import CheckpointError
from lessons.core.files import write_whole
from lessons.core.training import Training, TrainingDiverged
from lessons.zoo import manifest, weights
from lessons.zoo.manifest import Entry, ZooError
from lessons.zoo.recipes import RECIPES, Recipe, recipe

CHECKPOINT_EVERY = 200  # steps
COLUMNS = "{:16} {:12} {:>11} {:>6}  {:38} {}"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m lessons.zoo", description="The trained weights of the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is")
    verify = commands.add_parser("verify", help="look whether the files are whole and their scores right")
    verify.add_argument("names", nargs="*", metavar="NAME", help="all when none is given")
    train = commands.add_parser("train", help="make the weights of one model again")
    train.add_argument("name", metavar="NAME")
    for command in (verify, train):
        command.add_argument("--text", type=Path, metavar="PATH", help="a copy of the text it was trained on")
    where = train.add_mutually_exclusive_group()
    where.add_argument("--to", type=Path, metavar="FOLDER", default=Path(), help="default: the current folder")
    where.add_argument("--ship", action="store_true", help="put it into the course: lessons/zoo/weights and manifest")
    asked = parser.parse_args(argv)
    try:
        if asked.command == "list":
            return list_all()
        if asked.command == "verify":
            return verify_all(asked.names, asked.text)
        return train_one(asked.name, asked.text, asked.to, asked.ship)
    except (ZooError, CheckpointError, TrainingDiverged) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, TrainingDiverged) else 2
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be written or read: {error.strerror or error}.", file=sys.stderr)
        return 2


def list_all() -> int:
    """Print a table of what is in the manifest or has a recipe."""
    entries = manifest.read()
    print(COLUMNS.format("name", "architecture", "parameters", "kB", "score", "file").rstrip())
    for name in [*entries, *(name for name in RECIPES if name not in entries)]:
        if found := entries.get(name):
            score = ", ".join(f"{key} {value:.4g}" for key, value in found.score.items())
            kilobytes = f"{found.bytes / 1000:,.0f}"
            cells = (
                found.architecture,
                f"{found.parameters:,}",
                kilobytes,
                textwrap.shorten(score, 38, placeholder=" …"),
            )
        else:
            cells = ("", "", "", "not trained yet")
        print(COLUMNS.format(name, *cells, "in the box" if found and found.path.is_file() else "missing"))
    return 0


def verify_all(names: list[str], text_path: Path | None) -> int:
    """Print one line for each model, and return 1 if one of them fails."""
    entries = [zoo.entry(name) for name in names or zoo.names()]
    if not entries:
        raise ZooError("The zoo is empty: there is nothing to verify.")
    text = None if text_path is None else _bytes_of(text_path)
    failed = False
    for entry in entries:
        try:
            print(f"[OK]   {entry.name}: {_verified(entry, text, text_path)}")
        except ZooError as error:
            failed = True
            print(f"[FAIL] {error}")
    return int(failed)


def train_one(name: str, text_path: Path | None, folder: Path, ship: bool) -> int:
    """Follow one recipe to the end, or go on with it, and return 1 if its score is not the manifest's."""
    plan, entries = recipe(name), manifest.read()  # a broken manifest must show now, not after the training
    text = _text_for(plan, text_path)
    path = (manifest.FOLDER / "weights" if ship else folder) / f"{name}.safetensors"
    checkpoint = _cache() / f"{name}.checkpoint.safetensors"
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
    score = _scored(plan, model, text)
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
        )
        manifest.write(entries)
        print("The manifest now holds this file and this score.")
    checkpoint.unlink(missing_ok=True)
    return 0 if same or ship else 1  # what is shipped is what the manifest says from now on


def _verified(entry: Entry, text: bytes | None, text_path: Path | None) -> str:
    """What can be said of a model that passes; ZooError for one that does not."""
    model = weights.read(entry.path, entry)
    said = f"{entry.parameters:,} parameters, {entry.bytes / 1000:,.0f} kB, whole and finite"
    if text is None and entry.text_sha256 is not None:
        return said
    plan = recipe(entry.name)
    if entry.text_sha256 is not None:
        _require_text(entry.name, entry.source, entry.text_sha256, text, text_path)
    else:
        text = b""
    score = _scored(plan, model, text.decode("utf-8"))
    figures = ", ".join(f"{key} {score.get(key, math.nan):.4f} ({value:.4f})" for key, value in entry.score.items())
    if missed := entry.misses(score):
        raise ZooError(
            f"{entry.name}: its {', '.join(missed)} is farther from the manifest's than the tolerance, "
            f"measured and in brackets the manifest's: {figures}."
        )
    return f"{said}; measured and in brackets the manifest's: {figures}"


def _scored(plan: Recipe, model: nn.Module, text: str) -> dict[str, float]:
    """The measured figures. ZooError for a recipe that cannot be judged: now, before anything is written."""
    score = {key: float(value) for key, value in plan.score(model, text).items()}
    for key in {**score, **plan.tolerance}:
        if not math.isfinite(score.get(key, math.nan)):
            raise ZooError(
                f"{plan.name}: its recipe asks for the score {key!r}, but measures {score.get(key, 'nothing')}: "
                "mend the recipe and give the same command again."
            )
    return score


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


def _text_for(plan: Recipe, path: Path | None) -> str:
    """The text that the recipe asks for, after a look at its checksum."""
    if plan.text_sha256 is None:
        if path is not None:
            raise ZooError(f"{plan.name} makes its own text: leave out --text.")
        return ""
    if path is None:
        raise ZooError(
            f"{plan.name} is trained on {plan.source}: name a copy of it with --text PATH; "
            f"any with the sha256 {plan.text_sha256} will do."
        )
    data = _bytes_of(path)
    _require_text(plan.name, plan.source, plan.text_sha256, data, path)
    return data.decode("utf-8")


def _require_text(name: str, source: str, expected: str, data: bytes, path: Path) -> None:
    if (found := hashlib.sha256(data).hexdigest()) != expected:
        raise ZooError(
            f"{name}: {path} is not the text that it is trained on, its sha256 begins with {found[:12]}; "
            f"any copy of {source} with the sha256 {expected} will do."
        )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ZooError(f"The text {path} cannot be read: {error.strerror}.") from None


def _require_writable(folder: Path) -> None:
    """Try it before the training, not after."""
    probe = folder / f".probe.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(probe, b"")
        probe.unlink()
    except OSError as error:
        raise ZooError(f"The folder {folder} cannot be written to, {error.strerror}: name another one.") from None


def _cache() -> Path:
    """Where a training that is under way is kept. UNROLLED_HOME names another folder."""
    return Path(os.environ.get("UNROLLED_HOME") or platformdirs.user_cache_path("unrolled"))


if __name__ == "__main__":
    sys.exit(main())
