"""Connected pieces of a mask and the holes in it."""

import numpy as np
from scipy import ndimage

from mrifoundation.volume.box import bounding_box

TOUCHING = np.ones((3, 3, 3), dtype=bool)  # by a corner is enough to be one piece


def count_pieces(mask: np.ndarray) -> int:
    """How many connected pieces a mask [i, j, k] has."""
    box = bounding_box(mask)
    return ndimage.label(mask[box], TOUCHING)[1] if box else 0


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The piece of a mask [i, j, k] with the most voxels; of equals the first."""
    box = bounding_box(mask)
    if box is None:
        return mask.copy()
    pieces, _ = ndimage.label(mask[box], TOUCHING)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    largest = np.zeros_like(mask)
    largest[box] = pieces == int(np.argmax(sizes))
    return largest


def holes_filled(mask: np.ndarray) -> np.ndarray:
    """A mask [i, j, k] with every cavity filled that it encloses on all sides; a tunnel is none."""
    filled, box = mask.copy(), bounding_box(mask)
    if box is not None:
        filled[box] = ndimage.binary_fill_holes(mask[box])
    return filled
