"""Lets Qt's events run while a test waits."""

import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6 import QtCore

_STEP_MILLISECONDS = 5


def spin(milliseconds: int) -> None:
    """Run the event loop for a while."""
    loop = QtCore.QEventLoop()
    QtCore.QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(reached: Callable[[], bool], seconds: float = 30.0, what: str = "the condition") -> None:
    """Run the event loop until `reached()`; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise AssertionError(f"{what} was not reached within {seconds:g} s")
        spin(_STEP_MILLISECONDS)


def beside(work: Callable[[], Any]) -> Any:
    """What `work()` gives, done in a thread as the module would do it; the event loop runs meanwhile."""
    given: list = []
    threading.Thread(target=lambda: given.append(work()), daemon=True).start()
    wait_until(lambda: bool(given), what="work in a thread")
    return given[0]
