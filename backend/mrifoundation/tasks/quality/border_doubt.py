"""How far the border of a contour could lie elsewhere, slice by slice, by what the network itself says."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.volume.box import bounding_box

FIRST = 5  # slices that are named to look at first
_CITY_BLOCK = np.pi / 4  # a circle's length over that of its staircase


@dataclass(frozen=True)
class SliceDoubt:
    """index: along the review axis. center_ras_mm: middle of the contour in it. doubt_mm: area in doubt over length of the border."""

    index: int
    center_ras_mm: tuple[float, float, float]
    doubt_mm: float

    def to_dict(self) -> dict:
        return {
            "index": self.index,
            "center_ras_mm": [round(v, 2) for v in self.center_ras_mm],
            "doubt_mm": round(self.doubt_mm, 3),
        }


def review_axis(affine: np.ndarray) -> int:
    """The axis (0, 1, 2 for i, j, k) along which a person goes through the slices: across thick slices, else from feet to head."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if spacing.max() >= 1.5 * np.sort(spacing)[1]:
        return int(np.argmax(spacing))
    return int(np.argmax(np.abs(affine[2, :3]) / spacing))


def doubts(mask: np.ndarray, chances: np.ndarray, affine: np.ndarray, axis: int) -> list[SliceDoubt]:
    """Of every slice that `mask` [i, j, k] has voxels in, in their order. chances: float [i, j, k], 0 to 1.

    A voxel counts by the chance that the network's own answer is wrong there, min(p, 1 − p); the sum is an area, and divided by the
    length of the contour the mean width of the band in which the border may lie.
    """
    box = bounding_box(mask)
    if box is None:
        return []
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    area = float(np.prod(np.delete(spacing, axis)))
    found = []
    for index in range(box[axis].start, box[axis].stop):
        flat, chance = mask.take(index, axis), chances.take(index, axis)
        if flat.any():
            doubtful = float(np.minimum(chance, 1 - chance).sum()) * area
            centre = np.insert(np.argwhere(flat).mean(axis=0), axis, index)
            ras = affine[:3, :3] @ centre + affine[:3, 3]
            found.append(
                SliceDoubt(index, tuple(map(float, ras)), doubtful / border_mm(flat, np.delete(spacing, axis)))
            )
    return found


def border_mm(flat: np.ndarray, spacing: np.ndarray) -> float:
    """Length of the border of a mask [a, b] in mm: its staircase, shortened as for a circle."""
    padded = np.pad(flat, 1)
    crossings = [np.count_nonzero(np.diff(padded, axis=axis)) for axis in range(2)]
    return _CITY_BLOCK * float(crossings[0] * spacing[1] + crossings[1] * spacing[0])


def look_first(slices: list[SliceDoubt], count: int = FIRST) -> list[SliceDoubt]:
    """The most doubtful slices, the worst first, no two of them neighbours: who looks at one sees the next as well."""
    chosen: list[SliceDoubt] = []
    for one in sorted(slices, key=lambda each: -each.doubt_mm):
        if len(chosen) < count and all(abs(one.index - other.index) > 1 for other in chosen):
            chosen.append(one)
    return chosen
