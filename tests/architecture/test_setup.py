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
    conda = re.findall(r'^      - "([^"-].*)"$', (REPO / "environment.yml").read_text("utf-8"), re.MULTILINE)
    assert conda == PROJECT["dependencies"]
    assert {Requirement(r).name for r in PROJECT["dependencies"]} >= ASKED_FOR


def test_a_package_that_is_imported_is_declared() -> None:
    declared = {canonicalize_name(Requirement(r).name) for r in PROJECT["dependencies"]}
    ours = {"lessons", "widgets"}
    known = {"IPython": "ipykernel", "traitlets": "ipywidgets"}  # come with these
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
        ".ci/setup.sh",
    ):
        text = (REPO / name).read_text("utf-8")
        assert not re.search(r"https?://|file:|\+cpu|/root/|/work/", text), name
    assert not list(REPO.glob("*.lock"))


def setup(tmp_path: Path, python: str) -> subprocess.CompletedProcess:
    """Run the set-up of a copy with no uv and only this Python."""
    for name in (".ci/setup.sh", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((REPO / name).read_text("utf-8"))
    env = {"PATH": "/usr/bin:/bin", "PYTHON": python, "HOME": str(tmp_path)}
    return subprocess.run(["bash", str(tmp_path / ".ci/setup.sh")], env=env, text=True, capture_output=True)


@pytest.mark.parametrize("version", ["3.9.2", "3.10.14"])
def test_an_old_python_gets_one_sentence(tmp_path: Path, version: str) -> None:
    fake = tmp_path / "python-old"
    fake.write_text(f'#!/bin/sh\ncase "$2" in *version_info*) exit 1;; *) echo {version};; esac\n')
    fake.chmod(0o755)
    result = setup(tmp_path, str(fake))
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert f"is {version}" in result.stderr and "3.11 or newer" in result.stderr


def test_a_missing_python_gets_one_sentence(tmp_path: Path) -> None:
    result = setup(tmp_path, str(tmp_path / "nowhere"))
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert "does not run here: install Python" in result.stderr


def test_a_python_without_venv_gets_one_sentence(tmp_path: Path) -> None:
    fake = tmp_path / "python-bare"
    fake.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n')
    fake.chmod(0o755)
    result = setup(tmp_path, str(fake))
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "Python's venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv), or install uv."
    )


def test_make_help_lists_every_command() -> None:
    env = {k: v for k, v in os.environ.items() if k != "MAKEFLAGS"}
    output = subprocess.run(
        ["make", "help"], cwd=REPO, env=env, text=True, capture_output=True, check=True
    ).stdout
    assert {line.split()[0] for line in output.splitlines()} == {
        "help", "lab", "test", "notebooks", "bench", "lint", "format", "clean",
    }  # fmt: skip


def test_every_skip_is_in_the_quarantine_list() -> None:
    listed = set(
        re.findall(r"^\| `([^`]+)` \|", (REPO / "tests/QUARANTINES.md").read_text("utf-8"), re.MULTILINE)
    )
    skipping = set()
    for path in (REPO / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}:
                skipping.add(str(path.relative_to(REPO)))
    assert skipping == listed
