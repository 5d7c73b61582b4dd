"""Whether what two files hold lies on one grid."""

from collections.abc import Sequence

import numpy as np


def apart_mm(shape: Sequence[int], affine: np.ndarray, other_shape: Sequence[int], other: np.ndarray) -> float:
    """How far the first or the last voxels of two grids lie from each other along an axis of the scanner; infinite for other shapes."""
    if tuple(shape) != tuple(other_shape):
        return float("inf")
    corners = np.array([[0, 0, 0, 1], [*(n - 1 for n in shape), 1]], float).T
    return float(np.abs((affine - other) @ corners).max())
