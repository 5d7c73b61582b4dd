"""The smallest box that holds all of a mask."""

import numpy as np

Box = tuple[slice, slice, slice]


def bounding_box(mask: np.ndarray) -> Box | None:
    """Of a mask [i, j, k], one slice an axis; None when nothing is marked.

    One pass over the large array; the other two axes are found on its projections."""
    plane = mask.any(axis=2)
    i, j = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    if not i.size:
        return None
    k = np.flatnonzero(mask[i[0] : i[-1] + 1, j[0] : j[-1] + 1].any(axis=(0, 1)))
    return tuple(slice(int(hits[0]), int(hits[-1]) + 1) for hits in (i, j, k))
