"""The part of a grid that an operation on a mask can reach."""

import numpy as np

from mrifoundation.volume.box import Box, bounding_box


def within(mask: np.ndarray, spacing: np.ndarray, mm: float) -> Box | None:
    """The box of a mask [i, j, k] and `mm` around it, as far as the grid goes; None when nothing is marked."""
    box = bounding_box(mask)
    if box is None:
        return None
    reach = np.ceil(mm / np.asarray(spacing)).astype(int) + 1
    return tuple(
        slice(max(0, part.start - int(r)), min(n, part.stop + int(r)))
        for part, r, n in zip(box, reach, mask.shape, strict=True)
    )
