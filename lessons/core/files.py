"""Write a file whole or not at all."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: str | Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data` beside `path` and rename it: a power cut leaves the old file or the new one, never half of one.

    What is too big for one piece may come in several. The folder is made when it is missing. OSError when the disk says
    no; the old file is still there then, as it is when a piece cannot be made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            for piece in [data] if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())  # the bytes must be on the disk before the name points at them
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
