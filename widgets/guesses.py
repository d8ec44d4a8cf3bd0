"""Where a student's committed guesses are kept: one small file in the user's data folder.

A guess outlives a restart of the kernel, so that a prediction made on Monday is still there, scored, on
Tuesday. ``UNROLLED_HOME`` names another folder.
"""

import contextlib
import json
import os
from pathlib import Path

import platformdirs

from lessons.core.files import write_whole


def folder() -> Path:
    """Return the folder of the student's own files."""
    return Path(os.environ.get("UNROLLED_HOME") or platformdirs.user_data_path("unrolled"))


def load() -> dict[str, int | float]:
    """Return every kept guess by question; an unreadable file is set aside, never overwritten."""
    path = folder() / "guesses.json"
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {k: v for k, v in kept.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".unreadable"))
        return {}


def keep(key: str, guess: int | float | None) -> bool:
    """Keep ``guess`` under ``key``, or forget it when None. Return whether it could be written."""
    guesses = load()
    guesses.pop(key, None)
    if guess is not None:
        guesses[key] = guess
    try:
        write_whole(folder() / "guesses.json", json.dumps(guesses, indent=1, sort_keys=True).encode("utf-8"))
        return True
    except OSError:
        return False
