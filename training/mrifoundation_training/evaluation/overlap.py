"""Overlap of two masks."""

import numpy as np


def dice(prediction: np.ndarray, reference: np.ndarray) -> float:
    """Dice coefficient of two boolean arrays of one shape, 0 to 1.

    An empty reference gives NaN, whatever the prediction is: whether a structure that is not there was claimed is a
    question of presence, not of overlap, and is counted as such. An empty prediction of a structure that is there
    gives 0.
    Dice, Ecology 1945.
    """
    size = int(np.count_nonzero(reference))
    if size == 0:
        return float("nan")
    return 2.0 * int(np.count_nonzero(prediction & reference)) / (int(np.count_nonzero(prediction)) + size)
