"""What `import lessons` does."""

import os
import subprocess
import sys

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def imported(before: str = "", **environment: str) -> str:
    code = f"{before}\nimport lessons, os, sys\n"
    code += "print('torch' in sys.modules, os.environ.get('OMP_WAIT_POLICY'), os.environ.get('GOMP_SPINCOUNT'))"
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    clean["PYTHONPATH"] = os.getcwd()
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_threads_sleep_and_torch_is_not_loaded():
    assert imported() == "False PASSIVE 0"


def test_settings_of_the_user_stay():
    assert imported(OMP_WAIT_POLICY="ACTIVE") == "False ACTIVE 0"


def test_too_late_when_torch_is_loaded():
    # A stand-in: loading torch itself takes seconds.
    assert imported(before="import sys; sys.modules['torch'] = None") == "True None None"
