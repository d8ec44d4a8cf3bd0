"""What all tests share: the browser is looked for once, and what is left out for want of one is said aloud."""

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
LEFT_OUT = pytest.StashKey[int]()


def find_browser() -> str | None:
    """The path of a Chromium or Chrome on this machine, or None."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or (MAC_CHROME if os.path.exists(MAC_CHROME) else None)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser that tests marked `browser` drive; they are left out where there is none."""
    path = find_browser()
    assert path, "A test that drives a browser must be marked with pytest.mark.browser."
    return path


def pytest_collection_modifyitems(config, items):
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
