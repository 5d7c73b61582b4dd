"""Proportions of a heart in two phases, which hold whatever the voxel size is: what a head tells groups of hearts apart by.

Everything is measured on the slices that show cavity and muscle of the left ventricle in both phases: the base, which moves out of
its slice between the two, missing slices and pieces found far off do no harm then.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.errors import InputError
from mrifoundation.tasks.measure.wall_thickness import along_rays, ring_of

SECTORS = 6  # of 60 degrees around the cavity
LEAST = 10.0  # percentile over all sectors of all slices: a tenth of the wall may do worse


@dataclass(frozen=True)
class Areas:
    """Voxels in each shared slice of the left cavity, the right cavity and the muscle: float64 [slices] each."""

    left: np.ndarray
    right: np.ndarray
    muscle: np.ndarray

    @property
    def radius(self) -> np.ndarray:
        """Of circles as large as the cavity, in voxels."""
        return np.sqrt(self.left / np.pi)

    @property
    def outer_radius(self) -> np.ndarray:
        """Of circles as large as cavity and muscle together, in voxels."""
        return np.sqrt((self.left + self.muscle) / np.pi)

    @property
    def right_share(self) -> float:
        """Of the right cavity in all three."""
        return float(self.right.sum() / (self.left + self.right + self.muscle).sum())

    @property
    def wall_to_radius(self) -> float:
        """Median over the slices."""
        return float(np.median((self.outer_radius - self.radius) / self.radius))


def heart_proportions(diastole: np.ndarray, systole: np.ndarray, spacing: np.ndarray) -> dict[str, float]:
    """Ten numbers by name, of label maps [i, j, k] of one series with 1, 2, 3 = `heart.STRUCTURES`; spacing mm [3].

    Raises InputError when the phases are not on the same slices, share no slice of the left ventricle, show no right one at
    end-diastole on these, or no whole ring. A right ejection below 0 is told as it is: whoever uses it must say so.
    """
    if diastole.shape != systole.shape:
        raise InputError("The two phases are not on the same slices; give two phases of one cine series.")
    through = int(np.argmax(spacing))
    first, second = (np.moveaxis(_largest_pieces(phase), through, 0) for phase in (diastole, systole))
    shared = [n for n in range(len(first)) if all((one[n] == v).any() for one in (first, second) for v in (1, 3))]
    if not shared:
        raise InputError(
            "No slice shows the left ventricle in both series; give two short-axis phases of one cine series."
        )
    first, second = first[shared], second[shared]
    wide, tight = _areas(first), _areas(second)
    if not wide.right.any():
        raise InputError(
            "The right ventricle is not seen at end-diastole on the slices that show the left one in both series; "
            "give two short-axis phases of one cine series, end-diastole first."
        )
    return {
        "left ejection": 1 - float(tight.left.sum() / wide.left.sum()),
        "right ejection": 1 - float(tight.right.sum() / wide.right.sum()),
        "right share at end-diastole": wide.right_share,
        "right share at end-systole": tight.right_share,
        "log wall to radius at end-diastole": float(np.log(wide.wall_to_radius)),
        "log wall to radius at end-systole": float(np.log(tight.wall_to_radius)),
        "outer border at end-systole to end-diastole": float(np.median(tight.outer_radius / wide.outer_radius)),
        **_regional(first, second, np.delete(np.asarray(spacing, float), through)),
    }


def _areas(slices: np.ndarray) -> Areas:
    return Areas(*((slices == value).sum(axis=(1, 2)).astype(float) for value in (1, 2, 3)))


def _largest_pieces(labels: np.ndarray) -> np.ndarray:
    kept = np.zeros_like(labels)
    for value in (1, 2, 3):
        pieces, count = ndimage.label(labels == value)
        if count:
            kept[pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))] = value
    return kept


def _regional(first: np.ndarray, second: np.ndarray, in_plane: np.ndarray) -> dict[str, float]:
    """What single parts of the wall do: an infarction moves and thickens less than the rest, a hypertrophy is thick in places."""
    thick, motion, thickening = [], [], []
    for wide, tight in zip(first, second, strict=True):
        before, after = (
            ring_of(wide == 1, wide == 3, in_plane),
            ring_of(tight == 1, tight == 3, in_plane, least_mm2=0.0),
        )
        if before is None:
            continue
        thick.append((_by_sector(before.thickness), before.radius))
        if after is not None:
            moved = before.reach - along_rays(tight == 1, before.centre, in_plane)
            motion.append(_by_sector(moved) / before.radius)
            thickening.append(_by_sector(after.thickness) / _by_sector(before.thickness))
    if not motion:
        raise InputError("No slice shows the whole ring of the left ventricle in both series; give short-axis series.")
    around = np.nanmean([sectors for sectors, _ in thick], axis=0)
    radius = np.mean([radius for _, radius in thick])
    return {
        "log thickest sector to radius": float(np.log(np.nanmax(around) / radius)),
        "least motion of the wall": float(np.nanpercentile(motion, LEAST)),
        "least thickening of the wall": float(np.nanpercentile(thickening, LEAST)),
    }


def _by_sector(rays: np.ndarray) -> np.ndarray:
    """Means [SECTORS]; NaN where a whole sector meets no muscle."""
    found = np.isfinite(rays).reshape(SECTORS, -1)
    summed = np.nan_to_num(rays).reshape(SECTORS, -1).sum(axis=1)
    return np.where(found.any(axis=1), summed / np.maximum(found.sum(axis=1), 1), np.nan)
