"""What lies between contours: the form goes over from one plane to the next, however far apart they are."""

import numpy as np
from scipy import ndimage


def between(masks: list[np.ndarray], heights: np.ndarray, levels: np.ndarray, farthest: float) -> np.ndarray:
    """bool [i, j, levels] of masks bool [i, j] at rising `heights` (mm): between two of them the zero of their signed distances,
    interpolated linearly. Planes that are more than `farthest` mm apart belong to separate parts; each reaches half of that."""
    distances = [_signed(mask) for mask in masks]
    made = np.zeros((*masks[0].shape, len(levels)), bool)
    for number, level in enumerate(levels):
        above = int(np.clip(np.searchsorted(heights, level), 1, len(heights) - 1))
        low, high = heights[above - 1], heights[above]
        share = float(np.clip((level - low) / (high - low), 0, 1))
        if high - low > farthest:
            nearest = above if share > 0.5 else above - 1
            if abs(level - heights[nearest]) <= farthest / 2:
                made[..., number] = masks[nearest]
        else:
            made[..., number] = (1 - share) * distances[above - 1] + share * distances[above] > 0
    return made


def _signed(mask: np.ndarray) -> np.ndarray:
    """Pixels to the border, more than 0 inside; where nothing is drawn, far outside."""
    if not mask.any():
        return np.full(mask.shape, -float(max(mask.shape)))
    return ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
