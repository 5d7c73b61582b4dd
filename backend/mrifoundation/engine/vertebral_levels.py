"""Which vertebra is which: L5 lies on the sacrum, and the others are counted upwards from it.

No vertebra shows its level by itself, so counting tells it better than any look at it. Of the few people with four or six lumbar vertebrae
the count is wrong, as a reader's would be who sees no more than this scan.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.anatomy.entries import sideless
from mrifoundation.engine.found import NOWHERE

BODY, SACRUM = "vertebral body", "sacrum"
UPWARDS = tuple(f"L{n} vertebra" for n in range(5, 0, -1)) + tuple(f"T{n} vertebra" for n in range(12, 0, -1))
SMALLEST_BODY_ML = 2.0
MISSED = 1.6  # times as far from the next body below as that from its own: one was missed, and what lies above cannot be counted
CORE_MM = 4.0  # how deep inside a body a voxel must lie so that no bridge to the next one goes through it

# How far below the middle of its vertebral body the middle of each part lies in an adult lumbar spine, mm.
BELOW = {
    "vertebral endplate": 0.0,
    "superior articular process": -8.0,
    "transverse process": 0.0,
    "vertebral arch": 8.0,
    "spinous process": 12.0,
    "inferior articular process": 18.0,
}


@dataclass(frozen=True, eq=False)
class Vertebrae:
    """logits: float32 [x, y, z] of whatever wins there; presence: probability that any is in view; masks: by name, bool [x, y, z]."""

    logits: np.ndarray
    presence: float
    masks: dict[str, np.ndarray]

    def of(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Logits of the vertebrae of some levels together, NOWHERE elsewhere, and of each its presence (0 for one that is not there) and
        its share of all their voxels."""
        masks = np.array([self.masks.get(name, np.zeros(self.logits.shape, bool)) for name in names])
        counts = masks.reshape(len(masks), -1).sum(1)
        logits = np.where(masks.any(0), self.logits, np.float32(NOWHERE))
        return logits, np.where(counts > 0, self.presence, 0.0), counts / max(1, counts.sum())


def part_of(name: str) -> str | None:
    """Which of the parts in BELOW a structure is, whatever its side; None for anything else."""
    part = sideless(name)
    return part if part in BELOW else None


def levels(masks: Mapping[str, np.ndarray], spacing: np.ndarray) -> dict[str, np.ndarray]:
    """Whole vertebrae by name, bool [x, y, z] in canonical axes; {} where no sacrum or no body above it is there.

    masks: name → bool [x, y, z] of vertebral bodies, sacrum and parts that do not overlap. spacing: mm [3]."""
    bodies = list(_bodies_upwards(masks, spacing))
    vertebrae = {name: body.copy() for name, body in zip(UPWARDS, bodies, strict=False)}
    if not vertebrae:
        return {}
    heights = np.array([ndimage.center_of_mass(body)[2] for body in bodies]) * spacing[2]
    for name, mask in masks.items():
        if (part := part_of(name)) is None:
            continue
        pieces, count = ndimage.label(mask)
        for piece, middle in zip(
            range(1, count + 1), ndimage.center_of_mass(mask, pieces, range(1, count + 1)), strict=True
        ):
            nearest = int(np.argmin(np.abs(heights - middle[2] * spacing[2] - BELOW[part])))
            if nearest < len(UPWARDS):
                vertebrae[UPWARDS[nearest]] |= pieces == piece
    return vertebrae


def _bodies_upwards(masks: Mapping[str, np.ndarray], spacing: np.ndarray) -> Iterator[np.ndarray]:
    """Each vertebral body above the sacrum, from below; bodies that touch are parted between their cores."""
    body, sacrum = masks.get(BODY), masks.get(SACRUM)
    if body is None or sacrum is None or not body.any() or not sacrum.any():
        return
    cores, count = ndimage.label(ndimage.distance_transform_edt(body, spacing) > CORE_MM)
    if not count:
        return
    nearest = ndimage.distance_transform_edt(cores == 0, spacing, return_distances=False, return_indices=True)
    owner = np.where(body, cores[tuple(nearest)], 0)
    sizes = np.bincount(owner.ravel()) * np.prod(spacing) / 1000
    base = ndimage.center_of_mass(sacrum)[2]
    middles = {n: ndimage.center_of_mass(owner == n)[2] for n in range(1, count + 1) if sizes[n] >= SMALLEST_BODY_ML}
    upwards = sorted((n for n in middles if middles[n] > base), key=middles.__getitem__)
    below = np.inf
    for n, step in zip(upwards, np.diff([middles[n] for n in upwards], prepend=-np.inf), strict=True):
        if step > MISSED * below:
            return
        below = step
        yield owner == n
