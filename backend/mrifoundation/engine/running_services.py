"""Which services use this cache folder, and what those that were killed left in its folder for uploads. Needs no torch.

Each service holds the lock of a file of its own for as long as it lives; the system releases it however the process ends.
"""

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.held_lock import is_held
from mrifoundation.errors import InputError

INCOMING = "incoming"
UPLOADS = "mrifoundation-*"  # names of what is unpacked or received; the rest of the folder is of others


class RunningService:
    """This service, running until `end`."""

    def __init__(self):
        """Sweeps what killed services left, where no other service runs. A disk that takes nothing only means that nobody sees this one."""
        self._lock: FileLock | None = None
        with suppress(OSError, InputError):
            lock = FileLock(_marks() / f"{secrets.token_hex(8)}.lock", thread_local=False)
            lock.acquire()
            self._lock = lock
            if running_services() == 1:
                _sweep()

    def end(self) -> None:
        if self._lock:
            self._lock.release()
            with suppress(OSError):
                os.unlink(self._lock.lock_file)


def running_services() -> int:
    """How many services use the cache folder, this process' own among them."""
    return sum(_lives(mark) for mark in _marks().glob("*.lock"))


def sweep_abandoned() -> None:
    """Delete uploads, and what was unpacked of them, that nobody works on any more: all, where no service runs."""
    if not running_services():
        _sweep()


def _sweep() -> None:
    for path in cache_folder(INCOMING).glob(UPLOADS):
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _lives(mark: Path) -> bool:
    """Whether its service does; the mark of one that does not is deleted."""
    if is_held(mark):
        return True
    with suppress(OSError):
        mark.unlink()
    return False


def _marks() -> Path:
    return cache_folder("services")
