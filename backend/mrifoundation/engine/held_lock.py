"""Whether a lock file is held. Needs no torch."""

from pathlib import Path

from filelock import FileLock, Timeout


def is_held(file: Path) -> bool:
    """Whether a living process holds the lock; the system releases it however a process ends. One that cannot be asked counts as held."""
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False
