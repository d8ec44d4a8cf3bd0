"""What this computer offers to the course, in words: for the first cell of lesson 00."""

import importlib.metadata
import platform
import sys

from lessons import zoo
from lessons.core.device import describe

OLDEST_PYTHON = (3, 11)
PACKAGES = ("torch", "jupyterlab", "ipywidgets", "anywidget", "plotly")
ADVICE = "Close JupyterLab and run `make lab` in the course's folder: it installs what is missing."


def report() -> str:
    """Return one line for Python, each package, the device and the weights, each with [OK] or [FAIL] and what to do."""
    python = platform.python_version()
    lines = [
        f"[OK]   Python {python}"
        if sys.version_info >= OLDEST_PYTHON
        else f"[FAIL] Python {python} is too old: the course needs 3.11 or newer. {ADVICE}"
    ]
    for package in PACKAGES:
        try:
            lines.append(f"[OK]   {package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"[FAIL] {package} is not installed. {ADVICE}")
    lines.append(f"[OK]   {describe()}")
    lines += weights()
    return "\n".join(lines)


def weights() -> list[str]:
    """Return one line for all trained models that are in the box, and one for each that cannot be used."""
    good, lines = [], []
    try:
        for name in zoo.names():
            try:
                zoo.load(name)
                good.append(name)
            except zoo.ZooError as error:
                lines.append(f"[FAIL] {error}")
    except zoo.ZooError as error:  # the list itself is broken
        lines.append(f"[FAIL] {error}")
    if not good:
        return [*lines, "[FAIL] There is no trained model in the box: take the folder lessons/zoo again."]
    return [f"[OK]   Trained models in the box: {', '.join(good)}", *lines]
