"""Wall thickness of the left ventricle on short-axis slices: along rays from the cavity's centre."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

RAYS = 36
STEP_MM = 0.25
REACH_MM = 90.0  # no ventricle's wall lies further from the middle of its cavity
LEAST_RING = 0.75  # share of rays that must cross muscle for a slice to count: apical and basal slices fall out
LEAST_CAVITY_MM2 = 80.0


@dataclass(frozen=True)
class Ring:
    """One slice. thickness: mm [RAYS], NaN where a ray meets no muscle. reach: length of cavity on each ray, mm [RAYS].

    radius: of a circle as large as the cavity, mm. centre: of the cavity, index [2]."""

    thickness: np.ndarray
    reach: np.ndarray
    radius: float
    centre: np.ndarray


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
    inside, around = (np.moveaxis(mask, through, 0) for mask in (cavity, muscle))
    rings = [ring_of(*pair, in_plane) for pair in zip(inside, around, strict=True)]
    found = [ring for ring in rings if ring is not None]
    thickness = np.array([ring.thickness for ring in found]).reshape(-1, RAYS)
    return Wall(thickness, np.array([ring.radius for ring in found]))


def ring_of(
    cavity: np.ndarray, muscle: np.ndarray, spacing: np.ndarray, least_mm2: float = LEAST_CAVITY_MM2
) -> Ring | None:
    """The wall in one slice, bool [a, b] each, spacing mm [2]; None where the cavity is smaller than `least_mm2` or the ring open."""
    area = float(cavity.sum() * np.prod(spacing))
    if not cavity.any() or area < least_mm2:
        return None
    centre = np.array(ndimage.center_of_mass(cavity))
    length = along_rays(muscle, centre, spacing)
    thickness = np.where(length > 0.5 * min(spacing), length, np.nan)
    if np.isfinite(thickness).mean() < LEAST_RING:
        return None
    return Ring(thickness, along_rays(cavity, centre, spacing), float(np.sqrt(area / np.pi)), centre)


def along_rays(mask: np.ndarray, centre: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Length of `mask`, bool [a, b], on each ray from `centre` (index [2]): mm [RAYS]."""
    steps = np.arange(STEP_MM / 2, min(REACH_MM, float(np.linalg.norm(np.array(mask.shape) * spacing))), STEP_MM)
    angles = np.arange(RAYS) * (2 * np.pi / RAYS)
    directions = np.stack([np.cos(angles), np.sin(angles)]) / np.asarray(spacing)[:, None]
    points = centre[:, None, None] + directions[:, :, None] * steps
    # Linear interpolation of the mask puts its border between two voxels, which nearest neighbours cannot.
    met = ndimage.map_coordinates(mask.astype(np.float32), points, order=1, mode="constant")
    return (met * STEP_MM).sum(axis=1)
