"""Keeps C++ libraries from printing on the terminal: their complaint comes as an exception and is told in words."""

import contextlib
import os
import threading
from collections.abc import Iterator

_LOCK = threading.Lock()


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """While inside, what goes straight to the process's standard error goes nowhere (ITK, MetaIO and GDCM do that)."""
    with _LOCK:
        try:
            kept = os.dup(2)
        except OSError:  # a windowed process without a standard error
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(nowhere)
            os.close(kept)
