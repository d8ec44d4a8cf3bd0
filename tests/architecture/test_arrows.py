"""Arrows only point down: notebooks -> widgets -> lessons, and inside lessons checks -> topics -> core."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

REPO = Path(__file__).resolve().parents[2]
VIEW = {"IPython", "ipywidgets", "plotly", "bertviz", "anywidget", "widgets", "matplotlib"}
HEAVY = {"transformers", "bertviz", "tokenizers"}
MODULES = sorted([*(REPO / "lessons").rglob("*.py"), *(REPO / "widgets").rglob("*.py")])


def imports(source: str, everywhere: bool = True) -> set[str]:
    """Return the dotted names that a module imports; at its top only, if not ``everywhere``."""
    tree = ast.parse(source)
    nodes = ast.walk(tree) if everywhere else tree.body
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def faults(path: Path, source: str) -> list[str]:
    """Return what a module at ``path`` imports and must not."""
    parts = path.relative_to(REPO).parts
    names = imports(source)
    wrong = {n for n in names if n.split(".")[0] in {"notebooks", "tests", "benchmarks"}}
    if parts[0] == "lessons":
        wrong |= {n for n in names if n.split(".")[0] in VIEW}
        if parts[1] == "core":
            wrong |= {n for n in names if n.startswith("lessons.") and not n.startswith("lessons.core")}
        elif parts[1] != "checks":
            wrong |= {n for n in names if n.startswith("lessons.checks")}
    if parts[:2] == ("widgets", "instruments"):
        wrong |= {n for n in names if n.startswith("widgets.explorers")}
        # Instruments know no model: of the lessons only what a question is.
        wrong |= {n for n in names if n.startswith("lessons.") and not n.startswith("lessons.checks")}
    wrong |= {n for n in imports(source, everywhere=False) if n.split(".")[0] in HEAVY}
    return [f"{path.relative_to(REPO)} imports {n}" for n in sorted(wrong)]


def test_no_arrow_points_up() -> None:
    assert [fault for path in MODULES for fault in faults(path, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("lessons/recurrent/rnn.py", "import ipywidgets as ipw"),
        ("lessons/recurrent/rnn.py", "from widgets.theme import PALETTE"),
        ("lessons/recurrent/rnn.py", "from lessons.checks import Check"),
        ("lessons/core/device.py", "from lessons.recurrent.rnn import RNN"),
        ("lessons/core/device.py", "def f():\n    import plotly"),
        ("widgets/theme.py", "import tests.browser"),
        ("widgets/instruments/bars.py", "from widgets.explorers.explorer import Explorer"),
        ("widgets/instruments/bars.py", "from lessons.recurrent.rnn import RNN"),
        ("widgets/explorers/explorer.py", "import transformers"),
    ],
)
def test_a_planted_wrong_arrow_is_found(place: str, line: str) -> None:
    assert faults(REPO / place, line)


def test_only_notebooks_tests_and_benchmarks_import_widgets() -> None:
    for path in (REPO / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert "import ipywidgets as widgets" not in cell.source
    assert not any("widgets" in n for n in imports((REPO / "notebooks" / "build.py").read_text("utf-8")))


def test_every_room_is_small_and_says_what_it_is() -> None:
    rooms = [
        *MODULES,
        *(REPO / "widgets").rglob("*.js"),
        *(REPO / "widgets").rglob("*.css"),
        REPO / "notebooks/build.py",
    ]
    assert len(rooms) > 30
    for path in rooms:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 300, f"{path.relative_to(REPO)} holds perhaps two ideas"
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(text)), f"{path.relative_to(REPO)} does not say what it is"


def test_no_view_loads_from_another_host() -> None:
    for path in [p for p in (REPO / "widgets").rglob("*") if p.suffix in {".py", ".js", ".css"}]:
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`]*", path.read_text("utf-8"))
        assert all(a.startswith("http://www.w3.org/") for a in addresses), (path.name, addresses)


def test_no_view_parses_text_of_a_user() -> None:
    for path in (REPO / "widgets").rglob("*.js"):
        text = path.read_text("utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ):
            assert word not in text, (path.name, word)
