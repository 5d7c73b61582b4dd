"""The outline of a mask in one plane, as closed contours; holes hang on their contour by a keyhole."""

import numpy as np
from scipy.ndimage import find_objects, label
from skimage.measure import find_contours

from mrifoundation.tasks.exchange.keyholes import keyholed

Ring = np.ndarray  # float [n, 2], closed: the last point joins the first


def outlines(plane: np.ndarray) -> list[Ring]:
    """Closed contours of a bool plane [i, j], one for each connected part, in (i, j) with pixel centres at whole numbers.

    They run half-way between pixels in and out, so that exactly the pixels of the mask have their centre inside. A hole is joined to
    its contour by a channel of no width (keyhole), since a contour inside another means nothing by itself in DICOM (PS3.3 C.8.8.6.3).
    """
    parts, _ = label(plane)
    found = []
    for number, place in enumerate(find_objects(parts), start=1):
        corner = [side.start - 1 for side in place]
        rings = find_contours(np.pad(parts[place] == number, 1).astype(np.float32), 0.5)
        whole, is_end = keyholed([ring[:-1] + corner for ring in rings])
        found.append(_straightened(whole, is_end))
    return found


def _straightened(ring: Ring, kept: np.ndarray) -> Ring:
    """Without points in the middle of a straight line, except those that are `kept` (bool [n])."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    return ring[bends | kept]
