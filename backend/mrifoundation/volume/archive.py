"""Zip archives: unpacked into a temporary folder within a byte budget, never outside it."""

import contextlib
import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mrifoundation.errors import InputError
from mrifoundation.volume.budget import ENTRY_BUDGET, UNPACKED_BUDGET

_CHUNK = 1 << 20


@contextlib.contextmanager
def unzipped(path: Path, name: str) -> Iterator[Path]:
    """A temporary folder with the archive's files; gone afterwards.

    Raises InputError when the archive is damaged or encrypted, points outside itself, or would unpack beyond the budget
    (its own statement of sizes is checked first, then every byte is counted, because the statement may lie).
    """
    with tempfile.TemporaryDirectory(prefix="mrifoundation-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, Path(folder), name)
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error, NotImplementedError, ValueError) as error:
            raise InputError(f"'{name}' is a damaged zip archive; make or download it again.") from error
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
            raise InputError(f"'{name}' is a damaged or truncated gzip file; copy or download it again.") from error
        yield target


def _extract(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > ENTRY_BUDGET or sum(entry.file_size for entry in entries) > UNPACKED_BUDGET:
        raise _too_large(name)
    left = UNPACKED_BUDGET
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise InputError(
                f"'{name}' has an entry that points outside the archive; do not trust it, make it again from the scan."
            )
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source:
            left -= _copy_within(source, target, left, name)


def _copy_within(source: BinaryIO, target: Path, limit: int, name: str) -> int:
    copied = 0
    with open(target, "wb") as file:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > limit or shutil.disk_usage(target.parent).free < len(chunk):
                raise _too_large(name)
            file.write(chunk)
    return copied


def _too_large(name: str) -> InputError:
    return InputError(
        f"'{name}' would unpack to more than {UNPACKED_BUDGET / 2**30:.0f} GiB or {ENTRY_BUDGET} files; "
        "unpack it yourself and give one series."
    )
