"""One JupyterLab and one Chromium for all browser tests; a fresh page and kernel for each notebook."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.lab import Lab, chromium, find_browser, lab_server

MISSING = (
    "No Chromium or Chrome was found, so the browser tests are LEFT OUT: nothing was seen working in a page. "
    "Install one, or name it in UNROLLED_CHROME."
)


def pytest_terminal_summary(terminalreporter) -> None:
    if not find_browser():
        terminalreporter.write_sep("!", "LEFT OUT")
        terminalreporter.write_line(MISSING)


@pytest.fixture(scope="session")
def needs_browser() -> None:
    if not find_browser():
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def lab(needs_browser, tmp_path_factory) -> Iterator[Lab]:
    with lab_server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser(needs_browser) -> Iterator[Browser]:
    with chromium() as running:
        yield running
