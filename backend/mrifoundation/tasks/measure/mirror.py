"""The other side of a brain laid over this one: a reflection in the plane half-way between the two hemispheres."""

import numpy as np
from scipy import ndimage


def mirrored(image: np.ndarray, mask: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(image reflected, bool where both a voxel and its mirror image lie in `mask`), all [x, y, z] on an isotropic grid.

    left, right: weights ≥ 0 of the hemispheres; nothing is shared where one of them is missing.
    """
    if not (left.sum() > 0 and right.sum() > 0):
        return image, np.zeros(image.shape, bool)
    centres = np.array([_centre(side) for side in (left, right)])
    across = centres[1] - centres[0]
    normal = across / max(float(np.linalg.norm(across)), 1e-6)
    turn = np.eye(3) - 2 * np.outer(normal, normal)
    middle = centres.mean(axis=0)
    offset = middle - turn @ middle
    other = ndimage.affine_transform(image, turn, offset, order=1, mode="nearest")
    there = ndimage.affine_transform(mask.astype(np.float32), turn, offset, order=1) > 0.5
    return other, mask & there


def _centre(weight: np.ndarray) -> np.ndarray:
    total = weight.sum()
    return np.array(
        [
            (weight.sum(axis=tuple(b for b in range(3) if b != a)) * np.arange(n)).sum() / total
            for a, n in enumerate(weight.shape)
        ]
    )
