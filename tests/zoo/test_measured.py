"""Figures that are measured once and kept: what is written comes back, and what was altered is refused."""

import json
import os
import tomllib
from pathlib import Path

import pytest
import torch

from lessons import zoo
from lessons.gpt.few_shot import answer_scores, point, questions
from lessons.text.word_problems import PROBLEMS
from lessons.text.word_tasks import TASKS
from lessons.zoo import manifest, measure, recipes
from lessons.zoo.manifest import Measured, ZooError
from lessons.zoo.recipes import MEASUREMENTS, Measurement, few_shot_smollm2, measurement, word_problems_smollm2
from tests.real_weights import needs_real
from tests.zoo import empty_box, entry, run, ship

REPO = Path(__file__).resolve().parents[2]
SHIPPED = {name: found for name, found in manifest.read().items() if isinstance(found, Measured)}


def counting(figures: dict | None = None) -> Measurement:
    """A measurement of the tiny model."""

    def measured(model: torch.nn.Module) -> dict:
        return figures if figures is not None else {"weights": len(model.state_dict()), "words": ["é", "\n", 0.5]}

    return Measurement(name="tiny-figures", title="What is in it", model="tiny", seed=5, measure=measured)


def endless() -> Measurement:
    return counting({"good": 1.0, "bad": [float("nan")]})


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "MEASUREMENTS", {"tiny-figures": "tests.zoo.test_measured:counting"})
    monkeypatch.setattr(measure, "MEASUREMENTS", recipes.MEASUREMENTS)
    return empty_box(tmp_path, monkeypatch)


@pytest.fixture
def measured(box, capsys):
    ship()
    assert run("measure", "tiny-figures", "--ship") == 0
    capsys.readouterr()
    return zoo.entry("tiny-figures")


def described(**changes) -> Measured:
    settings = dict(
        name="figures", title="A title", model="tiny", file="figures.json", bytes=10, sha256="0" * 64,
        recipe="tests.zoo", seed=0, torch="2.13.0", minutes=0.5,
    )  # fmt: skip
    return Measured(**{**settings, **changes})


def sentence(capsys) -> str:
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_what_is_measured_comes_back(measured, box):
    count = len(zoo.load("tiny").state_dict())
    assert zoo.measured("tiny-figures") == {"weights": count, "words": ["é", "\n", 0.5]}
    assert measured.path == box / "measured" / "tiny-figures.json" and measured.bytes == measured.path.stat().st_size
    assert (measured.model, measured.seed, measured.title) == ("tiny", 5, "What is in it")
    assert measured.recipe == "tests.zoo.test_measured" and measured.torch == torch.__version__.partition("+")[0]
    assert manifest.parse(manifest.dump(manifest.read())) == manifest.read()
    assert sorted(os.listdir(box)) == ["manifest.toml", "measured", "weights"]


def test_a_file_has_a_line_for_each_name(measured):
    count = len(zoo.load("tiny").state_dict())
    assert measured.path.read_text("utf-8") == f'{{\n"weights": {count},\n"words": ["é", "\\n", 0.5]\n}}\n'
    assert measure.dump({}) == b"{\n\n}\n" and json.loads(measure.dump({})) == {}


def test_without_ship_it_lies_in_the_folder_and_the_manifest_stays(box, tmp_path, capsys):
    ship()
    before = manifest.read()
    assert run("measure", "tiny-figures", "--to", tmp_path) == 0
    assert json.loads((tmp_path / "tiny-figures.json").read_bytes())["words"][0] == "é"
    assert manifest.read() == before and not (box / "measured").exists()
    assert "Wrote" in capsys.readouterr().out


def test_it_is_no_model(measured):
    assert zoo.names() == ["tiny"] and zoo.is_here("tiny-figures")
    with pytest.raises(ZooError) as caught:
        zoo.load("tiny-figures")
    assert str(caught.value) == (
        "tiny-figures is no model, but what tiny was found to do: see zoo.measured('tiny-figures')."
    )
    with pytest.raises(ZooError, match=r"^tiny is a model and no measurement: see zoo.load\('tiny'\).$"):
        zoo.measured("tiny")
    with pytest.raises(ZooError, match="There is no model 'nobody' in the zoo"):
        zoo.measured("nobody")


@pytest.mark.parametrize("data", [b"", b"{}", b'{"weights": 1e9}\n'])
def test_an_altered_file_is_refused(measured, capsys, data):
    measured.path.write_bytes(data)
    with pytest.raises(ZooError) as caught:
        zoo.measured("tiny-figures")
    assert str(caught.value) == (
        "tiny-figures: tiny-figures.json was altered, its sha256 is not that of the manifest; take the file again from "
        "the course's repository, or make it anew with `python -m lessons.zoo measure tiny-figures --ship`."
    )
    assert run("verify") == 1
    one, two = capsys.readouterr().out.splitlines()
    assert one.startswith("[OK]   tiny: ") and two.startswith("[FAIL] tiny-figures: tiny-figures.json was altered")


def test_a_missing_file_is_said(measured):
    measured.path.unlink()
    assert not zoo.is_here("tiny-figures")
    with pytest.raises(
        ZooError, match="^tiny-figures: .*tiny-figures.json cannot be read .No such file or directory.;"
    ):
        zoo.measured("tiny-figures")


def test_the_commands_know_it(measured, capsys):
    assert run("verify", "tiny-figures") == 0
    assert capsys.readouterr().out == "[OK]   tiny-figures: figures of tiny, 0 kB, whole\n"
    assert run("list") == 0
    head, _, row = capsys.readouterr().out.splitlines()
    assert row.split() == ["tiny-figures", "tiny", "figures", "0", "What", "is", "in", "it", "in", "the", "box"]
    assert row.index("What") == head.index("score")
    assert run("fetch", "tiny-figures") == 0
    assert capsys.readouterr().out == "tiny-figures comes with the course: there is nothing to fetch.\n"


def test_what_cannot_be_measured_gets_one_sentence(box, capsys, monkeypatch):
    assert run("measure", "tiny-figures") == 2
    assert sentence(capsys).startswith("There is no model 'tiny' in the zoo")
    assert run("measure", "tiny") == 2
    assert sentence(capsys) == "There is no measurement 'tiny': choose from tiny-figures."
    ship()
    monkeypatch.setitem(recipes.MEASUREMENTS, "tiny-figures", "tests.zoo.test_measured:endless")
    with pytest.raises(ValueError, match="^Every figure must be finite, not NaN: mend the recipe.$"):
        run("measure", "tiny-figures", "--ship")
    assert not (box / "measured").exists() and "tiny-figures" not in manifest.read()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": "../figures.json"}, "file must be a plain name that ends in .json"),
        ({"file": "figures.safetensors"}, "file must be a plain name that ends in .json"),
        ({"bytes": 0}, "bytes must be 1 or more, not 0"),
        ({"sha256": "x"}, "sha256 must be 64 hexadecimal digits, not 'x'"),
        ({"minutes": float("nan")}, "minutes must be 0 or more and finite, not nan"),
        ({"minutes": -1.0}, "minutes must be 0 or more and finite, not -1.0"),
        ({"name": "Two words"}, "a name is made of small letters"),
    ],
)
def test_a_malformed_entry_gets_one_sentence(changes, said):
    with pytest.raises(ZooError) as caught:
        described(**changes)
    assert f"manifest is malformed, {said}" in str(caught.value)


def test_the_manifest_tells_it_from_weights():
    named = {"tiny": entry(), "figures": described()}
    text = manifest.dump(named)
    assert manifest.parse(text) == named
    assert text.endswith(
        '[figures]\ntitle = "A title"\nmodel = "tiny"\nfile = "figures.json"\nbytes = 10\n'
        f'sha256 = "{"0" * 64}"\nrecipe = "tests.zoo"\nseed = 0\ntorch = "2.13.0"\nminutes = 0.5\n'
    )
    with pytest.raises(ZooError, match="it lacks seed"):
        manifest.parse(text.replace("seed = 0\n", ""))


# What lies in the course's own box.


def test_all_measurements_are_in_the_box_and_nothing_else():
    assert SHIPPED.keys() == MEASUREMENTS.keys()
    folder = manifest.FOLDER / "measured"
    assert {path.name for path in folder.iterdir()} == {found.file for found in SHIPPED.values()}
    data = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert "zoo/measured/*.json" in data["lessons"]  # so a wheel holds them


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_shipped_measurement_is_what_the_manifest_and_its_recipe_say(name):
    found, plan = zoo.entry(name), measurement(name)
    assert zoo.measured(name) and found.bytes == found.path.stat().st_size <= 200_000
    assert (found.title, found.model, found.seed) == (plan.title, plan.model, plan.seed)
    assert MEASUREMENTS[name].startswith(f"{found.recipe}:")


def test_few_shot_was_measured_on_the_tasks_as_they_are():
    points = few_shot_smollm2.points()
    assert points.keys() == TASKS.keys()
    for task, conditions in points.items():
        assert conditions.keys() == few_shot_smollm2.CONDITIONS.keys()
        for condition, found in conditions.items():
            assert len(found.scores) == len(TASKS[task].held_out)
            assert found.shots == few_shot_smollm2.CONDITIONS[condition]["shots"]
            again = point(found.shots, found.scores)  # the means are those of what is kept of every question
            for kept, computed in ((found.accuracy, again.accuracy), (found.probability, again.probability)):
                for key in ("mean", "low", "high"):
                    assert getattr(kept, key) == pytest.approx(getattr(computed, key), abs=2e-6)


def test_word_problems_were_measured_on_the_problems_as_they_are():
    replies = word_problems_smollm2.replies()
    assert list(replies) == ["direct", "chain"]
    for way, found in replies.items():
        assert len(found.texts) == len(found.right) == len(PROBLEMS)
        kept = zoo.measured("word-problems-smollm2")[way]["accuracy"]
        assert kept == pytest.approx([found.accuracy.mean, found.accuracy.low, found.accuracy.high], abs=2e-6)


@needs_real("smollm2-135m")
@pytest.mark.parametrize(("task", "condition"), [("opposites", "4 shots"), ("plurals", "contradicted")])
def test_few_shot_is_measured_again_on_a_handful(task, condition):
    prompts, answers = questions(TASKS[task], **few_shot_smollm2.CONDITIONS[condition], seed=few_shot_smollm2.SEED)
    found = answer_scores(zoo.load("smollm2-135m"), prompts[:4], answers[:4])
    kept = few_shot_smollm2.points()[task][condition].scores[:4]
    assert [score.probability for score in found] == pytest.approx([s.probability for s in kept], rel=1e-2, abs=1e-5)
    assert [score.right for score in found] == [score.right for score in kept]


@needs_real("smollm2-135m")
@pytest.mark.parametrize("way", ["direct", "chain"])
def test_word_problems_are_measured_again_on_two(way):
    kept = word_problems_smollm2.replies()[way].texts[:2]
    assert word_problems_smollm2.written(zoo.load("smollm2-135m"), way, 0, 2) == kept
