"""What lies in the box: every file is named, whole and as its recipe says, and together they are small."""

import re
import tomllib
from pathlib import Path

import pytest

from lessons import zoo
from lessons.zoo import manifest, packaged, weights
from lessons.zoo.manifest import Entry, Packaged
from lessons.zoo.recipes import RECIPES, recipe
from tests.real_weights import needs_real

TALES = {"tales-rnn", "tales-ugrnn", "tales-gru", "tales-lstm"}
SHIPPED = {name for name, entry in manifest.read().items() if isinstance(entry, Entry)}
REAL = {name for name, entry in manifest.read().items() if isinstance(entry, Packaged)}
LARGEST = 25_000_000  # bytes, all files together
FOLDER = manifest.FOLDER / "weights"
REPO = Path(__file__).resolve().parents[2]


def strays(folder: Path, named: set[str]) -> set[str]:
    """The files of a folder that nobody names, and those named that are not there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} ^ named


def test_the_tales_are_in_the_box():
    assert set(zoo.names()) >= TALES


def test_the_manifest_names_every_file_and_nothing_else():
    assert strays(FOLDER, {zoo.entry(name).file for name in SHIPPED}) == set()


def test_a_file_that_nobody_names_is_found(tmp_path):
    (tmp_path / "new.safetensors").touch()
    assert strays(tmp_path, set()) == {"new.safetensors"}
    assert strays(tmp_path, {"new.safetensors", "gone.safetensors"}) == {"gone.safetensors"}


def test_together_they_are_small():
    assert 0 < sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= LARGEST


@pytest.mark.parametrize("name", sorted(TALES | SHIPPED))
def test_a_shipped_model_is_whole_and_what_the_manifest_says(name):
    entry = zoo.entry(name)
    model = weights.read(entry.path, entry)
    assert entry.path.stat().st_size == entry.bytes
    assert weights.parameters(model) == entry.parameters
    assert getattr(model.config, "architecture", entry.architecture) == entry.architecture
    assert entry.score and entry.tolerance  # something is measured, and something is judged


@pytest.mark.parametrize("name", sorted(TALES | SHIPPED | set(RECIPES)))
def test_the_manifest_and_the_recipe_agree(name):
    entry, plan = zoo.entry(name), recipe(name)
    assert RECIPES[name].startswith(f"{entry.recipe}:")
    told = ("name", "title", "kind", "architecture", "licence", "source", "text_sha256", "seed", "base", "tolerance")
    for key in told:
        assert getattr(entry, key) == getattr(plan, key), key


def test_the_real_models_are_known():
    assert sorted(REAL) == ["minilm-l6", "smollm2-135m"]
    for name in REAL:
        entry = zoo.entry(name)
        assert entry.licence == "Apache-2.0" and entry.kind in weights.KINDS
        assert entry.bytes == pytest.approx(4 * entry.parameters, rel=0.01)  # 32 bits each, and a tokenizer


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_real(name)) for name in sorted(REAL)])
def test_a_real_model_is_whole_and_what_the_manifest_says(name):
    entry = zoo.entry(name)
    packaged.check(entry, again=True)
    model = zoo.load(name)
    assert weights.parameters(model) == entry.parameters
    assert len(model.tokenizer) == model.config.vocab


def test_the_manifest_was_written_by_the_command():
    text = (manifest.FOLDER / "manifest.toml").read_bytes().decode("utf-8")
    assert text == manifest.dump(manifest.read())


def test_a_wheel_holds_the_weights():
    data = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert {"zoo/manifest.toml", "zoo/weights/*.safetensors"} <= set(data.get("lessons", ()))


def test_no_pickle():
    for path in (REPO / "lessons" / "zoo").rglob("*.py"):
        assert not re.search(r"import pickle|torch\.load|torch\.save", path.read_text("utf-8")), path.name
