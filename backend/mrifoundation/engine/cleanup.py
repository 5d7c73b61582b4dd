"""The one clean-up there is: crumbs far smaller than the structure's main piece are dropped, on the working grid, where
it is cheap."""

import numpy as np
from scipy import ndimage

from mrifoundation.volume.box import bounding_box

CRUMB = 0.05  # of the largest piece
# Of what the body has in one piece a second large one is kept all the same: missing slices may have cut it.
CRUMB_OF_ONE_PIECE = 0.25


def drop_crumbs(logits: np.ndarray, crumb: float = CRUMB) -> np.ndarray:
    """`logits` [X, Y, Z] with every connected piece under `crumb` of the largest pushed below 0.

    Not for lesions, whose small pieces are as real as the large ones.
    """
    box = bounding_box(logits > 0)
    if box is None:
        return logits
    pieces, count = ndimage.label(logits[box] > 0)
    if count < 2:
        return logits
    sizes = np.bincount(pieces.ravel())
    sizes[0] = sizes[1:].max()
    crumbs = (sizes < crumb * sizes[0])[pieces]
    if not crumbs.any():
        return logits
    cleaned = logits.copy()
    cleaned[box][crumbs] *= -1
    return cleaned
