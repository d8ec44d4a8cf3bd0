"""One JupyterLab and one Chromium for all browser tests; a fresh page and kernel for each notebook."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.lab import Lab, chromium, lab_server


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    with lab_server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
