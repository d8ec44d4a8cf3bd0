"""What this computer offers to the course, in words: for the first cell of lesson 00."""

import importlib.metadata
import platform
import sys

from lessons import zoo
from lessons.core.device import describe
from lessons.zoo import packaged
from lessons.zoo import weights as box

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
    """Return a line for the trained models in the box, for the real ones, and for each that cannot be used."""
    good, real, absent, lines = [], [], [], []
    try:
        for name in zoo.names():
            entry = zoo.entry(name)
            try:
                if isinstance(entry, zoo.Packaged):
                    packaged.check(entry)
                    real.append(name)
                else:
                    box.read(entry.path, entry)  # without its base, which has a line of its own
                    good.append(name)
            except zoo.NotFetched:
                absent.append(name)
            except zoo.ZooError as error:
                lines.append(f"[FAIL] {error}")
    except zoo.ZooError as error:  # the list itself is broken
        lines.append(f"[FAIL] {error}")
    if real:
        lines.append(f"[OK]   Real models on this computer: {', '.join(real)}")
    if absent:
        lines.append(
            f"[OK]   Real models that are not here yet: {', '.join(absent)}. The lessons go on with small ones; "
            "`python -m lessons.zoo fetch` brings them."
        )
    if not good:
        return [*lines, "[FAIL] There is no trained model in the box: take the folder lessons/zoo again."]
    return [f"[OK]   Trained models in the box: {', '.join(good)}", *lines]
