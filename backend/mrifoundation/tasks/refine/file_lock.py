"""A lock on an open file against other processes, such as replicas of the service that share a folder."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where the service is one process: replicas need Ray, which is for others
    fcntl = None

PATIENCE = 10.0  # seconds; a lock is held for one write, so whoever holds it longer hangs


@contextmanager
def locked(file: BinaryIO) -> Iterator[None]:
    """Nobody else has it while the block runs; it ends with the process. Raises OSError when another one does not let go."""
    if fcntl is None:
        yield
        return
    end = time.monotonic() + PATIENCE
    while not _taken(file):
        if time.monotonic() > end:
            raise TimeoutError(None, "another process holds the file")
        time.sleep(0.005)
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


def _taken(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # some network disks know no locks; then the service must be one process, as on Windows
        return True
    return True
