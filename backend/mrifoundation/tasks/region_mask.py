"""A region of a scan from a label map file."""

from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.volume import Scan, read_scan


def read_mask(path: Path, scan: Scan) -> np.ndarray:
    """bool [i, j, k]: where the label map at `path` is not 0. Raises InputError when it is not on the grid of `scan` or is empty."""
    labels = read_scan(path)
    corners = np.array([[0, 0, 0, 1.0], [*(n - 1 for n in scan.shape), 1.0]])
    apart = np.abs((labels.affine - scan.affine) @ corners.T).max() if labels.shape == scan.shape else np.inf
    if apart > scan.spacing.min() / 2:
        raise InputError(f"The mask '{path.name}' is not on the grid of the scan; resample it onto the scan.")
    mask = np.rint(labels.voxels) != 0
    if not mask.any():
        raise InputError(f"The mask '{path.name}' is empty; mark at least one voxel.")
    return mask
