"""Robust intensity scaling: what is foreground, and where its darkest and brightest useful values lie."""

import numpy as np

LOW_PERCENT, HIGH_PERCENT = 0.5, 99.5
# A scan's brightest voxels (vessels, fat, coil hot spots) may exceed the robust maximum a little before they are clipped.
CLIP = 1.25


def robust_range(values: np.ndarray) -> tuple[float, float]:
    """(low, high): the 0.5 and 99.5 percentiles of `values` (any shape; a regular sample when there are over a million)."""
    flat = np.ravel(values)
    flat = flat[:: max(1, flat.size // 1_000_000)]
    low, high = np.percentile(flat, (LOW_PERCENT, HIGH_PERCENT))
    return float(low), float(high)


def scale(values, low: float, high: float):
    """Map [low, high] to [-1, 1], clipped at ±1.25. Works on NumPy arrays and torch tensors; a constant image becomes -1."""
    if not high > low:
        return values * 0 - 1.0
    return ((values - low) * (2.0 / (high - low)) - 1.0).clip(-CLIP, CLIP)


def bright(values: np.ndarray) -> np.ndarray:
    """bool: what lies over a tenth of the robust range above the darkest, which in most scans is the body without the air around it."""
    low, high = robust_range(values)
    return values > low + 0.1 * (high - low)


def body_box(voxels: np.ndarray, spacing: np.ndarray, margin_mm: float = 4.0) -> tuple[slice, slice, slice]:
    """The box around the body in a canonical array [i, j, k]; the whole array where no dark background surrounds it.

    spacing: mm per axis. A few bright specks (noise, a label burnt into a
    corner) do not widen the box: on each axis a plane counts when over 0.3 % of it is bright.
    """
    steps = np.maximum(1, np.floor(3.0 / np.asarray(spacing)).astype(int))
    coarse = voxels[:: steps[0], :: steps[1], :: steps[2]]
    seen, box = bright(coarse), []
    for axis in range(3):
        share = seen.mean(axis=tuple(a for a in range(3) if a != axis))
        planes = np.flatnonzero(share > 0.003)
        length, margin = voxels.shape[axis], int(np.ceil(margin_mm / spacing[axis]))
        if planes.size == 0:
            return (slice(0, voxels.shape[0]), slice(0, voxels.shape[1]), slice(0, voxels.shape[2]))
        first, last = planes[0] * steps[axis], (planes[-1] + 1) * steps[axis]
        box.append(slice(max(0, first - margin), min(length, last + margin)))
    return tuple(box)
