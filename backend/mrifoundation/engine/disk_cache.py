"""A folder of safetensors files with a size limit: written atomically, the longest unused dropped, the corrupt and what a killed process
left half written deleted."""

import json
import logging
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from mrifoundation.engine.part_folder import part_folder, size_of_parts, sweep_parts
from mrifoundation.engine.trouble import Trouble

log = logging.getLogger(__name__)

STEP = 1_000_000  # nanoseconds, which every disk tells apart


class DiskCache:
    """Named sets of arrays in `folder`, together at most `limit` bytes. Safe to share between processes."""

    def __init__(self, folder: Path, limit: int):
        self.folder = folder
        self.limit = limit
        self._trouble = Trouble(log)
        self._refused = 0  # bytes that the disk did not take
        self._latest: int | None = None  # stamp of what was used last, in nanoseconds since 1970
        sweep_parts(folder)

    @property
    def trouble(self) -> str | None:
        """A plain sentence while nothing can be kept; looks at the disk, since the next thing to keep may be long in coming."""
        if self._trouble.sentence and self._takes(self._refused):
            self._trouble.end()
        return self._trouble.sentence

    def __contains__(self, key: str) -> bool:
        return self._path(key).is_file()

    def mark_used(self, key: str) -> bool:
        """Whether there is something under `key`, which then goes last where room is needed."""
        if key not in self:
            return False
        self._stamp(self._path(key))
        return True

    def read(self, key: str) -> tuple[dict[str, np.ndarray], dict] | None:
        """The arrays and the JSON object stored under `key`; None when there are none that can be read."""
        path = self._path(key)
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (safe_open is no mapping)
                metadata = file.metadata()
                about = json.loads(metadata["about"])
            if metadata.get("crc32", _checksum(arrays)) != _checksum(arrays):
                raise ValueError("altered since it was written")
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            log.warning("dropping an unreadable cache file (%s)", type(error).__name__)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        self._stamp(path)
        return arrays, about

    def write(self, key: str, arrays: dict[str, np.ndarray], about: dict) -> None:
        """Store `arrays` and the JSON object `about`; a full or read-only disk only means that nothing is kept."""
        size = sum(array.nbytes for array in arrays.values())
        if size > self.limit:
            return
        try:
            self._make_room(size)
            contiguous = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
            with part_folder(self.folder) as part:
                name = part / self._path(key).name
                save_file(contiguous, name, metadata={"about": json.dumps(about), "crc32": _checksum(contiguous)})
                os.replace(name, self._path(key))
            self._stamp(self._path(key))
            self._trouble.end()
        except (OSError, SafetensorError) as error:
            self._failed(error, size)

    def drop(self, key: str) -> bool:
        """Delete what is stored under `key`; whether there was any."""
        try:
            self._path(key).unlink()
        except OSError:
            return False
        return True

    def abouts(self) -> Iterator[tuple[str, dict]]:
        """Every key with its JSON object; what cannot be read is left out. Arrays are not read."""
        for path in self.folder.glob("*.safetensors"):
            with (
                suppress(OSError, SafetensorError, KeyError, TypeError, ValueError),
                safe_open(path, framework="numpy") as file,
            ):
                yield path.stem, json.loads(file.metadata()["about"])

    def _stamp(self, path: Path) -> None:
        """Stamp it later than all others, also where the clock was set back meanwhile: the longest unused is dropped first."""
        with suppress(OSError):  # a read-only disk keeps no record of use, but what it holds is good
            if self._latest is None:
                self._latest = max((one.stat().st_mtime_ns for one in self.folder.glob("*.safetensors")), default=0)
            self._latest = max(time.time_ns(), self._latest + STEP)
            os.utime(path, ns=(self._latest, self._latest))

    def _takes(self, size: int) -> bool:
        """Whether the disk seems to take so many bytes; a quota shows only when something is written."""
        try:
            with tempfile.TemporaryFile(dir=self.folder):
                return shutil.disk_usage(self.folder).free >= size
        except OSError:
            return False

    def _failed(self, error: Exception, size: int) -> None:
        self._refused = size
        reason = getattr(error, "strerror", None) or type(error).__name__
        self._trouble.begin(
            f"Nothing can be kept in the cache of {self.folder.name} ({reason}); make room on its disk, or make it writable."
        )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"

    def _make_room(self, size: int) -> None:
        sweep_parts(self.folder)
        files = [(path.stat(), path) for path in self.folder.glob("*.safetensors")]
        held = sum(stat.st_size for stat, _ in files) + size_of_parts(self.folder)
        for stat, path in sorted(files, key=lambda pair: pair[0].st_mtime_ns):
            if held + size <= self.limit:
                return
            path.unlink(missing_ok=True)
            held -= stat.st_size


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    """CRC-32 over all arrays by name: safetensors itself notices only what is cut off."""
    checksum = 0
    for name in sorted(arrays):
        checksum = zlib.crc32(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8), checksum)
    return f"{checksum:08x}"
