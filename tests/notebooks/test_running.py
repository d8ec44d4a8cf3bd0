"""The run of a notebook: one that never ends is ended, and what it has started with it."""

import contextlib
import subprocess
import sys
import time

import psutil
import pytest

from tests.notebooks.running import output_of

SLEEP = "import time; time.sleep(3600)"
KERNEL = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print('started', flush=True)"


def popen(script: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", script], text=True, stdout=subprocess.PIPE)


def test_a_run_that_ends_says_all():
    process = popen("print('one'); print('two')")
    assert output_of(process, 300) == "one\ntwo\n" and process.returncode == 0


def test_a_run_that_never_ends_is_ended_and_its_kernel_with_it():
    process = popen(f"{KERNEL}; {SLEEP}")
    assert process.stdout.readline() == "started\n"
    (kernel,) = psutil.Process(process.pid).children()
    with pytest.raises(subprocess.TimeoutExpired):
        output_of(process, 0.01)
    assert process.returncode < 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for _ in range(600):  # the system may take a moment
            if kernel.status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(0.1)
        kernel.kill()
        pytest.fail("the kernel still runs")
