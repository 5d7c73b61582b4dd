"""How far apart the surfaces of two masks lie: 95 % Hausdorff distance, and the share that lies within a tolerance."""

import numpy as np
import torch
from scipy import ndimage

TOLERANCE_MM = 2.0  # of surface Dice, for every structure alike unless another one is asked for


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
    from monai.metrics import compute_hausdorff_distance  # MONAI takes ten seconds to import

    masks, spacing = _cut_out(prediction, reference), [float(mm) for mm in spacing]
    return float(compute_hausdorff_distance(*masks, include_background=True, percentile=95, spacing=spacing))


def surface_dice(
    prediction: np.ndarray, reference: np.ndarray, spacing: np.ndarray, tolerance_mm: float = TOLERANCE_MM
) -> float:
    """Normalised surface Dice, 0 to 1: the share of both surfaces, by area, that lies within `tolerance_mm` of the other one.

    Arrays and spacing as of `hausdorff95`. Here a surface has an area in mm², for on slices 10 mm apart a count of voxels
    would be one of the first and the last slice. As for Dice, NaN without a reference, 0 for what was missed.
    Nikolov et al., J Med Internet Res 2021; computed by MONAI.
    """
    if not reference.any():
        return float("nan")
    if not prediction.any():
        return 0.0
    from monai.metrics import compute_surface_dice

    masks, spacing = _cut_out(prediction, reference), [float(mm) for mm in spacing]
    within = compute_surface_dice(
        *masks, [float(tolerance_mm)], include_background=True, spacing=spacing, use_subvoxels=True
    )
    return float(within)


def _cut_out(prediction: np.ndarray, reference: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Both masks in the smallest box that holds them, float32 [1, 1, i, j, k], with a rim of nothing, so that a voxel at the edge
    of the image has an outside too. Cutting there changes no surface: nothing lies outside."""
    box = ndimage.find_objects((prediction | reference).astype(np.uint8))[0]
    return tuple(torch.from_numpy(np.pad(mask[box], 1))[None, None].float() for mask in (prediction, reference))
