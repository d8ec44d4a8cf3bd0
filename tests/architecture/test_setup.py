"""The set-up: three lists of packages in step, no address in them, and one sentence for what is missing."""

import ast
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
ASKED_FOR = {"jupyterlab", "ipywidgets", "torch", "plotly", "bertviz", "nbval"}


def pins() -> dict[str, str]:
    lines = (REPO / "constraints.txt").read_text("utf-8").splitlines()
    return {canonicalize_name(n): v for n, v in (x.split("==") for x in lines if x and not x.startswith("#"))}


def test_the_three_lists_are_in_step() -> None:
    extras = [r for group in PROJECT["optional-dependencies"].values() for r in group]
    tested = pins()
    for requirement in map(Requirement, [*PROJECT["dependencies"], *extras]):
        version = tested[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} does not admit the tested {version}"
    conda = re.findall(r"^      - (\w.*)$", (REPO / "environment.yml").read_text("utf-8"), re.MULTILINE)
    assert conda == PROJECT["dependencies"]
    assert {Requirement(r).name for r in PROJECT["dependencies"]} >= ASKED_FOR


def test_a_package_that_is_imported_is_declared() -> None:
    declared = {canonicalize_name(Requirement(r).name) for r in PROJECT["dependencies"]}
    ours = {"lessons", "widgets"}
    known = {"IPython": "jupyterlab", "traitlets": "ipywidgets"}  # come with these
    for path in [*(REPO / "lessons").rglob("*.py"), *(REPO / "widgets").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for top in {n.split(".")[0] for n in names} - ours:
                if top not in __import__("sys").stdlib_module_names:
                    assert canonicalize_name(known.get(top, top)) in declared, f"{path.name} imports {top}"


def test_no_address_and_no_path_of_a_machine() -> None:
    for name in (
        "constraints.txt",
        "environment.yml",
        "pyproject.toml",
        "Makefile",
        ".ci/run",
    ):
        text = (REPO / name).read_text("utf-8")
        assert not re.search(r"https?://|file:|\+cpu|(?<!\w)/(root|home|Users)/", text), name
    assert not list(REPO.glob("*.lock"))


def make_lab(tmp_path: Path, python: str) -> subprocess.CompletedProcess:
    """Run `make lab` in a copy, in a folder with a space in its name, with no uv and only this Python."""
    folder = tmp_path / "a copy"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (folder / name).write_text((REPO / name).read_text("utf-8"))
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    return subprocess.run(
        ["make", "-s", "lab", f"PYTHON={python}"], cwd=folder, env=env, text=True, capture_output=True
    )


def sentence(result: subprocess.CompletedProcess) -> str:
    """The one line that was said, without make's own last word."""
    assert result.returncode != 0 and result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_an_old_python_gets_one_sentence(tmp_path: Path, version: str) -> None:
    fake = tmp_path / "python-old"
    fake.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *) exit 1;; esac\n')
    fake.chmod(0o755)
    said = sentence(make_lab(tmp_path, str(fake)))
    assert f"is {version}" in said and "needs Python 3.11 or newer" in said and "make PYTHON=" in said


def test_a_missing_python_gets_one_sentence(tmp_path: Path) -> None:
    said = sentence(make_lab(tmp_path, str(tmp_path / "nowhere")))
    assert "needs Python 3.11 or newer" in said and "nowhere" in said and "install it" in said


def test_a_python_without_venv_gets_one_sentence(tmp_path: Path) -> None:
    fake = tmp_path / "python-bare"
    fake.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n')
    fake.chmod(0o755)
    said = sentence(make_lab(tmp_path, str(fake)))
    assert "venv module is missing: install it" in said


def weights_step(tmp_path: Path, status: int, **more: str) -> subprocess.CompletedProcess:
    """Run the step that fetches the real models, with a Python that only ends with this status."""
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    (bin_folder / "python").write_text(f'#!/bin/sh\necho "asked: $*"\nexit {status}\n')
    (bin_folder / "python").chmod(0o755)
    (tmp_path / "Makefile").write_text((REPO / "Makefile").read_text("utf-8"))
    command = ["make", "-s", ".venv/.weights", "-o", ".venv/.lab"]
    env = {"PATH": "/usr/bin:/bin", **more}
    return subprocess.run(command, cwd=tmp_path, env=env, text=True, capture_output=True)


def test_the_real_models_are_fetched_once(tmp_path: Path) -> None:
    first, second = weights_step(tmp_path, 0), weights_step(tmp_path, 0)
    assert first.stdout == "asked: -m lessons.zoo fetch\n" and first.returncode == 0
    assert second.stdout == "" and second.returncode == 0


def test_without_a_network_the_lessons_go_on(tmp_path: Path) -> None:
    for _ in range(2):  # the next time it is tried again
        done = weights_step(tmp_path, 1)
        assert done.returncode == 0 and done.stdout.splitlines()[0] == "asked: -m lessons.zoo fetch"
        assert done.stdout.splitlines()[1:] == ["The lessons go on with the small models of the course."]


def test_where_the_real_models_are_required_a_failing_fetch_fails(tmp_path: Path) -> None:
    done = weights_step(tmp_path, 1, REQUIRE_WEIGHTS="1")
    assert done.returncode != 0 and "REQUIRE_WEIGHTS=1, but the real models could not be fetched." in done.stderr
    assert "REQUIRE_WEIGHTS=1" in (REPO / ".ci/run").read_text("utf-8")


@pytest.mark.parametrize("target", ["lab", "test"])
def test_the_real_models_are_part_of_what_students_and_tests_get(target: str) -> None:
    makefile = (REPO / "Makefile").read_text("utf-8")
    assert re.search(rf"^{target}: .*\$\(VENV\)/\.weights", makefile, re.MULTILINE)


def test_make_alone_lists_every_command() -> None:
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    output = subprocess.run(["make"], cwd=REPO, env=env, text=True, capture_output=True, check=True).stdout
    listed = set(re.findall(r"^make (\w+) ", output, re.MULTILINE))
    assert listed == {"lab", "test", "notebooks", "bench", "lint", "clean"}


def test_every_skip_is_in_the_quarantine_list() -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", (REPO / "tests/QUARANTINES.md").read_text("utf-8"), re.MULTILINE))
    skipping = set()
    for path in (REPO / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}:
                skipping.add(str(path.relative_to(REPO)))
    assert skipping == listed
