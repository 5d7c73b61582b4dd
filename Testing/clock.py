"""A clock on the wall that a test sets while other processes run: libfaketime, which leaves the computer's own clock alone."""

import importlib.util
import platform
from pathlib import Path

import pytest


class WallClock:
    """The clock of the processes that are started with `settings`."""

    def __init__(self, folder: Path):
        library = _library()
        if library is None:
            pytest.skip("needs libfaketime: pip install 'mrifoundation[clock]'")
        self._file = folder / "clock"
        self.set(0)
        self.settings = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",  # stamps of files stay what the disk says
        }

    def set(self, hours: float) -> None:
        """Hours ahead of the true time, at once."""
        before = self._file.with_suffix(".new")
        before.write_text(f"{hours:+}h")
        before.replace(self._file)


def _library() -> Path | None:
    if platform.system() != "Linux":
        return None
    places = [*Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]
    if found := importlib.util.find_spec("libfaketime"):
        places += Path(found.origin).parent.glob("vendor/libfaketime/src/libfaketime.so.1")
    return next(iter(places), None)
