"""Run all tests: those with a browser beside those without. `python -m tests.both [options of pytest]`

A browser test mostly waits, for a page or for a kernel, and a second process uses that time. What the browser tests
print comes at the end, in one piece. The exit status is 0 when both pass; a part in which nothing was chosen, as by
`-k`, passes when the other one ran something.
"""

import subprocess
import sys
import tempfile

import pytest

PARTS = ("not browser", "browser")
NOTHING = pytest.ExitCode.NO_TESTS_COLLECTED


def main(options: list[str]) -> int:
    """Return the exit status of both, the worse one."""
    if any(option.startswith("-m") for option in options):
        print("The parts are told apart by -m: choose tests with -k, or call pytest itself.", file=sys.stderr)
        return pytest.ExitCode.USAGE_ERROR
    first, second = ([sys.executable, "-m", "pytest", "-m", part, *options] for part in PARTS)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        beside = subprocess.Popen(second, stdout=log, stderr=subprocess.STDOUT)
        try:
            statuses = [subprocess.call(first), beside.wait()]
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
