"""The robot user of interactive segmentation: it clicks in the middle of the largest error."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Click:
    """voxel: index [i, j, k] on the scan's own grid; positive: the structure is there."""

    voxel: tuple[int, int, int]
    positive: bool


def next_click(mask: np.ndarray, truth: np.ndarray, spacing: np.ndarray) -> Click | None:
    """Where to click next; None when nothing is wrong.

    mask, truth: bool [i, j, k]; spacing: mm. The largest connected piece of what is missing or too much is corrected at its innermost
    voxel, the one furthest from the piece's border (Mahadevan et al., BMVC 2018; Sofiiuk et al., ICIP 2022).
    """
    wrong = mask != truth
    if not wrong.any():
        return None
    box = ndimage.find_objects(wrong.astype(np.uint8))[0]
    pieces = [_largest(wrong[box] & side) for side in (truth[box], ~truth[box])]
    piece = max(pieces, key=np.count_nonzero)
    depth = ndimage.distance_transform_edt(np.pad(piece, 1), sampling=spacing)
    inner = np.array(np.unravel_index(int(depth.argmax()), depth.shape)) - 1 + [b.start for b in box]
    voxel = tuple(int(v) for v in inner)
    return Click(voxel, bool(truth[voxel]))


def _largest(mask: np.ndarray) -> np.ndarray:
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax()
