"""Build the notebooks: one source that people edit, two notebooks that nobody does.

`notebooks/source/NN_topic.md` (MyST Markdown, read by jupytext) becomes `notebooks/NN_topic.ipynb` for the student and
`notebooks/solutions/NN_topic.ipynb` with the answers. Both are run from top to bottom before they are written.

    python notebooks/build.py                   all of them
    python notebooks/build.py 01_rnn_gradients  only this one
    python notebooks/build.py --check           runs nothing, fails if a notebook is not what its source says

The markers of solutions are nbgrader's (`### BEGIN SOLUTION`, `### END SOLUTION`, `### BEGIN HIDDEN TESTS`,
`### END HIDDEN TESTS`), so that a graded course can be built from the same source. What differs: a malformed marker
is always an error, also in prose, because a marker that is not seen gives the answer away.

The same source gives the same bytes: ids come from position and content, nothing of the machine is kept, and
only cells tagged `nbval-check-output` keep their outputs, which nbval compares.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FOLDER = Path(__file__).resolve().parent
CELL_TIMEOUT = 90  # seconds, the budget of a whole notebook
CHECKED = "nbval-check-output"
ANSWER = "solution"  # tag of a cell, most often prose, that only the solution notebook shows
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")  # nbgrader's own

MARKER = re.compile(r"\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*")
# Wide on purpose: a misspelt marker is an answer in the student's file.
NEARLY_A_MARKER = re.compile(
    r"#+\s*(BEGIN|END)\b|(?i:#+[\s_-]*(begin|end|start|stop)[\s_-]*(solution|hidden[\s_-]*test))"
)


class BuildError(Exception):
    """One sentence that names the file and says what to do."""


@dataclass
class Cell:
    """A cell of a source: its kind ("code" or "markdown"), text, tags, whether it is folded, and its first line."""

    kind: str
    text: str
    tags: list[str] = field(default_factory=list)
    folded: bool = False
    line: int = 0


# --- Reading a source ---


def read_source(path: Path) -> list[Cell]:
    """The cells of a source file, its markers checked. Raises BuildError with the file, the cell and the line."""
    text = path.read_text(encoding="utf-8")
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:
        raise BuildError(f"{path.name}: the options of a cell cannot be read ({error}).") from None
    cells = []
    lines = text.splitlines()
    for read, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        body = read.source.splitlines()
        first = next((n for n in range(start, len(lines)) if lines[n : n + len(body)] == body), start)
        folded = bool(read.metadata.get("jupyter", {}).get("source_hidden"))
        cells.append(
            Cell(read.cell_type, read.source, list(read.metadata.get("tags", [])), folded, first + 1)
        )
    for number, cell in enumerate(cells, 1):
        where = f"{path.name}, cell {number}"
        if cell.kind not in ("code", "markdown"):
            raise BuildError(
                f"{where}, line {cell.line}: a {cell.kind} cell has no use here; make it prose or code."
            )
        if cell.kind == "code" and not cell.text.strip():
            raise BuildError(
                f"{where}, line {cell.line}: the code cell is empty; nothing could ever be compared."
            )
        check_markers(cell, where)
    return cells


def check_markers(cell: Cell, where: str) -> None:
    """Raise BuildError at the first marker of the cell that is misspelt, nested, unclosed or without a beginning."""
    open_name, open_line = None, 0
    for number, line in enumerate(cell.text.splitlines(), cell.line):
        here = f"{where}, line {number}"
        marker = MARKER.fullmatch(line)
        if not marker:
            if NEARLY_A_MARKER.search(line):
                raise BuildError(
                    f"{here}: {line.strip()!r} is no marker; write '### BEGIN SOLUTION' or the like."
                )
            continue
        edge, name = marker.groups()
        if cell.kind != "code":
            raise BuildError(f"{here}: {line.strip()!r} stands in prose; tag the cell '{ANSWER}' instead.")
        if edge == "BEGIN" and open_name:
            raise BuildError(f"{here}: {line.strip()!r} inside '### BEGIN {open_name}'; regions do not nest.")
        if edge == "END" and name != open_name:
            raise BuildError(f"{here}: {line.strip()!r} without its '### BEGIN {name}' in this cell.")
        open_name, open_line = (name, number) if edge == "BEGIN" else (None, 0)
    if open_name:
        raise BuildError(f"{where}, line {open_line}: '### BEGIN {open_name}' is never closed in this cell.")


def regions(text: str) -> Iterator[tuple[str | None, str]]:
    """(region, line) for every line of a code cell: "SOLUTION", "HIDDEN TESTS" or None; an END line comes with None."""
    region = None
    for line in text.splitlines():
        if marker := MARKER.fullmatch(line):
            region = marker[2] if marker[1] == "BEGIN" else None
        yield region, line


# --- Two notebooks from one source ---


def for_student(cells: list[Cell]) -> list[Cell]:
    """The cells with a stub in place of every solution, without hidden tests and without cells tagged `solution`."""
    kept = []
    for cell in cells:
        if ANSWER in cell.tags:
            continue
        lines = []
        for region, line in regions(cell.text):
            if not MARKER.fullmatch(line):
                lines += [line] if region is None else []
            elif region == "SOLUTION":
                indent = line[: len(line) - len(line.lstrip())]
                lines += [indent + part for part in STUB]
        text = "\n".join(lines).strip("\n")
        if text:
            kept.append(Cell(cell.kind, text, cell.tags, cell.folded))
    return kept


def for_solution(cells: list[Cell]) -> list[Cell]:
    """The cells with their answers, without the markers; a cell that holds an answer is folded."""
    kept = []
    for cell in cells:
        lines = [line for line in cell.text.splitlines() if not MARKER.fullmatch(line)]
        answered = len(lines) < len(cell.text.splitlines())
        folded = cell.folded or answered or (cell.kind == "code" and ANSWER in cell.tags)
        kept.append(Cell(cell.kind, "\n".join(lines).strip("\n"), cell.tags, folded))
    return kept


def to_notebook(cells: list[Cell], source_sha256: str) -> nbformat.NotebookNode:
    """A notebook without outputs. Run All numbers its code cells 1, 2, 3, so the counts are known before it runs."""
    made = []
    for position, cell in enumerate(cells):
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        metadata = {"tags": cell.tags} if cell.tags else {}
        if cell.folded:
            metadata["jupyter"] = {"source_hidden": True}
        name = hashlib.sha256(f"{position} {cell.kind} {cell.text}".encode()).hexdigest()[:12]
        made.append(make(cell.text, id=name, metadata=metadata))
    for count, cell in enumerate(code_cells(made), 1):
        cell.execution_count = count
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "unrolled": {"source_sha256": source_sha256},
    }
    return new_notebook(cells=made, metadata=metadata)


def code_cells(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    return [cell for cell in cells if cell.cell_type == "code"]


def is_checked(cell: nbformat.NotebookNode) -> bool:
    return CHECKED in cell.metadata.get("tags", [])


def to_text(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, version=4) + "\n"


def from_source(source: Path) -> dict[Path, nbformat.NotebookNode]:
    """{target: notebook without outputs} of one source: the student's and the solution's."""
    cells = read_source(source)
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    folder, name = source.parent.parent, f"{source.stem}.ipynb"
    return {
        folder / name: to_notebook(for_student(cells), sha256),
        folder / "solutions" / name: to_notebook(for_solution(cells), sha256),
    }


# --- Running them ---


def execute(notebook: nbformat.NotebookNode, target: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of its checked cells, run in the target's folder. Solutions run in strict mode.

    Raises BuildError with the notebook, the cell, its first line and the last line of the exception.
    """
    environment = {key: value for key, value in os.environ.items() if key != "UNROLLED_STRICT"}
    if target.parent.name == "solutions":
        environment["UNROLLED_STRICT"] = "1"
    place = {"metadata": {"path": str(target.parent)}}
    run = nbformat.from_dict(json.loads(json.dumps(notebook)))
    client = NotebookClient(
        run,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources=place,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(run.cells):
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise BuildError(failure(target, index, cell, error)) from None
    for cell, ran in zip(notebook.cells, run.cells, strict=True):
        if cell.cell_type == "code" and is_checked(cell):
            cell.outputs = [
                {**output, "metadata": {}} if "metadata" in output else output for output in ran.outputs
            ]
    return nbformat.from_dict(notebook)


def failure(target: Path, index: int, cell: nbformat.NotebookNode, error: Exception) -> str:
    first = next(line for line in cell.source.splitlines() if line.strip())
    if isinstance(error, CellExecutionError):
        last = f"{error.ename}: {error.evalue}".strip().splitlines()[-1]
    else:
        last = str(error).strip().splitlines()[0]
    return f"{shown(target)}, cell {index + 1} (`{first}`) failed: {last}"


def shown(target: Path) -> str:
    """The path as people say it: notebooks/01_x.ipynb, notebooks/solutions/01_x.ipynb."""
    return (
        "notebooks/solutions/" + target.name
        if target.parent.name == "solutions"
        else "notebooks/" + target.name
    )


# --- The command ---


def check(folder: Path, sources: list[Path]) -> list[str]:
    """A sentence for every notebook that is not what its source says, or that has no source. Runs nothing."""
    sentences = []
    for source in sources:
        for target, notebook in from_source(source).items():
            if not target.exists():
                sentences.append(f"{shown(target)} is missing: run make notebooks")
            elif not is_current(notebook, target):
                sentences.append(f"{shown(target)} is stale: run make notebooks")
    known = {source.stem for source in (folder / "source").glob("*.md")}
    for target in sorted([*folder.glob("*.ipynb"), *folder.glob("solutions/*.ipynb")]):
        if target.stem not in known:
            sentences.append(
                f"{shown(target)} has no source: write notebooks/source/{target.stem}.md or delete it"
            )
    return sentences


def is_current(notebook: nbformat.NotebookNode, target: Path) -> bool:
    """Whether the file is this notebook to the byte, but for the outputs of checked cells: those nbval compares."""
    text = target.read_text(encoding="utf-8")
    try:
        stored = json.loads(text)["cells"]
        for cell, old in zip(notebook.cells, stored, strict=True):
            if cell.cell_type == "code" and is_checked(cell):
                cell.outputs = old["outputs"]
        return to_text(nbformat.from_dict(notebook)) == text
    except (ValueError, KeyError, TypeError, AttributeError):  # no JSON, other cells, no notebook
        return False


def build(sources: list[Path]) -> None:
    for source in sources:
        for target, notebook in from_source(source).items():
            start = time.perf_counter()
            text = to_text(execute(notebook, target))
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"{shown(target)}: {time.perf_counter() - start:.1f} s", flush=True)


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Build or check the notebooks under `folder`; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="build only these, for example 01_rnn_gradients"
    )
    parser.add_argument("--check", action="store_true", help="run nothing, fail if a notebook is stale")
    options = parser.parse_args(arguments)
    sources = sorted((folder / "source").glob("*.md"))
    if options.names:
        unknown = set(options.names) - {source.stem for source in sources}
        if unknown:
            known = ", ".join(source.stem for source in sources)
            print(f"No source named {', '.join(sorted(unknown))}; there are: {known}.", file=sys.stderr)
            return 1
        sources = [source for source in sources if source.stem in options.names]
    try:
        sentences = check(folder, sources) if options.check else build(sources) or []
    except BuildError as error:
        sentences = [str(error)]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
