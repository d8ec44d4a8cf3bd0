"""Run all tests, in two rows side by side: `python -m tests.both [options of pytest]`

The lessons in a browser take the longest, and they mostly wait, for a page or for a kernel: a second process uses that
time for all other tests, those without a browser first. What the lessons print comes at the end, in one piece. The exit
status is 0 when all parts pass; a part in which nothing was chosen, as by `-k`, passes when another one ran something.
"""

import subprocess
import sys
import tempfile

import pytest

PARTS = ("not browser", "browser and not lesson")
BESIDE = "lesson"
NOTHING = pytest.ExitCode.NO_TESTS_COLLECTED


def main(options: list[str]) -> int:
    """Return the exit status of all parts, the worst one."""
    if any(option.startswith("-m") for option in options):
        print("The parts are told apart by -m: choose tests with -k, or call pytest itself.", file=sys.stderr)
        return pytest.ExitCode.USAGE_ERROR
    *row, lessons = ([sys.executable, "-m", "pytest", "-m", part, *options] for part in (*PARTS, BESIDE))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        beside = subprocess.Popen(lessons, stdout=log, stderr=subprocess.STDOUT)
        try:
            statuses = [*map(subprocess.call, row), beside.wait()]
        finally:
            beside.terminate()  # after an interrupt; otherwise it has ended
            beside.wait()
        log.seek(0)
        print(log.read(), flush=True)
    return status_of(statuses)


def status_of(statuses: list[int]) -> int:
    """Return one status for several: the first that is a failure, and NOTHING only when no part ran anything."""
    failures = [status for status in statuses if status not in (0, NOTHING)]
    return failures[0] if failures else min(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
