"""Wall thickness of the left ventricle on short-axis slices: along rays from the cavity's centre."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

RAYS = 36
STEP_MM = 0.25
LEAST_RING = 0.75  # share of rays that must cross muscle for a slice to count: apical and basal slices fall out
LEAST_CAVITY_MM2 = 80.0


@dataclass(frozen=True)
class Wall:
    """thickness: mm [slices, RAYS], NaN where a ray meets no muscle. radius: of a circle as large as the cavity, mm [slices]."""

    thickness: np.ndarray
    radius: np.ndarray

    @property
    def measured(self) -> bool:
        return self.radius.size > 0


def wall_of(cavity: np.ndarray, muscle: np.ndarray, spacing: np.ndarray) -> Wall:
    """cavity, muscle: bool [i, j, k]; spacing: mm [3]. Slices are cut across the axis with the thickest voxels."""
    through = int(np.argmax(spacing))
    in_plane = np.delete(np.asarray(spacing, dtype=float), through)
    thickness, radius = [], []
    for index in np.flatnonzero(cavity.any(axis=tuple(a for a in range(3) if a != through))):
        inside, ring = (np.take(mask, index, axis=through) for mask in (cavity, muscle))
        area = float(inside.sum() * in_plane.prod())
        along = _along_rays(inside, ring, in_plane)
        if area >= LEAST_CAVITY_MM2 and np.isfinite(along).mean() >= LEAST_RING:
            thickness.append(along)
            radius.append(np.sqrt(area / np.pi))
    return Wall(np.array(thickness).reshape(-1, RAYS), np.array(radius))


def _along_rays(cavity: np.ndarray, muscle: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Length of muscle on each ray, mm [RAYS]."""
    centre = np.array(ndimage.center_of_mass(cavity))
    reach = np.linalg.norm(np.array(cavity.shape) * spacing)
    steps = np.arange(STEP_MM / 2, reach, STEP_MM)
    angles = np.arange(RAYS) * (2 * np.pi / RAYS)
    directions = np.stack([np.cos(angles), np.sin(angles)]) / spacing[:, None]
    points = centre[:, None, None] + directions[:, :, None] * steps
    # Linear interpolation of the mask puts its border between two voxels, which nearest neighbours cannot.
    met = ndimage.map_coordinates(muscle.astype(np.float32), points, order=1, mode="constant")
    length = (met * STEP_MM).sum(axis=1)
    return np.where(length > 0.5 * spacing.min(), length, np.nan)
