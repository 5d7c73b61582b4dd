"""Distance between the surfaces of two masks."""

import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance
from scipy import ndimage


def hausdorff95(prediction: np.ndarray, reference: np.ndarray, spacing: np.ndarray) -> float:
    """95 % Hausdorff distance in mm: the larger of the two directed 95th percentiles of surface distance.

    prediction, reference: boolean [i, j, k]; spacing: mm along each axis, which may differ (axes are taken as
    orthogonal).
    The surface is every voxel of a mask with a face neighbour outside it; voxels at the edge of the image belong to it.
    NaN when either mask is empty: there is no surface to measure to (a structure that was missed is counted elsewhere).
    Huttenlocher et al., IEEE TPAMI 1993; computed by MONAI.
    """
    if not prediction.any() or not reference.any():
        return float("nan")
    box = _box(prediction | reference)
    # A rim of nothing, so that a voxel at the edge of the image has an outside too.
    masks = (torch.from_numpy(np.pad(mask[box], 1))[None, None].float() for mask in (prediction, reference))
    spacing = [float(mm) for mm in spacing]
    return float(compute_hausdorff_distance(*masks, include_background=True, percentile=95, spacing=spacing))


def _box(mask: np.ndarray) -> tuple[slice, ...]:
    """The smallest box that holds the mask. Cutting there changes no surface: nothing lies outside."""
    return ndimage.find_objects(mask.astype(np.uint8))[0]
