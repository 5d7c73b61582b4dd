"""An append-only file of records: what was written stays, whatever happens to the process or the machine.

A record is a JSON object and some bytes, framed by their lengths and a checksum. Reading changes nothing, so it may be done while another
process writes. Who writes does so under a lock, and only behind what was read: a record that a crash cut off is set aside first, and where
something follows that no crash leaves (a damaged record with whole ones behind it, a record of a newer version), nothing is written at all.
"""

import io
import json
import logging
import os
import re
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from mrifoundation.errors import InputError
from mrifoundation.tasks.refine.file_lock import locked

log = logging.getLogger(__name__)

# Mark, length of the JSON, length of the bytes, checksum of both, checksum of the lengths.
_HEAD = struct.Struct("<4sIIII")
_MARK = b"MFJ1"
_NEWER = re.compile(rb"MFJ[^1]")  # a mark of another format of these files

Record = tuple[dict, bytes]


class Sealed(InputError):
    """Nothing may be written behind what was read."""


class Journal:
    """One journal in the file `path`, as it was when it was last read or written through this object."""

    def __init__(self, path: Path):
        self.path = path
        self.is_whole = True  # False: something follows that cannot be read and that no crash leaves
        self._length = 0  # of the file, without what a crash cut off

    @property
    def is_current(self) -> bool:
        """Whether nobody else has written to the file or deleted it since."""
        try:
            return self.path.stat().st_size == self._length
        except FileNotFoundError:
            return False

    def read(self) -> list[Record]:
        """Every whole record from the first up to what cannot be read. Raises OSError when there is no such file."""
        content = self.path.read_bytes()
        records, end = _records(content)
        self.is_whole = _is_cut_off(content[end:])
        self._length = end if self.is_whole else len(content)
        if not self.is_whole:
            log.warning(
                "'%s' cannot be read beyond its byte %d: it is damaged, or from a newer version. It is left as it is.",
                self.path,
                end,
            )
        return records

    def first(self) -> Record | None:
        """The first record; None where it cannot be read."""
        with open(self.path, "rb") as file:
            return _next(file)

    def seal(self) -> None:
        """Write nothing more: a record was read that nobody here understands."""
        log.warning("'%s' has a record that this version does not know. It is left as it is.", self.path)
        self.is_whole, self._length = False, self.path.stat().st_size

    def append(self, about: dict, content: bytes = b"") -> None:
        """Write one record and wait until the disk has it.

        Raises OSError when it cannot be written, Sealed when another process has written meanwhile, or what follows cannot be read; the
        file is then as before.
        """
        if not self.is_whole:
            raise Sealed(_SEALED)
        text = json.dumps(about).encode()
        lengths = struct.pack("<II", len(text), len(content))
        head = _HEAD.pack(_MARK, len(text), len(content), zlib.crc32(content, zlib.crc32(text)), zlib.crc32(lengths))
        # Without a buffer: a buffered file would write what is left in it, once there is room, behind what was cut off.
        with open(self.path, "r+b" if self._length else "a+b", buffering=0) as file, locked(file):
            self._set_aside_what_is_cut_off(file)
            left = memoryview(head + text + content)
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), self._length)
                raise
            self._length = file.tell()

    def delete(self) -> None:
        """The file, and what was set aside of it."""
        for path in (self._aside, self.path):  # what has a journal is found by it
            path.unlink(missing_ok=True)

    @property
    def _aside(self) -> Path:
        return self.path.with_suffix(".damaged")

    def _set_aside_what_is_cut_off(self, file: BinaryIO) -> None:
        """Leave `file` at the end of the last whole record. Nobody else writes meanwhile, so what is not whole stays so."""
        length = file.seek(0, os.SEEK_END)
        file.seek(self._length)
        rest = file.read(length - self._length) if length > self._length else b""
        if length < self._length or not _is_cut_off(rest):
            raise Sealed(_CHANGED)
        if not rest:
            return
        with open(self._aside, "ab") as aside:
            aside.write(rest)
            aside.flush()
            os.fsync(aside.fileno())
        file.truncate(self._length)
        file.seek(self._length)
        log.warning(
            "The last record of '%s' was not whole, as a crash leaves it; its %d bytes were put into '%s'.",
            self.path,
            len(rest),
            self._aside,
        )


_SEALED = "The last steps of this contour cannot be read from the disk, so it stays as it is; open a new one from it."
_CHANGED = "Another process has changed this contour meanwhile; ask again."


def _records(content: bytes) -> tuple[list[Record], int]:
    """The whole records from the first on, and where they end."""
    file, records, end = io.BytesIO(content), [], 0
    while (record := _next(file)) is not None:
        records.append(record)
        end = file.tell()
    return records, end


def _next(file: BinaryIO) -> Record | None:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    mark, text_length, content_length, checksum, lengths = _HEAD.unpack(head)
    if mark != _MARK or zlib.crc32(head[4:12]) != lengths:
        return None
    text, content = file.read(text_length), file.read(content_length)
    if len(text) + len(content) < text_length + content_length or zlib.crc32(content, zlib.crc32(text)) != checksum:
        return None
    return json.loads(text), content


def _is_cut_off(rest: bytes) -> bool:
    """Whether a crash may have left this behind the last whole record: nothing, or a piece of one. Whole records behind it were written
    by somebody who had the piece before as a whole, so that is damage."""
    if _NEWER.match(rest):
        return False
    places = (found.start() for found in re.finditer(re.escape(_MARK), rest))
    return all(_next(io.BytesIO(rest[place:])) is None for place in places)
