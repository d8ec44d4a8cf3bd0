"""What is left out for want of a browser or of real weights is said aloud, and is a failure where they are required."""

import os

import pytest
import torch

from tests.browser.lab import find_browser
from tests.real_weights import absent

LEFT_OUT = pytest.StashKey[list[str]]()

# The models of the tests are tiny, and a second thread makes them slower: on two cores, 161 s of tests with one thread.
# Notebooks and kernels are processes of their own and keep theirs.
torch.set_num_threads(1)


@pytest.hookimpl(trylast=True)  # after -m and -k: what was not chosen is not left out
def pytest_collection_modifyitems(config, items):
    # The browser comes last: what is quick fails first, and Playwright keeps an event loop running once it has started.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    config.stash[LEFT_OUT] = []
    wanting = [item for item in items if item.get_closest_marker("browser")]
    if wanting and not find_browser():
        leave_out(config, wanting, "browser", "BROWSER", "no Chromium or Chrome was found", "install chromium")
    wanting = [item for item in items if absent(item)]
    if wanting:
        names = " and ".join(sorted({name for item in wanting for name in absent(item)}))
        way_out = "give the command `python -m lessons.zoo fetch`"
        leave_out(config, wanting, "real-model", "WEIGHTS", f"{names} cannot be found on this computer", way_out)


def leave_out(config, items, sort: str, required: str, why: str, way_out: str) -> None:
    """Skip these tests and keep a sentence for the end, or end everything where they are required."""
    if os.environ.get(f"REQUIRE_{required}") == "1":
        raise pytest.UsageError(f"REQUIRE_{required}=1, but {why}, for {len(items)} {sort} tests: {way_out}.")
    config.stash[LEFT_OUT].append(f"{len(items)} {sort} tests did not run: {why}. To run them, {way_out}.")
    for item in items:
        item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter, config):
    if sentences := config.stash.get(LEFT_OUT, []):
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
        for sentence in sentences:
            terminalreporter.line(sentence)
