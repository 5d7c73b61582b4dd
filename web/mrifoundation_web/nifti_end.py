"""Whether the end of a NIfTI file is missing, as after a broken copy: the reader takes what is there, and zeros for the rest."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

_HEADER = 348  # bytes of a NIfTI-1 header
_PIECE = 1 << 24
_PACKED = b"\x1f\x8b"


def is_missing(path: Path) -> bool:
    """Of a .nii or .nii.gz file, packed or not; False for every other file, and where its header cannot be understood."""
    if not path.name.endswith((".nii", ".nii.gz")) or not path.is_file():
        return False
    with path.open("rb") as file:
        is_packed = file.read(2) == _PACKED
    with gzip.open(path) if is_packed else path.open("rb") as file:
        try:
            header = file.read(_HEADER)
            found = len(header)
            while piece := file.read(_PIECE):
                found += len(piece)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return True
    return found < _needed(header)


def _needed(header: bytes) -> float:
    """Bytes of the whole file as its NIfTI-1 header tells them; 0 for anything else."""
    if len(header) < _HEADER or header[344:347] != b"n+1":
        return 0
    order = "<" if struct.unpack_from("<i", header)[0] == _HEADER else ">"
    count, *sizes = struct.unpack_from(f"{order}8h", header, 40)
    [bits], [offset] = struct.unpack_from(f"{order}h", header, 72), struct.unpack_from(f"{order}f", header, 108)
    return offset + math.prod(sizes[:count]) * bits // 8
