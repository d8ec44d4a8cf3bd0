"""What is left out for want of a browser is said aloud, and is a failure where a browser is required."""

import os

import pytest

from tests.browser.lab import find_browser

LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config, items):
    # The browser comes last: what is quick fails first, and Playwright keeps an event loop running once it has started.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    wanting = [item for item in items if item.get_closest_marker("browser")]
    if not wanting or find_browser():
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(
            f"REQUIRE_BROWSER=1, but no Chromium or Chrome is on the PATH for {len(wanting)} browser tests: "
            "install chromium."
        )
    config.stash[LEFT_OUT] = len(wanting)
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason="no Chromium or Chrome was found"))


def pytest_terminal_summary(terminalreporter, config):
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{count} browser tests did not run: no Chromium or Chrome was found. Nothing of what the page shows "
            "was tested. Install chromium and run make test again."
        )
