"""Distance between the surfaces of two masks."""

import numpy as np
from scipy import ndimage


def hausdorff95(prediction: np.ndarray, reference: np.ndarray, spacing: np.ndarray) -> float:
    """95 % Hausdorff distance in mm: the larger of the two directed 95th percentiles of surface distance.

    prediction, reference: boolean [i, j, k]; spacing: mm along each axis, which may differ (axes are taken as
    orthogonal).
    The surface is every voxel of a mask with a face neighbour outside it; voxels at the edge of the image belong to it.
    NaN when either mask is empty: there is no surface to measure to (a structure that was missed is counted elsewhere).
    Huttenlocher et al., IEEE TPAMI 1993; the percentile as in the MICCAI challenges and in MONAI.
    """
    if not prediction.any() or not reference.any():
        return float("nan")
    box = _box(prediction | reference)
    one, other = _surface(prediction[box]), _surface(reference[box])
    spacing = np.asarray(spacing, dtype=np.float64)
    return max(_directed95(one, other, spacing), _directed95(other, one, spacing))


def _directed95(start: np.ndarray, target: np.ndarray, spacing: np.ndarray) -> float:
    distance = ndimage.distance_transform_edt(~target, sampling=spacing)
    return float(np.percentile(distance[start], 95))


def _surface(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask, border_value=0)


def _box(mask: np.ndarray) -> tuple[slice, ...]:
    """The smallest box that holds the mask. Cutting there changes no surface: nothing lies outside."""
    return ndimage.find_objects(mask.astype(np.uint8))[0]
