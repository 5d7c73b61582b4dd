"""Folders in which a file is written before it takes its place, and those that a killed process left behind.

A folder, not a file: safetensors writes beside the file that it is told, under a name of its own, and leaves that too when it is killed.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from mrifoundation.engine.held_lock import is_held

SUFFIX = ".part"
LOCK = "lock"
_EARLIER = (f"*{SUFFIX}", ".tmp*")  # also files that earlier versions left


@contextmanager
def part_folder(folder: Path) -> Iterator[Path]:
    """A folder of its own in `folder`, gone afterwards; what is whole is moved out of it. Raises OSError."""
    part = Path(tempfile.mkdtemp(dir=folder, suffix=SUFFIX))
    try:
        with FileLock(part / LOCK):
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def sweep_parts(folder: Path) -> None:
    """Delete what nobody writes any more."""
    for part in _parts(folder):
        with suppress(OSError):
            if not part.is_dir():
                part.unlink()
            elif not is_held(part / LOCK):
                shutil.rmtree(part)


def size_of_parts(folder: Path) -> int:
    """Bytes of what is being written."""
    size = 0
    for part in _parts(folder):
        for path in part.rglob("*"):
            with suppress(OSError):
                size += path.stat().st_size
    return size


def _parts(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [path for pattern in _EARLIER for path in folder.glob(pattern)]
    return []
