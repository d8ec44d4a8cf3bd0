"""Every notebook: its anatomy, its budget, and that what is stored is what a fresh run prints."""

import re
from pathlib import Path

import nbformat
import pytest

from lessons.checks import all_checks
from notebooks import build
from tests.notebooks.running import REPO, Run, run_nbval

FOLDER = REPO / "notebooks"
STUDENT = sorted(FOLDER.glob("*.ipynb"))
SOLUTION = sorted((FOLDER / "solutions").glob("*.ipynb"))
ALL = STUDENT + SOLUTION
SOURCES = sorted((FOLDER / "source").glob("*.md"))
names = [str(p.relative_to(FOLDER)) for p in ALL]
BUDGET = {"default": (90, 1.5), "00": (60, 1.0), "01": (60, 1.0)}
"""Seconds and 10^9 bytes by lesson, on two cores."""


LESSONS = {
    "01_rnn_gradients": 3,
    "02_lstm_gates": 2,
    "03_attention_heads": 4,
    "04_positional_encodings": 4,
    "05_bert_masking": 5,
    "06_gpt_few_shot": 4,
    "07_chain_of_thought": 5,
}
"""How many explorers a lesson has."""


def cells(path: Path, kind: str | None = None) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if kind in (None, c.cell_type)]


def faults_of_storage(notebook: nbformat.NotebookNode) -> list[str]:
    """What would make nbval compare nothing, or the file hold what it should not."""
    faults = []
    code = [c for c in notebook.cells if c.cell_type == "code"]
    checked = [c for c in code if build.CHECKED in c.metadata.get("tags", [])]
    if not checked:
        faults.append("no cell is checked")
    for cell in code:
        first = cell.source.split("\n")[0]
        if cell.execution_count is None:
            faults.append(f"never run, so never compared: {first}")
        if cell in checked and not cell.outputs:
            faults.append(f"checked, and has no output: {first}")
        if cell not in checked and cell.outputs:
            faults.append(f"not checked, and has an output: {first}")
    if "widgets" in notebook.metadata:
        faults.append("holds the state of widgets")
    return faults


def test_there_is_a_notebook_for_every_source() -> None:
    stems = [p.stem for p in SOURCES]
    assert stems and stems == [p.stem for p in STUDENT] == [p.stem for p in SOLUTION]


def test_no_notebook_is_stale() -> None:
    assert build.stale(FOLDER) == []


@pytest.mark.parametrize("path", ALL, ids=names)
def test_what_is_stored_can_be_compared(path: Path) -> None:
    assert faults_of_storage(nbformat.read(path, as_version=4)) == []


def test_a_cell_without_a_count_would_be_noticed() -> None:
    notebook = nbformat.read(STUDENT[0], as_version=4)
    next(c for c in notebook.cells if c.cell_type == "code").execution_count = None
    assert any("never run" in fault for fault in faults_of_storage(notebook))


@pytest.mark.parametrize("path", ALL, ids=names)
def test_prose_and_code_are_in_proportion(path: Path) -> None:
    code, prose = cells(path, "code"), cells(path, "markdown")
    assert len(prose) >= 1.5 * len(code)
    for cell in code:
        assert len(cell.source.strip().split("\n")) <= 15, f"more than 15 lines:\n{cell.source}"


@pytest.mark.parametrize("path", STUDENT, ids=[p.stem for p in STUDENT])
def test_anatomy(path: Path) -> None:
    prose = [c.source for c in cells(path, "markdown")]
    text = "\n".join(prose)
    assert re.match(rf"# {path.stem[:2]} ", prose[0]), "the title begins with the lesson's number"
    for part in ("**What you will be able to do**", "**Time and memory**", "## Summary", "## References"):
        assert part in text, f"{part} is missing"
    order = [text.index(part) for part in ("**What you will", "**Time and", "## Summary", "## References")]
    assert order == sorted(order)


@pytest.mark.parametrize("path", ALL, ids=names)
def test_lessons_is_imported_before_torch(path: Path) -> None:
    """Else torch's threads spin while they wait, outside `make`, and one busy neighbour slows them a hundredfold."""
    lines = "\n".join(c.source for c in cells(path, "code")).split("\n")
    torch, ours = (next((i for i, line in enumerate(lines) if re.match(start, line)), len(lines)) for start in
                   ("(import|from) torch", "(import|from) lessons"))  # fmt: skip
    assert ours < torch


@pytest.mark.parametrize("path", STUDENT, ids=[p.stem for p in STUDENT])
def test_every_exercise_is_the_fixed_block(path: Path) -> None:
    """Heading, difficulty and minutes, task in bullets, stub, one check, folded hint."""
    every = cells(path)
    starts = [i for i, c in enumerate(every) if c.source.startswith("### Exercise ")]
    assert starts
    for at in starts:
        heading, stub, check, hint = every[at : at + 4]
        assert re.match(r"### Exercise \d+: .+\n\n\*Difficulty: [●○]{3} · about \d+ minutes\*\n\n- ", heading.source)
        assert build.STUB[1] in stub.source and stub.cell_type == "code"
        assert re.fullmatch(r"check\.\w+\(\w+\)", check.source)
        assert hint.source.startswith("<details>\n<summary>Hint</summary>")


@pytest.mark.parametrize(("stem", "explorers"), LESSONS.items())
def test_a_lesson_has_its_checks_predictions_and_explorers(stem: str, explorers: int) -> None:
    text = "\n".join(c.source for c in cells(FOLDER / f"{stem}.ipynb", "code"))
    checks = set(re.findall(r"^check\.(\w+)\(", text, re.MULTILINE))
    assert len(checks) >= 4
    assert checks <= {name.split(".")[-1] for name in all_checks()}
    assert len(re.findall(r"^Prediction\(", text, re.MULTILINE)) >= 3
    assert len(re.findall(r"from widgets\.explorers\.\w+ import [A-Z]", text)) == explorers


@pytest.mark.parametrize("path", SOURCES, ids=[p.stem for p in SOURCES])
def test_no_answer_leaks_into_the_student_s_file(path: Path) -> None:
    student, solution = build.targets(path, FOLDER)
    stored = student.read_text("utf-8")
    stubs = sum(build.STUB[1] in c.source for c in cells(student, "code"))
    answers = [c for c in cells(solution, "code") if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert stubs == len(answers) > 0
    answers_by_name = {re.search(r"def (\w+)", c.source)[1]: c.source.split("\n") for c in answers}
    for cell in cells(student, "code"):
        if build.STUB[1] not in cell.source:
            continue
        name, stub = re.search(r"def (\w+)", cell.source)[1], cell.source.split("\n")
        head = [line for line in stub if line.strip() not in build.STUB]
        answer = answers_by_name[name]
        assert answer[: len(head)] == head and len(answer) > len(head), (
            "the stub is the head of the answer, and no more"
        )
        block = "\n".join(line.strip() for line in answer[len(head) :])
        assert block not in re.sub(r"\n\s*", "\n", "\n".join(c.source for c in cells(student)))
        beside_the_text = "".join(str(c.get("outputs", "")) + str(c.metadata) for c in cells(student))
        assert not any(line.strip() in beside_the_text for line in answer[len(head) :] if line.strip())
    assert "BEGIN SOLUTION" not in stored and "HIDDEN TESTS" not in stored


@pytest.mark.notebook
@pytest.mark.parametrize("path", ALL, ids=names)
def test_a_fresh_run_prints_what_is_stored_within_the_budget(path: Path, tmp_path: Path, capsys) -> None:
    """The student's notebooks run with the real models, as far as they were fetched, and the solutions without."""
    result = run_nbval(path, tmp_path / "network.log", strict=path in SOLUTION, real=path in STUDENT)
    assert result.code == 0, result.output[-4000:]
    assert result.passed == len(cells(path, "code")), "nbval must collect every code cell"
    assert result.network == ""
    seconds, gigabytes = BUDGET.get(path.stem[:2], BUDGET["default"])
    with capsys.disabled():
        print(f"\n  {path.relative_to(FOLDER)}: {result.seconds:.1f} s, {result.gigabytes:.2f} GB", flush=True)
    assert result.seconds < seconds
    assert 0 < result.gigabytes < gigabytes


def planted(tmp_path: Path, source: str, output: str = "") -> Run:
    """Run a notebook with one checked cell that claims to print ``output``."""
    cell = nbformat.v4.new_code_cell(source, execution_count=1, metadata={"tags": [build.CHECKED]})
    cell.outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "planted.ipynb")
    return run_nbval(tmp_path / "planted.ipynb", tmp_path / "network.log")


@pytest.mark.notebook
def test_an_output_that_is_no_longer_true_fails(tmp_path: Path) -> None:
    assert planted(tmp_path, "print(6 * 7)", "42\n").code == 0
    assert planted(tmp_path, "print(6 * 7)", "41\n").code != 0


@pytest.mark.notebook
def test_the_network_guard_bites(tmp_path: Path) -> None:
    source = (
        "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error:\n    print('no network' in str(error))"
    )
    result = planted(tmp_path, source, "True\n")
    assert result.code == 0, result.output
    assert "192.0.2.1" in result.network


@pytest.mark.notebook
def test_the_network_guard_knows_every_way_out(tmp_path: Path) -> None:
    ways = (
        "gethostbyname('out.invalid')",
        "getaddrinfo('out.invalid', 80)",
        "gethostbyaddr('192.0.2.1')",
        "socket(type=SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))",
        "socket(type=SOCK_DGRAM).sendmsg([b''], [], 0, ('192.0.2.1', 9))",
        "socket().connect_ex(('192.0.2.1', 9))",
    )
    tries = "".join(f"try:\n    {way}\nexcept OSError as error:\n    print(error)\n" for way in ways)
    result = planted(tmp_path, "from socket import *\n" + tries)
    assert len(result.network.splitlines()) == len(ways), result.network
