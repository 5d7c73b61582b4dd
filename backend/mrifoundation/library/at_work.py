"""Which scan an ingest is at, on disk: one that takes the program down again and again is known as such, and the others still come in."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.part_folder import part_folder, sweep_parts
from mrifoundation.errors import InputError

MOST_TIMES = 3
TOOK_DOWN = (
    "The program went down three times while it was adding this scan, and went on without it; choose the profile fast, or crop or "
    "resample the scan, and add it again."
)


class AtWork:
    """The scans of one collection in whose midst a run ended without a word (killed, crashed, out of memory), and how often. Where the disk
    does not take it, nothing is known."""

    def __init__(self, library: str, collection: str):
        folder = cache_folder("ingests")
        sweep_parts(folder)
        name = hashlib.sha256(f"{library}\n{collection}".encode()).hexdigest()
        self._file = folder / f"{name}.json"
        self._times: dict[str, int] = _read(self._file)

    @contextmanager
    def on(self, *scan: str) -> Iterator[None]:
        """While one scan, told by what it is read from, is taken in. Raises InputError for one that took the program down too often."""
        key = hashlib.sha256("\n".join(scan).encode()).hexdigest()
        before = self._times.get(key, 0)
        if before >= MOST_TIMES:
            raise InputError(TOOK_DOWN)
        self._times[key] = before + 1
        self._write()
        try:
            yield
        finally:
            del self._times[key]
            self._write()

    def forget(self) -> None:
        """The run is over: whoever asks for it again wants all tried anew."""
        self._times.clear()
        self._write()

    def _write(self) -> None:
        with suppress(OSError):
            if not self._times:
                self._file.unlink(missing_ok=True)
                return
            with part_folder(self._file.parent) as part:
                written = part / self._file.name
                written.write_text(json.dumps(self._times))
                os.replace(written, self._file)


def _read(file: Path) -> dict[str, int]:
    try:
        return {key: int(times) for key, times in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
