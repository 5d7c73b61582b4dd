"""Bodies with a bright ball, to teach a structure from and to look for it in."""

import numpy as np

AFFINE = np.diag([4.0, 4.0, 5.0, 1.0])
SHAPE = (44, 40, 36)


def a_body(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """int16 voxels of an ellipsoid body with a bright ball somewhere in it and a darker one on the other side; bool mask of the first."""
    random = np.random.default_rng(seed)
    i, j, k = np.meshgrid(*(np.linspace(-1.1, 1.1, n) for n in SHAPE), indexing="ij")
    x, y, z = np.array([0.3, 0.1, 0]) + random.uniform(-0.15, 0.15, 3)
    ball = (i - x) ** 2 + (j - y) ** 2 + (k - z) ** 2 < 0.16
    dark = (i + x) ** 2 + (j + y) ** 2 + (k - z) ** 2 < 0.1
    body = i**2 + j**2 + k**2 < 1
    voxels = body * 300 + ball * 400 - dark * 200 + random.normal(0, 12, SHAPE)
    return voxels.clip(0).astype(np.int16), ball


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / max(1, np.count_nonzero(one) + np.count_nonzero(other))
