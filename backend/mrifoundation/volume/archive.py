"""Zip archives: unpacked into a temporary folder within a byte budget, never outside it."""

import contextlib
import errno
import gzip
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import DISK_RESERVE, ENTRY_BUDGET, UNPACKED_BUDGET

_CHUNK = 1 << 20
_LARGEST_DIRECTORY = 16 << 20  # bytes of the list of entries: many more than ENTRY_BUDGET entries have
_DEEPEST = 32  # folders inside one another


@contextlib.contextmanager
def unzipped(path: Path, name: str) -> Iterator[Path]:
    """A temporary folder with the archive's files; gone afterwards.

    Raises InputError when the archive is damaged or encrypted, points outside itself, holds symbolic links, or would unpack beyond
    the budget (its own statement of sizes is checked first, then every byte is counted, because the statement may lie).
    """
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder:
        try:
            with _Archive(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
                _extract(archive, Path(folder), name)
        except _LongDirectory:
            raise _too_large(name) from None
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error, NotImplementedError, ValueError) as error:
            raise _full_disk(name, error) or InputError(
                f"'{name}' is a damaged zip archive; make or download it again."
            ) from error
        except RuntimeError as error:  # zipfile's way of saying that a password is needed
            raise InputError(f"'{name}' is encrypted; unpack it with its password and give the folder.") from error
        yield Path(folder)


@contextlib.contextmanager
def gunzipped(path: Path, name: str) -> Iterator[Path]:
    """A temporary copy of a gzipped file without its gzip; gone afterwards. Raises InputError beyond the budget."""
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder:
        target = Path(folder) / "image"
        try:
            with gzip.open(path, "rb") as source:
                _copy_within(source, target, UNPACKED_BUDGET, name)
        except (EOFError, OSError, zlib.error) as error:
            raise _full_disk(name, error) or InputError(
                f"'{name}' is a damaged or truncated gzip file; copy or download it again."
            ) from error
        yield target


class _LongDirectory(Exception):
    """The list of entries alone would fill the memory."""


class _Archive(io.BufferedReader):
    """Refuses to be read in large pieces: zipfile reads the list of entries in one, before anybody can count them."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _LARGEST_DIRECTORY:
            raise _LongDirectory
        return super().read(_LARGEST_DIRECTORY if size is None or size < 0 else size)


def _extract(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > ENTRY_BUDGET or sum(entry.file_size for entry in entries) > UNPACKED_BUDGET:
        raise _too_large(name)
    left = UNPACKED_BUDGET
    for entry in entries:
        target = folder / _place(entry, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source:
            left -= _copy_within(source, target, left, name)


def _place(entry: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """Where an entry goes, relative to the folder."""
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise InputError(f"'{name}' holds a symbolic link or a device; pack the files themselves.")
    inside = PurePosixPath(entry.filename.replace("\\", "/"))
    if not inside.parts or inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
        raise InputError(
            f"'{name}' has an entry that points outside the archive; do not trust it, make it again from the scan."
        )
    if len(inside.parts) > _DEEPEST:
        raise InputError(f"'{name}' nests folders more than {_DEEPEST} deep; pack the folder of one series.")
    return inside


def _copy_within(source: BinaryIO, target: Path, limit: int, name: str) -> int:
    copied = 0
    with open(target, "wb") as file:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > limit:
                raise _too_large(name)
            if shutil.disk_usage(target.parent).free < DISK_RESERVE:
                raise _no_room(name)
            file.write(chunk)
    return copied


def _too_large(name: str) -> InputError:
    return InputError(
        f"'{name}' would unpack to more than {UNPACKED_BUDGET / 2**30:.0f} GiB or {ENTRY_BUDGET} files; "
        "unpack it yourself and give one series."
    )


def _full_disk(name: str, error: Exception) -> InputError | None:
    return _no_room(name) if getattr(error, "errno", None) == errno.ENOSPC else None


def _no_room(name: str) -> InputError:
    return InputError(f"There is no room on the disk to unpack '{name}'; free some, or unpack it elsewhere yourself.")
