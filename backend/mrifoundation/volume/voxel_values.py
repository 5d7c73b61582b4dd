"""From whatever number type a file stores to finite float32 voxels, saying what had to be decided."""

import numpy as np

from mrifoundation.errors import InputError

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Weights of red, green and blue in luminance (ITU-R BT.709)."""


def finite_float32(
    values: np.ndarray, name: str, notes: list[str], slope: float = 1.0, intercept: float = 0.0
) -> np.ndarray:
    """The values as a C-contiguous float32 array, slope · value + intercept.

    values: [i, j, k] real, complex (its magnitude is used) or structured RGB/RGBA (its luminance is used).
    notes:  plain sentences are appended for complex, RGB, non-finite and constant images.
    Raises InputError when no value is finite.
    """
    real = _real(values, notes)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.array(real, dtype=np.float32, order="C")
        if slope != 1.0 or intercept != 0.0:
            scaled *= np.float32(slope)
            scaled += np.float32(intercept)
    _replace_non_finite(scaled, name, notes)
    if scaled.min() == scaled.max():
        notes.append("Every voxel has the same value, so there is nothing to see in this scan.")
    return scaled


def luminance(colours: np.ndarray, notes: list[str]) -> np.ndarray:
    """[..., 3 or 4] red, green, blue (alpha is dropped) → [...] float32 luminance, noted."""
    notes.append("Colour image: its brightness (luminance) is used.")
    return colours[..., :3].astype(np.float32) @ LUMINANCE


def _real(values: np.ndarray, notes: list[str]) -> np.ndarray:
    if values.dtype.fields:
        return luminance(np.stack([values[channel] for channel in ("R", "G", "B")], axis=-1), notes)
    if np.iscomplexobj(values):
        notes.append("Complex image: its magnitude is used.")
        return np.abs(values)
    return values


def _replace_non_finite(values: np.ndarray, name: str, notes: list[str]) -> None:
    finite = np.isfinite(values)
    missing = values.size - int(np.count_nonzero(finite))
    if not missing:
        return
    if missing == values.size:
        raise InputError(f"'{name}' holds no finite voxel value at all; export it again from its source.")
    kept = values[finite]
    highest, lowest = kept.max(), kept.min()
    values[np.isposinf(values)] = highest
    values[~np.isfinite(values)] = lowest
    notes.append(
        f"{missing} voxels that are not a number or infinite were replaced by the nearest end of the intensity range."
    )
