"""The pipeline, on small sources of its own: markers, stubs, outputs, staleness."""

from pathlib import Path

import nbformat
import pytest

from notebooks import build

HEAD = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n\n# 99 Sample\n\n"
EXERCISE = """```{code-cell}
def double(x):
    ### BEGIN SOLUTION
    secret_word = 2
    return secret_word * x
    ### END SOLUTION
```

```{code-cell}
:tags: [nbval-check-output]

print("checked", 6 * 7)
### BEGIN HIDDEN TESTS
assert hidden_word is None
### END HIDDEN TESTS
```

```{code-cell}
print("not kept")
```

+++ {"tags": ["solution"]}

Only teachers read this.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path


def write(folder: Path, body: str) -> Path:
    path = folder / "source" / "99_sample.md"
    path.write_text(HEAD + body)
    return path


def test_the_student_gets_a_stub_and_the_solution_a_folded_answer(folder: Path) -> None:
    student, solution = build.convert(write(folder, EXERCISE))
    stub, answer = student.cells[1].source, solution.cells[1].source
    assert stub == "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert answer == "def double(x):\n    secret_word = 2\n    return secret_word * x"
    assert solution.cells[1].metadata.jupyter == {"source_hidden": True}
    text = nbformat.writes(student)
    assert not any(word in text for word in ("secret_word", "hidden_word", "Only teachers"))
    assert "Only teachers" in nbformat.writes(solution)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("### BEGIN SOLUTION\nx = 1", "not closed"),
        ("x = 1\n### END SOLUTION", "BEGIN is missing"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "inside"),
        ("### BEGIN SOLUTION\n### END HIDDEN TESTS", "BEGIN is missing"),
        ("## BEGIN SOLUTION\nx = 1\n### END SOLUTION", "looks like a marker"),
        ("### begin solution\nx = 1", "looks like a marker"),
        ("###BEGIN SOLUTION\nx = 1", "looks like a marker"),
        ("x = 1  ### BEGIN SOLUTION\ny = 2  ### END SOLUTION", "looks like a marker"),
        ("### BEGIN_SOLUTION\nx = 1\n### END_SOLUTION", "looks like a marker"),
        ("### BEGIN SOLUTON\nx = 1\n### END SOLUTON", "looks like a marker"),
        ("# start solution\nx = 1\n# stop solution", "looks like a marker"),
    ],
)
def test_a_malformed_marker_names_file_cell_and_line(folder: Path, lines: str, says: str) -> None:
    path = write(folder, f"```{{code-cell}}\n{lines}\n```\n")
    with pytest.raises(build.BuildError, match=rf"99_sample\.md, cell 2.*{says}"):
        build.convert(path)


def test_a_marker_in_a_text_cell_is_an_error(folder: Path) -> None:
    with pytest.raises(build.BuildError, match="stands in a text cell"):
        build.convert(write(folder, "### BEGIN SOLUTION\n"))


def test_building_twice_gives_the_same_bytes(folder: Path) -> None:
    path = write(folder, EXERCISE.replace("assert hidden_word is None", "pass"))
    build.build(folder, [])
    first = [target.read_bytes() for target in build.targets(path, folder)]
    build.build(folder, ["99"])
    assert first == [target.read_bytes() for target in build.targets(path, folder)]
    assert build.stale(folder) == []
    student = nbformat.read(build.targets(path, folder)[0], as_version=4)
    code = [c for c in student.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == [1, 2, 3]
    assert [len(c.outputs) for c in code] == [0, 1, 0]
    assert code[1].outputs[0].text == "checked 42\n"
    assert set(student.metadata) == {"kernelspec", "language_info", "unrolled"}


def test_a_changed_source_an_edited_notebook_and_an_orphan_are_stale(folder: Path) -> None:
    path = write(folder, EXERCISE.replace("assert hidden_word is None", "pass"))
    build.build(folder, [])
    student, _ = build.targets(path, folder)
    built = student.read_text()

    path.write_text(path.read_text().replace("# 99 Sample", "# 99 Another"))
    assert [fault.endswith("is stale: run `make notebooks`.") for fault in build.stale(folder)] == [
        True,
        True,
    ]
    write(folder, EXERCISE.replace("assert hidden_word is None", "pass"))
    assert build.stale(folder) == []

    student.write_text(built.replace("# YOUR CODE HERE", "return 2 * x"))
    assert build.stale(folder) == ["notebooks/99_sample.ipynb is stale: run `make notebooks`."]
    student.write_text(built)

    (folder / "98_orphan.ipynb").write_text(built)
    assert build.stale(folder) == ["notebooks/98_orphan.ipynb has no source: write one, or delete it."]
    (folder / "98_orphan.ipynb").unlink()
    student.unlink()
    assert build.stale(folder) == ["notebooks/99_sample.ipynb is missing: run `make notebooks`."]


def test_a_cell_that_fails_is_named_and_nothing_is_written(folder: Path) -> None:
    path = write(folder, "```{code-cell}\nx = 1\nprint(x / 0)\n```\n")
    with pytest.raises(build.BuildError, match=r"99_sample\.ipynb, cell 2 \('x = 1'\) failed: ZeroDivisionError"):
        build.build(folder, [])
    assert not build.targets(path, folder)[0].exists()


def test_an_unknown_name_says_which_exist(folder: Path) -> None:
    write(folder, "")
    with pytest.raises(build.BuildError, match=r"No source begins with \['12'\]; there are \['99_sample'\]"):
        build.build(folder, ["12"])


def test_a_notebook_that_cannot_be_read_is_stale(folder: Path) -> None:
    path = write(folder, EXERCISE)
    student, _ = build.targets(path, folder)
    student.write_text("<<<<<<< half a file", "utf-8")
    assert any("99_sample.ipynb is stale" in fault for fault in build.stale(folder))
