"""What closed contours in one plane enclose."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_AT_ONCE = 1 << 20  # rows crossed by edges; each takes about 100 bytes on the way


def filled(rings: Iterable[np.ndarray], shape: Sequence[int]) -> np.ndarray:
    """bool [i, j]: pixels whose centre (whole numbers) an odd number of rings encloses. rings: float [n, 2] in (i, j).

    Even-odd, so that a keyhole, an inner contour and CLOSEDPLANAR_XOR all mean a hole; the two sides of a keyhole cancel exactly, because
    each edge is walked from its lower end. A ring that is given twice counts once.
    """
    width = shape[1] + 1
    toggled = np.zeros(
        shape[0] * width, np.int64
    )  # flat and of the kind of its indices, where `add.at` is forty times as fast
    for ring in {np.ascontiguousarray(ring, float).tobytes(): np.asarray(ring, float) for ring in rings}.values():
        for row, column in _crossings(ring, shape[0]):
            np.add.at(toggled, row * width + np.clip(column, 0, shape[1]).astype(int), 1)
    return (np.cumsum(toggled.reshape(shape[0], width), axis=1)[:, :-1] % 2).astype(bool)


def _crossings(ring: np.ndarray, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Where its edges cross rows, and the first column behind each crossing; in portions, since a ring may go to and fro."""
    start, end = ring, np.roll(ring, -1, axis=0)
    swapped = (start[:, 0] > end[:, 0])[:, None]
    low, high = np.where(swapped, end, start), np.where(swapped, start, end)
    first = np.clip(np.ceil(low[:, 0]), 0, rows).astype(int)
    counts = np.clip(np.ceil(high[:, 0]), 0, rows).astype(int) - first
    reached = np.cumsum(counts)
    cuts = np.searchsorted(reached, np.arange(_AT_ONCE, reached[-1], _AT_ONCE))
    for edges in np.split(np.arange(len(ring)), cuts):
        own = counts[edges]
        edge = np.repeat(edges, own)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(own) - own, own) + first[edge]
        slope = (high[edge, 1] - low[edge, 1]) / (high[edge, 0] - low[edge, 0])
        yield row, np.ceil(low[edge, 1] + (row - low[edge, 0]) * slope)
