"""Smoothing in mm that keeps the volume."""

import numpy as np
from scipy import ndimage

from mrifoundation.tasks.postprocess.surroundings import within

REACH = 3.0  # deviations of the Gaussian


def smoothed(mask: np.ndarray, spacing: np.ndarray, mm: float) -> np.ndarray:
    """A mask [i, j, k] under a Gaussian of deviation `mm`, cut where as many voxels remain as there were: at one half a small or thin
    structure would shrink or vanish."""
    changed, box = mask.copy(), within(mask, spacing, REACH * mm)
    if box is None or mm == 0:
        return changed
    soft = ndimage.gaussian_filter(
        mask[box].astype(np.float32), mm / np.asarray(spacing), mode="nearest", truncate=REACH
    )
    count = int(np.count_nonzero(mask))
    level = np.partition(soft, soft.size - count, axis=None)[soft.size - count]
    changed[box] = soft >= max(level, np.finfo(np.float32).tiny)
    return changed
