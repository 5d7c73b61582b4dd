"""The brain's share of the intracranial volume (nWBV), from the scan's intensities inside an intracranial mask.

As in Marcus et al., J Cogn Neurosci 2007 (OASIS): every voxel of the intracranial space is fluid, grey or white matter, and the
share of the last two is the normalised whole-brain volume. How bright the three are is read where our own segmentation finds
them; a voxel between fluid and grey matter counts in part, so that thin fluid between the gyri is not lost to coarse voxels.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.errors import InputError
from mrifoundation.volume import Scan

STRIPPED_SHARE = 0.3  # least share of the field of view that is exactly empty around a skull-stripped brain
LEAST_VOXELS = 50  # of a tissue, to read its brightness
DARK_PERCENT = 2.0  # of the intracranial space; in young adults fluid fills about a twentieth of it or more


@dataclass(frozen=True)
class TissueBrightness:
    """Typical brightness of each tissue, in the scan's own units."""

    fluid: float
    grey: float
    white: float


@dataclass(frozen=True)
class BrainShare:
    """nwbv: brain volume / intracranial volume, 0 to 1. brain_ml, intracranial_ml: mL.

    complete: whether the intracranial space stays inside the field of view.
    """

    nwbv: float
    brain_ml: float
    intracranial_ml: float
    complete: bool


def stripped_mask(scan: Scan) -> np.ndarray | None:
    """The intracranial mask of a skull-stripped scan: bool [i, j, k], or None when the scan is not skull-stripped.

    A skull-stripped scan has one value for everything around the brain, and its brain is one piece.
    """
    filled = scan.voxels != scan.voxels.min()
    if filled.mean() > 1 - STRIPPED_SHARE or not filled.any():
        return None
    pieces, count = ndimage.label(filled)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    if sizes.max() < 0.97 * sizes.sum():  # noise around a head is many pieces
        return None
    largest = int(np.argmax(sizes)) + 1
    mask, box = pieces == largest, ndimage.find_objects(pieces)[largest - 1]
    mask[box] = ndimage.binary_fill_holes(mask[box])
    return mask


def tissue_brightness(scan: Scan, mask: np.ndarray, grey: np.ndarray, white: np.ndarray) -> TissueBrightness:
    """Brightness of the tissues from bool masks [i, j, k]: the intracranial space, grey and white matter of our segmentation.

    Grey and white matter are medians, which hold even where the segmentation is rough. Small ventricles do not, so the darkest
    of the whole space stands for fluid. Raises InputError when a mask is too small, or the three are not in the order of T1.
    """
    if min(map(np.count_nonzero, (mask, grey, white))) < LEAST_VOXELS:
        raise InputError("Cortex and white matter are not both in view; give a T1-weighted scan of the whole brain.")
    dark = float(np.percentile(scan.voxels[mask], DARK_PERCENT))
    middle = float(np.median(scan.voxels[grey & mask])) if (grey & mask).any() else dark
    inner = ndimage.binary_erosion(white)
    bright = float(np.median(scan.voxels[inner if np.count_nonzero(inner) >= LEAST_VOXELS else white]))
    if not dark < middle < bright:
        raise InputError(
            "Fluid, grey and white matter are not in the order of a T1-weighted scan; give a T1-weighted one."
        )
    return TissueBrightness(dark, middle, bright)


def brain_share(scan: Scan, mask: np.ndarray, brightness: TissueBrightness) -> BrainShare:
    """Brain and intracranial volume under `mask`, bool [i, j, k], the whole intracranial space. InputError when it is empty."""
    if not mask.any():
        raise InputError("There is no intracranial space in this scan; give a scan of the whole brain.")
    share = (scan.voxels[mask] - brightness.fluid) / (brightness.grey - brightness.fluid)
    brain = np.clip(share, 0.0, 1.0)
    return BrainShare(
        nwbv=float(brain.mean()),
        brain_ml=float(brain.sum()) * scan.voxel_ml,
        intracranial_ml=float(mask.sum()) * scan.voxel_ml,
        complete=not _touches_border(mask),
    )


def _touches_border(mask: np.ndarray) -> bool:
    faces = [np.take(mask, index, axis=axis) for axis in range(3) for index in (0, -1)]
    return any(face.mean() > 0.02 for face in faces)
