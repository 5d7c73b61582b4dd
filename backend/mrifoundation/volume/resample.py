"""Separable resampling between two grids that share their axes: exact geometry, antialiased when it shrinks."""

import numpy as np


def axis_weights(start: float, step: float, count: int, length: int, antialias: bool = True) -> np.ndarray:
    """Linear interpolation along one axis as a matrix [count, length], rows summing to one.

    Output sample m lies at input index start + m · step. When step > 1 the triangle kernel widens with it, which averages
    instead of skipping samples; beyond the ends the edge value counts.
    """
    width = max(step, 1.0) if antialias else 1.0
    position = np.clip(start + step * np.arange(count), 0, length - 1)
    distance = np.abs(position[:, None] - np.arange(length)[None, :]) / width
    weights = np.clip(1.0 - distance, 0.0, None)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def resample(array: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Apply one weight matrix [out, in] per spatial axis to `array` [..., i, j, k] (the last three axes); float32."""
    array = np.asarray(array, dtype=np.float32)
    # The axis that shrinks most goes first: less left to do for the others.
    for axis in sorted(range(3), key=lambda a: weights[a].shape[0] / weights[a].shape[1]):
        if not _is_identity(weights[axis]):
            moved = np.moveaxis(array, axis - 3, -1)
            array = np.moveaxis(moved @ weights[axis].T, -1, axis - 3)
    return np.ascontiguousarray(array)


def _is_identity(matrix: np.ndarray) -> bool:
    rows, columns = matrix.shape
    return rows == columns and bool(np.array_equal(matrix, np.eye(rows, dtype=matrix.dtype)))
