"""Build the notebooks: ``source/NN_topic.md`` -> ``NN_topic.ipynb`` (student) and ``solutions/NN_topic.ipynb``.

    python notebooks/build.py              build all: convert, run, keep what is checked
    python notebooks/build.py 01_rnn       build those whose name begins so
    python notebooks/build.py --check      fail when a stored notebook is not what its source says

The markers of solutions are nbgrader's, so that a graded course can be built from the same source. The student's file
never holds an answer: regions of solutions become a stub, and outputs are only kept in cells tagged
``nbval-check-output``, which nbval compares with a fresh run.
"""

import argparse
import hashlib
import os
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
SOURCE, SOLUTIONS = "source", "solutions"
CHECKED, SOLUTION_CELL = "nbval-check-output", "solution"
STUB = ["# YOUR CODE HERE", "raise NotImplementedError()"]
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
MARKERS = {BEGIN: END, BEGIN_HIDDEN: END_HIDDEN}
# Wide on purpose, and anywhere in a line: a misspelt marker is an answer in the student's file.
LIKE_A_MARKER = re.compile(r"#+\s*(BEGIN|END)\b|(?i:#+[\s_-]*(begin|end|start|stop)[\s_-]*(solution|hidden))")
CELL_SECONDS = 90


class BuildError(Exception):
    """A source that cannot be built; says where, and what to mend."""


def regions(cell: NotebookNode, where: str) -> list[tuple[str, str]]:
    """Return the cell's lines as (kind, line), kind being "plain", "marker", "solution" or "hidden".

    Raises:
        BuildError: for a marker that is not closed, not opened, nested, misspelt, or in a text cell.
    """
    result: list[tuple[str, str]] = []
    inside = ""
    for number, line in enumerate(cell.source.split("\n"), start=1):
        mark = line.strip()
        place = f"{where}, line {number}"
        if mark in MARKERS or mark in MARKERS.values():
            if cell.cell_type != "code":
                raise BuildError(f"{place}: the marker {mark!r} stands in a text cell; markers belong into code.")
            if mark in MARKERS and inside:
                raise BuildError(f"{place}: {mark!r} inside {inside!r}; close the first region before the next.")
            if mark not in MARKERS and MARKERS.get(inside) != mark:
                raise BuildError(f"{place}: {mark!r} closes nothing; its BEGIN is missing.")
            inside = mark if mark in MARKERS else ""
            result.append(("marker", line))
        elif LIKE_A_MARKER.search(line):
            raise BuildError(
                f"{place}: {mark!r} looks like a marker; write exactly one of {[*MARKERS, *MARKERS.values()]}."
            )
        else:
            result.append(({"": "plain", BEGIN: "solution", BEGIN_HIDDEN: "hidden"}[inside], line))
    if inside:
        raise BuildError(f"{where}: {inside!r} is not closed; add {MARKERS[inside]!r}.")
    return result


def student_source(lines: list[tuple[str, str]]) -> str:
    """Return the cell as a student gets it: a stub for each solution, no hidden test."""
    kept: list[str] = []
    for kind, line in lines:
        if kind == "plain":
            kept.append(line)
        elif kind == "marker" and line.strip() == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + stub for stub in STUB]
    return "\n".join(kept)


def solution_source(lines: list[tuple[str, str]]) -> str:
    """Return the cell with its solution, without the marker lines."""
    return "\n".join(line for kind, line in lines if kind != "marker")


def convert(path: Path) -> tuple[NotebookNode, NotebookNode]:
    """Return (student, solution) for one source, not yet run."""
    text = path.read_text("utf-8")
    read = jupytext.reads(text, fmt="md:myst")
    digest = hashlib.sha256(text.encode()).hexdigest()
    notebooks = [nbformat.v4.new_notebook(), nbformat.v4.new_notebook()]
    for number, cell in enumerate(read.cells, start=1):
        lines = regions(cell, f"{path.name}, cell {number}")
        tags = cell.metadata.get("tags", [])
        has_solution = any(kind == "marker" and line.strip() == BEGIN for kind, line in lines)
        for notebook, source in zip(notebooks, (student_source(lines), solution_source(lines)), strict=True):
            if notebook is notebooks[0] and SOLUTION_CELL in tags:
                continue
            make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
            new = make(source)
            new.id = f"cell-{number:03d}"
            if tags:
                new.metadata.tags = list(tags)
            if has_solution and notebook is notebooks[1]:
                new.metadata.jupyter = {"source_hidden": True}  # folded: a click opens it
            notebook.cells.append(new)
    for notebook in notebooks:
        notebook.metadata = NotebookNode(
            kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
            language_info={"name": "python"},
            unrolled={"source_sha256": digest},
        )
    return notebooks[0], notebooks[1]


def run(notebook: NotebookNode, name: str, folder: Path, strict: bool) -> None:
    """Run all cells from ``folder``; keep every count, and the outputs of checked cells only."""
    env = {k: v for k, v in os.environ.items() if k != "UNROLLED_STRICT"} | ({"UNROLLED_STRICT": "1"} if strict else {})
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent), env.get("PYTHONPATH")]))
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    try:
        client.execute(env=env)
    except CellExecutionError as error:
        number = next(
            i for i, c in enumerate(notebook.cells, 1) if any(o.output_type == "error" for o in c.get("outputs", []))
        )
        first = notebook.cells[number - 1].source.split("\n")[0]
        raise BuildError(f"{name}, cell {number} ({first!r}) failed: {error.ename}: {error.evalue}") from None
    keep_checked(notebook)


def keep_checked(notebook: NotebookNode) -> None:
    """Remove what a run leaves behind, but for the outputs of checked cells; counts become 1, 2, 3, …"""
    count = 0
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        if CHECKED not in cell.metadata.get("tags", []):
            cell.outputs = []
        for output in cell.outputs:
            output.pop("metadata", None)
            if output.output_type == "execute_result":
                output.execution_count, output.metadata = count, {}
        cell.outputs = _joined(cell.outputs)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: how a print is cut up differs from run to run."""
    joined: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def without_outputs(notebook: NotebookNode) -> str:
    """Return the notebook as text, without what only a run can tell."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(copy)


def targets(path: Path, folder: Path) -> tuple[Path, Path]:
    """Return where the student's and the solution's notebook of a source go."""
    return folder / f"{path.stem}.ipynb", folder / SOLUTIONS / f"{path.stem}.ipynb"


def is_current(target: Path, fresh: NotebookNode) -> bool:
    """Return whether the stored file is this notebook but for its outputs; a file that cannot be read is not."""
    try:
        return without_outputs(nbformat.read(target, as_version=4)) == without_outputs(fresh)
    except ValueError:  # half written, or left in conflict by a merge
        return False


def stale(folder: Path) -> list[str]:
    """Return one sentence for every stored notebook that is not what its source says."""
    faults, known = [], set()
    for path in sorted((folder / SOURCE).glob("*.md")):
        for target, fresh in zip(targets(path, folder), convert(path), strict=True):
            known.add(target)
            name = target.relative_to(folder)
            if not target.exists():
                faults.append(f"notebooks/{name} is missing: run `make notebooks`.")
            elif not is_current(target, fresh):
                faults.append(f"notebooks/{name} is stale: run `make notebooks`.")
    for path in [*folder.glob("*.ipynb"), *(folder / SOLUTIONS).glob("*.ipynb")]:
        if path not in known:
            faults.append(f"notebooks/{path.relative_to(folder)} has no source: write one, or delete it.")
    return faults


def build(folder: Path, beginnings: list[str]) -> None:
    """Build the notebooks of all sources in ``folder / "source"``, or of those whose name begins so."""
    sources = sorted((folder / SOURCE).glob("*.md"))
    chosen = [p for p in sources if not beginnings or any(p.stem.startswith(b) for b in beginnings)]
    if not chosen:
        raise BuildError(f"No source begins with {beginnings}; there are {[p.stem for p in sources]}.")
    (folder / SOLUTIONS).mkdir(exist_ok=True)
    for path in chosen:
        for target, notebook, strict in zip(targets(path, folder), convert(path), (False, True), strict=True):
            start = time.monotonic()
            run(notebook, str(target.relative_to(folder)), target.parent, strict)
            temporary = target.with_suffix(".tmp")
            temporary.write_text(nbformat.writes(notebook) + "\n", "utf-8")
            os.replace(temporary, target)
            print(f"{target.relative_to(folder)}: {time.monotonic() - start:.0f} s", flush=True)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the notebooks from their sources.")
    parser.add_argument("names", nargs="*", help="beginnings of names; all when none is given")
    parser.add_argument("--check", action="store_true", help="only say which notebooks are stale")
    options = parser.parse_args()
    try:
        if options.check:
            faults = stale(HERE)
            print("\n".join(faults) or "All notebooks are what their sources say.")
            return 1 if faults else 0
        build(HERE, options.names)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
