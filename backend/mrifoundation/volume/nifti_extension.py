"""The plain text that a NIfTI file may carry between its header and its voxels."""

import struct
from collections.abc import Iterator
from pathlib import Path

from mrifoundation.volume.nifti import opened

COMMENT = 6  # extension code for plain text (nifti1.h)
_LARGEST = 1 << 20


def nifti_comments(path: Path) -> Iterator[str]:
    """The text extensions of a .nii or .nii.gz file, as far as they lie in the first MiB; what their sizes claim is not believed."""
    with opened(path) as file:
        head = file.read(_LARGEST)
    little = head[:4] in (struct.pack("<i", 348), struct.pack("<i", 540))
    order = "<" if little else ">"
    start = 4 + (540 if 540 in (struct.unpack_from("<i", head)[0], struct.unpack_from(">i", head)[0]) else 348)
    if len(head) < start or head[start - 4] == 0:
        return
    while start + 8 <= len(head):
        size, code = struct.unpack_from(f"{order}ii", head, start)
        if size < 8 or start + size > len(head):
            return
        if code == COMMENT:
            yield head[start + 8 : start + size].rstrip(b"\0").decode("utf-8", "replace")
        start += size
