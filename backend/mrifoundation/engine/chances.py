"""How likely each voxel of the scan belongs to a structure."""

import numpy as np
from scipy.special import expit

from mrifoundation.engine.encoding import Encoding
from mrifoundation.engine.label_painter import scan_box
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.resample import resample


def chances_on_scan(encoding: Encoding, logits: np.ndarray) -> np.ndarray:
    """float32 [i, j, k] on the scan's own grid, 0 to 1, from `logits` on the working grid, as labels are painted from them.

    0 outside the surroundings of what was found: there nothing was compared with its neighbours.
    """
    grid, chances = encoding.grid, np.zeros(encoding.grid.scan_shape, np.float32)  # canonical axes
    working = bounding_box(logits > 0)
    if working is not None:
        box, columns = scan_box(grid, working)
        weights = [matrix[:, c] for matrix, c in zip(grid.to_scan(box), columns, strict=True)]
        chances[box] = expit(resample(logits[columns], weights))
    return np.ascontiguousarray(encoding.axes.undo(chances))
