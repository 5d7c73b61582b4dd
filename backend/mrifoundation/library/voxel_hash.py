"""What tells a scan that went through another program, which rounds its affine, for the scan that it was."""

import hashlib
from weakref import WeakKeyDictionary

import numpy as np

from mrifoundation.volume import Scan

# A scan that is searched for once is often searched for again.
_made: WeakKeyDictionary[Scan, str] = WeakKeyDictionary()


def voxel_hash(scan: Scan) -> str:
    """SHA-256 (hex) over shape and voxels alone."""
    if scan not in _made:
        digest = hashlib.sha256(repr(scan.shape).encode())
        digest.update(np.ascontiguousarray(scan.voxels, dtype="<f4"))
        _made[scan] = digest.hexdigest()
    return _made[scan]
