"""Is it an image of a body at all? Noise, constant images and crumbs of a scan are told before anything is measured."""

import numpy as np

from mrifoundation.volume import Scan

LEAST_CORRELATION = 0.35
LEAST_MM = 20.0  # extent along at least two axes
SAMPLE = 96  # voxels a side that are looked at


def problem_of(scan: Scan) -> str | None:
    """A sentence when nothing can be measured on this scan, else None."""
    extent = np.array(scan.shape) * scan.spacing
    if np.sort(extent)[1] < LEAST_MM:
        return f"the scan is only {extent[0]:.0f} × {extent[1]:.0f} × {extent[2]:.0f} mm large"
    if not np.ptp(scan.voxels):
        return "the scan is the same everywhere"
    correlation = neighbour_correlation(scan)
    if correlation < LEAST_CORRELATION:
        return f"the scan looks like noise (neighbouring voxels correlate by {correlation:.2f}; anatomy has over 0.7)"
    return None


def neighbour_correlation(scan: Scan) -> float:
    """Correlation of neighbours along the two finest axes, in the middle of the scan; 1 for a smooth image, 0 for noise."""
    middle = tuple(slice(max(0, (n - SAMPLE) // 2), (n + SAMPLE) // 2 + 1) for n in scan.shape)
    part = scan.voxels[middle].astype(np.float64)
    found = []
    for axis in np.argsort(scan.spacing, kind="stable")[:2]:
        first, second = (np.take(part, range(*span), axis=int(axis)) for span in _neighbours(part.shape[axis]))
        if first.size and first.std() > 0 and second.std() > 0:
            found.append(float(np.corrcoef(first.ravel(), second.ravel())[0, 1]))
    return min(found, default=0.0)


def _neighbours(length: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (0, length - 1), (1, length)
