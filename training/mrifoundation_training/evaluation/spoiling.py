"""Scans made worse by a known amount, the labels going with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from mrifoundation.volume import Scan
from mrifoundation_training.synthesis.geometry import smooth_noise


@dataclass(frozen=True, eq=False)
class Spoiled:
    """scan: the worse one. reference: the labels it is scored against, int32. onto_reference: brings an answer's label map from the
    scan's grid onto the reference's."""

    scan: Scan
    reference: np.ndarray
    onto_reference: Callable[[np.ndarray], np.ndarray] = lambda labels: labels


@dataclass(frozen=True)
class Damage:
    """name and unit of a kind of damage, the levels it is given at (the first spoils nothing), and what does it."""

    name: str
    unit: str
    levels: tuple[float, ...]
    spoil: Callable[[Scan, np.ndarray, float, np.random.Generator], Spoiled]


def thick_slices(scan: Scan, reference: np.ndarray, level: float, rng: np.random.Generator) -> Spoiled:
    """Slices of `level` mm instead of the scan's own, by averaging; the answer is scored on the original slices."""
    axis = _slices(scan)
    count = max(1, round(level / scan.spacing[axis]))
    if count == 1:
        return Spoiled(scan, reference)
    kept = scan.shape[axis] // count * count
    voxels, reference = (_first(array, axis, kept) for array in (scan.voxels, reference))
    shape = list(voxels.shape)
    shape[axis : axis + 1] = [kept // count, count]
    affine = scan.affine.copy()
    affine[:3, 3] += affine[:3, axis] * (count - 1) / 2
    affine[:3, axis] *= count
    thick = replace(scan, voxels=voxels.reshape(shape).mean(axis + 1), affine=affine)
    return Spoiled(thick, reference, lambda labels: np.repeat(labels, count, axis=axis))


def noise(scan: Scan, reference: np.ndarray, level: float, rng: np.random.Generator) -> Spoiled:
    """Rician noise with a standard deviation of `level` per cent of the range from the 1st to the 99th percentile."""
    if not level:
        return Spoiled(scan, reference)
    low, high = np.percentile(scan.voxels, (1, 99))
    one, two = rng.normal(0, level / 100 * (high - low), (2, *scan.shape)).astype(np.float32)
    voxels = np.sqrt((scan.voxels - low + one) ** 2 + two**2) + low
    return Spoiled(replace(scan, voxels=voxels), reference)


def bias(scan: Scan, reference: np.ndarray, level: float, rng: np.random.Generator) -> Spoiled:
    """A smooth brightness field between 1 − level and 1 + level per cent, half the scan in wavelength."""
    if not level:
        return Spoiled(scan, reference)
    field = smooth_noise(rng, 1, scan.shape, max(scan.shape) / 3, torch.device("cpu"))[0].numpy()
    field = 2 * (field - field.min()) / max(1e-6, float(np.ptp(field))) - 1
    low = scan.voxels.min()
    return Spoiled(replace(scan, voxels=(scan.voxels - low) * (1 + level / 100 * field) + low), reference)


def cut_field_of_view(scan: Scan, reference: np.ndarray, level: float, rng: np.random.Generator) -> Spoiled:
    """Only the middle `level` per cent of the patient's height; what is outside is not asked for."""
    if level >= 100:
        return Spoiled(scan, reference)
    axis = int(np.abs(scan.affine[2, :3] / scan.spacing).argmax())
    length = scan.shape[axis]
    kept = max(1, round(length * level / 100))
    start = (length - kept) // 2
    index = tuple(slice(start, start + kept) if a == axis else slice(None) for a in range(3))
    affine = scan.affine.copy()
    affine[:3, 3] += affine[:3, axis] * start
    return Spoiled(replace(scan, voxels=scan.voxels[index], affine=affine), reference[index])


def missing_slices(scan: Scan, reference: np.ndarray, level: float, rng: np.random.Generator) -> Spoiled:
    """`level` per cent of the slices, here and there, are black, as after a failed transfer; they are not scored."""
    if not level:
        return Spoiled(scan, reference)
    axis = _slices(scan)
    gone = rng.choice(scan.shape[axis], max(1, round(scan.shape[axis] * level / 100)), replace=False)
    voxels, reference = np.moveaxis(scan.voxels.copy(), axis, 0), np.moveaxis(reference.copy(), axis, 0)
    voxels[gone], reference[gone] = scan.voxels.min(), -1
    return Spoiled(replace(scan, voxels=np.moveaxis(voxels, 0, axis)), np.moveaxis(reference, 0, axis))


DAMAGES = (
    Damage("slice thickness", "mm", (1, 2, 3, 4, 6, 8), thick_slices),
    Damage("noise", "% of the range", (0, 3, 6, 10, 15), noise),
    Damage("bias field", "±%", (0, 20, 40, 60), bias),
    Damage("field of view", "% of the height", (100, 80, 60, 40), cut_field_of_view),
    Damage("missing slices", "%", (0, 5, 10, 20), missing_slices),
)


def _slices(scan: Scan) -> int:
    """The axis across the slices: the one with the largest spacing, the last of equals."""
    spacing = np.round(scan.spacing, 3)
    return int(2 - np.argmax(spacing[::-1]))


def _first(array: np.ndarray, axis: int, count: int) -> np.ndarray:
    return array[tuple(slice(0, count) if a == axis else slice(None) for a in range(3))]
