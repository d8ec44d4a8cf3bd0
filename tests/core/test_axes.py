"""Every word in a jaxtyping signature of `lessons` is in the glossary."""

import ast
import re
from pathlib import Path

import lessons
from lessons.core.axes import AXES

KINDS = re.compile(r"(BFloat|Float|Int|UInt|Integer|Complex|Inexact|Real|Num|Bool|Shaped)\d*")
ROOT = Path(lessons.__file__).parent


def axes_in(source: str) -> set[str]:
    """The words of all annotations such as Float[Tensor, "batch time"], found in the syntax tree."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name | ast.Attribute):
            kind = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            if KINDS.fullmatch(kind) and len(parts) == 2 and isinstance(parts[1], ast.Constant):
                found |= set(re.findall(r"[A-Za-z_]\w*", parts[1].value))
    return found


def test_all_axes_are_in_the_glossary():
    unknown = {
        f"{path.relative_to(ROOT)}: {axis}"
        for path in ROOT.rglob("*.py")
        for axis in axes_in(path.read_text(encoding="utf-8")) - AXES.keys()
    }
    assert not unknown, f"Not in lessons/core/axes.py: {sorted(unknown)}"


def test_the_search_finds_axes():
    source = 'def f(x: Float[Tensor, "batch tiem+1"]) -> dict[str, "nothing"]: ...'
    source += '\ny: jaxtyping.Int[Tensor, "3 words"]'
    assert axes_in(source) == {"batch", "tiem", "words"}
    everywhere = set().union(*(axes_in(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")))
    assert {"batch", "time", "hidden", "layer"} <= everywhere


def test_every_axis_has_a_meaning():
    assert all(meaning.strip() for meaning in AXES.values())
