"""Boolean operations on two masks of one grid."""

import numpy as np

COMBINATIONS = ("union", "intersection", "difference")


def combined(mask: np.ndarray, other: np.ndarray, how: str) -> np.ndarray:
    """bool [i, j, k]: `mask` and `other` together, what both have, or what only `mask` has."""
    if how == "union":
        return mask | other
    return mask & other if how == "intersection" else mask & ~other
