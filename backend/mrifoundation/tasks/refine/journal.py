"""An append-only file of records: what was written stays, whatever happens to the process or the machine.

A record is a JSON object and some bytes, framed by their lengths and a checksum. A record that a crash cut off is dropped when the
journal is opened; nothing before it is touched.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct(
    "<4sIIII"
)  # mark, length of the JSON, length of the bytes, checksum of both, checksum of the lengths
_MARK = b"MFJ1"


class Journal:
    """One journal in the file `path`."""

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> Iterator[tuple[dict, bytes]]:
        """Every whole record from the first; a damaged end is cut off the file."""
        with open(self.path, "r+b") as file:
            whole = 0
            while (record := _next(file)) is not None:
                whole = file.tell()
                yield record
            file.truncate(whole)

    def append(self, about: dict, content: bytes = b"") -> None:
        """Write one record and wait until the disk has it. Raises OSError when it cannot be written; the file is then as before."""
        text = json.dumps(about).encode()
        lengths = struct.pack("<II", len(text), len(content))
        head = _HEAD.pack(_MARK, len(text), len(content), zlib.crc32(content, zlib.crc32(text)), zlib.crc32(lengths))
        # Without a buffer: a buffered file would write what is left in it, once there is room, behind what was cut off.
        with open(self.path, "ab", buffering=0) as file:
            before, left = file.tell(), memoryview(head + text + content)
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), before)
                raise


def _next(file) -> tuple[dict, bytes] | None:
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
