"""Margins in mm, true on grids of any spacing."""

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from mrifoundation.tasks.postprocess.surroundings import within

_ROUNDING = 1e-3  # mm by which spacings that files round may move what lies exactly on the new surface


def with_margin(mask: np.ndarray, spacing: np.ndarray, mm: float) -> np.ndarray:
    """A mask [i, j, k] whose surface is moved outward by `mm` (inward, when negative): a voxel belongs to it when its centre does, also
    when that lies exactly on the new surface. spacing: mm per axis.

    The surface runs half-way between the centres of voxels in and out, as that of exported contours and of planning systems does: from
    the centres of the last voxels in, a margin of 3 mm would end before the next slice of 4 mm. Where slices make steps of a curved
    surface, the margin is true from the edge of each step, so a ball of thick slices gains up to a fifth of a slice more than its mean
    radius says. The edge of the volume is no border of the structure, so nothing is taken off there.
    """
    changed, box = mask.copy(), within(mask, spacing, abs(mm))
    if box is None or mm == 0:
        return changed
    if mm > 0:
        changed[box] = _reached(mask[box], spacing, mm + _ROUNDING)
    elif not mask[box].all():
        changed[box] = ~_reached(~mask[box], spacing, -mm - _ROUNDING)
    return changed


def _reached(mask: np.ndarray, spacing: np.ndarray, mm: float) -> np.ndarray:
    """bool [i, j, k]: the mask, and centres at most `mm` from its surface."""
    spacing = np.asarray(spacing)
    away = ndimage.distance_transform_edt(~mask, sampling=spacing)  # from the centres in, which lie behind the surface
    reached = away <= mm
    unsure = np.argwhere(~reached & (away <= mm + spacing.max() / 2))
    if len(unsure):
        near, _ = cKDTree(_surface(mask) * spacing).query(unsure * spacing, distance_upper_bound=mm)
        reached[tuple(unsure.T)] = np.isfinite(near)
    return reached


def _surface(mask: np.ndarray) -> np.ndarray:
    """float [n, 3], in indices: half-way between each voxel in and each of its six neighbours that is out."""
    halves = []
    for axis in range(3):
        places = np.argwhere(np.diff(mask, axis=axis)).astype(float)
        places[:, axis] += 0.5
        halves.append(places)
    return np.concatenate(halves)
