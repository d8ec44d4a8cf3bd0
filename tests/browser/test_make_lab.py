"""`make lab` in a fresh clone, in a folder with a space in its name, with an empty home: as a newcomer has it.

In CI everything is installed anew. Elsewhere the clone borrows the environment that the tests run in, so that nobody's
laptop loads a gigabyte for a test.
"""

import os
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.lab import REPO, Lab, Notebook, free_port, wait_for

pytestmark = pytest.mark.browser


def test_a_newcomer_gets_lesson_00(browser, tmp_path) -> None:
    clone, home, port = tmp_path / "a fresh clone", tmp_path / "home", free_port()
    home.mkdir()
    subprocess.run(["git", "clone", "-q", str(REPO), str(clone)], check=True)
    command = ["make", "lab"]
    if not os.environ.get("CI"):
        (clone / ".venv").symlink_to(sys.prefix)
        command += ["-o", ".venv/.lab", "-o", ".venv/.weights", "-o", ".venv/bin/python"]
    flags = f"--no-browser --allow-root --port={port} --IdentityProvider.token= --expose-app-in-browser"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "UNROLLED", "MAKE", "PYTHON"))}
    env |= {"HOME": str(home)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, f"LAB_FLAGS={flags}"], cwd=clone, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api", process, tmp_path / "log", seconds=420)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            notebook = Notebook(page, Lab(clone, f"http://127.0.0.1:{port}"), "")
            page.goto(f"http://127.0.0.1:{port}")  # where make lab's own browser goes
            notebook.ready()
            assert "00_start_here.ipynb" in page.url
            notebook.run_all()
            notebook.to_top()
            expect(page.get_by_text("[OK]   Python 3")).to_be_visible()
            page.locator(".unrolled-explorer").first.scroll_into_view_if_needed()
            assert page.locator(".unrolled-token").count() == 10
            assert notebook.foreign == [] and notebook.our_errors() == []
            page.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
