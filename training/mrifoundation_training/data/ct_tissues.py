"""What a CT tells of the tissues that its label map leaves out, so that the whole body is named and can be shown as MRI would show it."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from mrifoundation.errors import InputError
from mrifoundation_training.data.volumes import CaseVolume

GAS, FAT, MUSCLE, BONE = "gas", "fat", "muscle", "cortical bone"
# From how many Hounsfield units on a voxel is one: between gas and fat, fat and muscle, soft tissue (with contrast medium) and bone.
FROM_HU = {GAS: -np.inf, FAT: -300.0, MUSCLE: -25.0, BONE: 220.0}


def completed(volume: CaseVolume) -> CaseVolume:
    """The same voxels with a name for all of the body; what stays without one is the air around it and the table.

    Raises InputError where the case is no CT."""
    if volume.image is None or volume.case.sequence != "CT":
        raise InputError(f"'{volume.case.id}' is no CT; only of one can the tissues without a label be told.")
    tissue = np.searchsorted(list(FROM_HU.values()), volume.image, side="right").astype(np.uint8)
    unnamed = (volume.labels == 0) & _body(volume.image > FROM_HU[FAT])
    labels = np.where(unnamed, len(volume.names) - 1 + tissue, volume.labels).astype(np.uint8)
    return replace(volume, labels=labels, names=(*volume.names, *FROM_HU))


def is_completed(volume: CaseVolume) -> bool:
    return FAT in volume.names


def _body(solid: np.ndarray) -> np.ndarray:
    """The largest thing in view with what it encloses in each transverse slice; the table hangs on it by a voxel at most."""
    parts, count = ndimage.label(ndimage.binary_opening(solid, iterations=2))
    if not count:
        return solid
    largest = parts == 1 + np.argmax(np.bincount(parts.flat)[1:])
    body = ndimage.binary_dilation(largest, iterations=2, mask=solid)
    return np.stack([ndimage.binary_fill_holes(body[..., k]) for k in range(body.shape[2])], axis=2)
