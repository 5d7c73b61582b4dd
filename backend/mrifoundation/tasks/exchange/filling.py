"""What closed contours in one plane enclose."""

from collections.abc import Iterable, Sequence

import numpy as np


def filled(rings: Iterable[np.ndarray], shape: Sequence[int]) -> np.ndarray:
    """bool [i, j]: pixels whose centre (whole numbers) an odd number of rings encloses. rings: float [n, 2] in (i, j).

    Even-odd, so that a keyhole, an inner contour and CLOSEDPLANAR_XOR all mean a hole; the two sides of a keyhole cancel exactly, because
    each edge is walked from its lower end. A ring that is given twice counts once.
    """
    toggled = np.zeros((shape[0], shape[1] + 1), np.int32)
    for ring in {np.ascontiguousarray(ring, float).tobytes(): np.asarray(ring, float) for ring in rings}.values():
        start, end = ring, np.roll(ring, -1, axis=0)
        swapped = (start[:, 0] > end[:, 0])[:, None]
        low, high = np.where(swapped, end, start), np.where(swapped, start, end)
        first = np.clip(np.ceil(low[:, 0]), 0, shape[0]).astype(int)
        last = np.clip(np.ceil(high[:, 0]), 0, shape[0]).astype(int)
        counts = last - first
        edge = np.repeat(np.arange(len(ring)), counts)
        row = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
        slope = (high[edge, 1] - low[edge, 1]) / (high[edge, 0] - low[edge, 0])
        column = np.ceil(low[edge, 1] + (row - low[edge, 0]) * slope)
        np.add.at(toggled, (row, np.clip(column, 0, shape[1]).astype(int)), 1)
    return (np.cumsum(toggled, axis=1)[:, :-1] % 2).astype(bool)
