"""Run one notebook under nbval, measured: seconds, resident memory, network, and what was really compared."""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from lessons.zoo.manifest import cache

REPO = Path(__file__).resolve().parents[2]
GUARD = Path(__file__).parent / "no_network"


@dataclass(frozen=True)
class Run:
    """What a run of nbval had to tell."""

    code: int
    passed: int
    output: str
    seconds: float
    gigabytes: float  # the kernel's largest resident memory, in 10^9 bytes
    network: str  # the hosts that were asked for, a line each; empty is right


def run_nbval(path: Path, log: Path, strict: bool = False, real: bool = True) -> Run:
    """Run ``path`` as CI does, from its own folder; ``log`` takes the attempts to reach the network.

    ``real``: with the real models that were fetched; without them when False.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith(("UNROLLED", "PYTEST"))}
    env |= {"PYTHONPATH": f"{GUARD}{os.pathsep}{REPO}", "UNROLLED_NETWORK_LOG": str(log),
            "UNROLLED_HOME": str(log.parent), "OMP_WAIT_POLICY": "PASSIVE",
            "UNROLLED_CACHE": str(cache() if real else log.parent / "nothing was fetched")}  # fmt: skip
    if strict:
        env["UNROLLED_STRICT"] = "1"
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=90",
               "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(path.parent), "-q", path.name]  # fmt: skip
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=path.parent, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    peak = [0]
    watcher = threading.Thread(target=_watch_memory, args=(process.pid, peak), daemon=True)
    watcher.start()
    output = output_of(process, 300)
    seconds = time.monotonic() - start
    watcher.join(5)
    passed = re.search(r"(\d+) passed", output)
    network = log.read_text() if log.exists() else ""
    return Run(process.returncode, int(passed[1]) if passed else 0, output, seconds, peak[0] / 1e9, network)


def output_of(process: subprocess.Popen, seconds: float) -> str:
    """All that a run says. One that takes longer is ended, and its kernel with it: TimeoutExpired."""
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        kernels = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.kill()
        process.wait()
        process.stdout.close()
        raise


def _watch_memory(pid: int, peak: list[int]) -> None:
    """Keep the largest resident memory of the kernel, which is a child of the run."""
    try:
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            for child in parent.children(recursive=True):
                try:
                    peak[0] = max(peak[0], child.memory_info().rss)
                except psutil.Error:
                    continue
            time.sleep(0.05)
    except psutil.Error:
        return
