"""Margins in mm, true on grids of any spacing."""

import numpy as np
from scipy import ndimage

from mrifoundation.tasks.postprocess.surroundings import within


def with_margin(mask: np.ndarray, spacing: np.ndarray, mm: float) -> np.ndarray:
    """A mask [i, j, k] grown by `mm` (shrunk, when negative): voxels whose centre lies within `mm` of a marked voxel's centre.

    The edge of the volume is no border of the structure, so nothing is taken off there.
    """
    changed, box = mask.copy(), within(mask, spacing, abs(mm))
    if box is None or mm == 0:
        return changed
    if mm > 0:
        changed[box] = ndimage.distance_transform_edt(~mask[box], sampling=spacing) <= mm
    elif not mask[box].all():
        changed[box] = ndimage.distance_transform_edt(mask[box], sampling=spacing) > -mm
    return changed
