"""The run of all tests in parts fails when one of them does, and leaves none out."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.both import BESIDE, NOTHING, PARTS, main, status_of

PASSED, FAILED, USAGE = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([PASSED, PASSED], PASSED),
        ([FAILED, PASSED], FAILED),
        ([PASSED, FAILED], FAILED),
        ([NOTHING, FAILED], FAILED),
        ([USAGE, NOTHING], USAGE),
        ([NOTHING, PASSED], PASSED),
        ([PASSED, NOTHING], PASSED),
        ([NOTHING, NOTHING], NOTHING),
        ([PASSED, -9], -9),  # killed
        ([NOTHING, PASSED, FAILED], FAILED),
    ],
)
def test_one_status_for_all(statuses, status):
    assert status_of(statuses) == status


def test_the_parts_are_all_tests_and_have_none_in_common():
    """For every lesson is a test with a browser, see below."""
    assert list(PARTS) == ["not browser", f"browser and not {BESIDE}"]


def test_a_choice_by_mark_is_refused(capsys):
    assert main(["-m", "notebook"]) == USAGE
    assert "choose tests with -k" in capsys.readouterr().err


def test_it_runs_the_tests_and_says_so():
    """This very file, but for this test."""
    command = [sys.executable, "-m", "tests.both", "-q", "-p", "no:cacheprovider", __file__, "-k", "one_status"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "10 passed" in ran.stdout and "10 deselected" not in ran.stdout.split("passed")[0]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "browser").glob("test_*.py")), ids=lambda path: path.stem
)
def test_whoever_starts_a_browser_says_so(path):
    """Playwright keeps an event loop running in its process, and what comes after it cannot start one."""
    text = path.read_text("utf-8")
    assert "pytest.mark.browser" in text
    assert ("pytest.mark.lesson" in text) == (path.stem == "test_lessons")
