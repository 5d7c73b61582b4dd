"""The rigid motion that lays some points best on others."""

import numpy as np

LEAST_SPREAD = 5.0  # mm: across the two widest directions of the points; along a line a rotation is not determined


def rigid_between(moving: np.ndarray, fixed: np.ndarray) -> np.ndarray | None:
    """4×4 rotation and translation, mm → mm, that takes `moving` [n, 3] to `fixed` [n, 3] with least squares; None when the points lie on
    a line. Umeyama, IEEE TPAMI 1991, without scale."""
    centres = moving.mean(axis=0), fixed.mean(axis=0)
    moved, held = moving - centres[0], fixed - centres[1]
    if min(np.linalg.svd(points, compute_uv=False)[1] for points in (moved, held)) < LEAST_SPREAD:
        return None
    u, _, vt = np.linalg.svd(moved.T @ held)
    mirrored = np.sign(np.linalg.det(vt.T @ u.T))
    motion = np.eye(4)
    motion[:3, :3] = vt.T @ np.diag([1.0, 1.0, mirrored]) @ u.T
    motion[:3, 3] = centres[1] - motion[:3, :3] @ centres[0]
    return motion
