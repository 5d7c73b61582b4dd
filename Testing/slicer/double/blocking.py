"""Notices when code of the module waits for the network or sleeps in the GUI thread."""

import sys
import threading
import traceback
from pathlib import Path

from . import faults

_WAITING = {"socket.connect", "socket.getaddrinfo", "time.sleep", "subprocess.Popen"}
_watched: list[str] = []


def watch(folder: Path) -> None:
    """From now on, a wait in the main thread with a frame of this folder on the stack is a recorded fault."""
    if not _watched:
        sys.addaudithook(_audit)
    _watched[:] = [str(folder)]


def _audit(event: str, _arguments) -> None:
    if event not in _WAITING or threading.current_thread() is not threading.main_thread():
        return
    frames = traceback.extract_stack()
    if any(frame.filename.startswith(tuple(_watched)) for frame in frames):
        faults.record(f"{event} in the GUI thread:\n" + "".join(traceback.format_list(frames)))
