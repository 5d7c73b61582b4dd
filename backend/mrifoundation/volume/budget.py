"""How large a scan may be, decided from its header before a single voxel is allocated."""

import math
from collections.abc import Sequence

from mrifoundation.errors import InputError

BYTE_BUDGET = 1 << 30
"""Bytes one three-dimensional image may take, as stored and as float32 (645³ voxels: a whole head at 0.4 mm)."""

UNPACKED_BUDGET = 2 << 30
"""Bytes an archive, or a gzip around a file that cannot be streamed, may unpack to on disk."""

ENTRY_BUDGET = 50_000
"""Files a folder or an archive may hold, and image planes that they may claim together."""

DISK_RESERVE = 64 << 20
"""Bytes of a disk that unpacking leaves free, for whatever else is at work there."""

HEADER_BUDGET = 64 << 20
"""Bytes that a DICOM file may hold before its pixels."""

TEXT_HEADER_BUDGET = 1 << 20
"""Bytes that the header of an NRRD or MetaImage file may have."""


def check_size(shape: Sequence[int], bytes_per_voxel: int, name: str) -> None:
    """Raise InputError when an image of this shape would take more than BYTE_BUDGET, as stored or as float32."""
    needed = math.prod(int(extent) for extent in shape) * max(int(bytes_per_voxel), 4)
    if needed > BYTE_BUDGET:
        size = " × ".join(str(int(extent)) for extent in shape)
        raise InputError(
            f"'{name}' says it holds {size} voxels, which needs {needed / 2**30:.1f} GiB of memory; "
            f"the limit is {BYTE_BUDGET / 2**30:.1f} GiB: crop or downsample it first."
        )
