"""Where a contour breaks off: slices without one between slices that have one, and tubes that are suddenly wider or thinner."""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mrifoundation.volume.box import bounding_box

MOST = 5  # of either kind that are named, the worst first
JUMP = 2.0  # area of a slice over that of the next one, from which on a tube does not change so by itself
LEAST_VOXELS = 8  # that two slices must differ by: tubes of a few voxels are never even
ENDS = 2  # slices at either end of a tube, where it may be cut askew

# They run through slices with a section that changes slowly: in the cords and canals of 25 people, drawn by hand, 1.95 times at
# the most from slice to slice. No aorta, whose arch lies in a few slices, and no iliac vessels, which divide.
TUBES = frozenset(("spinal cord", "spinal canal", "esophagus", "trachea", "optic nerve", "inferior vena cava"))


@dataclass(frozen=True)
class Break:
    """kind: gap, no contour between slices that have one | jump, a tube much wider or thinner than in the slice beside. index: of the
    slice along the review axis, of a gap the middle one. slices: how many the gap has, 1 for a jump. ratio: of the areas, of a jump."""

    kind: Literal["gap", "jump"]
    index: int
    center_ras_mm: tuple[float, float, float]
    slices: int = 1
    ratio: float | None = None

    def to_dict(self) -> dict:
        ratio = None if self.ratio is None else round(self.ratio, 2)
        center = [round(v, 2) for v in self.center_ras_mm]
        return {"kind": self.kind, "index": self.index, "center_ras_mm": center, "slices": self.slices, "ratio": ratio}


def breaks(name: str, mask: np.ndarray, in_one: bool, affine: np.ndarray, axis: int) -> list[Break]:
    """Of a mask [i, j, k] that is not empty: gaps first, the longest before others, then jumps. in_one: the body has it in one; what it has
    in several pieces has gaps by nature."""
    box = bounding_box(mask)
    inside, first = mask[box], box[axis].start
    others = tuple(a for a in range(3) if a != axis)
    areas = np.count_nonzero(inside, axis=others)
    is_tube = name.removeprefix("left ").removeprefix("right ") in TUBES
    found = _gaps(areas) if in_one or is_tube else []
    if is_tube and _runs_along(inside.shape, affine, axis):
        found += _jumps(areas)
    if not found:
        return []
    shift = np.array([part.start for part in box])
    middles = _middles(inside, areas, axis) + shift
    ras = middles @ affine[:3, :3].T + affine[:3, 3]
    return [Break(kind, first + at, tuple(map(float, ras[at])), slices, ratio) for kind, at, slices, ratio in found]


def named(found: list[Break]) -> list[Break]:
    """The worst of either kind, as many as a person wants to go through."""
    return [one for kind in ("gap", "jump") for one in [each for each in found if each.kind == kind][:MOST]]


def break_flags(found: list[Break]) -> list[str]:
    """A sentence for each kind that there is."""
    gaps = sum(one.slices for one in found if one.kind == "gap")
    jumps = [one.ratio for one in found if one.kind == "jump"]
    flags = []
    if gaps:
        flags.append(
            f"{gaps} slice{'s' if gaps > 1 else ''} between others that have a contour {'have' if gaps > 1 else 'has'} none; Fill between "
            "slices of the Segment Editor closes such gaps."
        )
    if jumps:
        flags.append(
            f"Its area jumps between neighbouring slices, {max(jumps):.1f} times at the most, and a tube's does not."
        )
    return flags


def _gaps(areas: np.ndarray) -> list[tuple]:
    """Runs without voxels between the first and the last slice, which have some."""
    edges = np.flatnonzero(np.diff(areas > 0))
    runs = sorted(zip(edges[::2] + 1, edges[1::2], strict=True), key=lambda run: run[0] - run[1])
    return [("gap", int(low + high) // 2, int(high - low) + 1, None) for low, high in runs]


def _jumps(areas: np.ndarray) -> list[tuple]:
    """Of two neighbours that differ the one that is less like the whole tube."""
    inner = areas[ENDS : len(areas) - ENDS].astype(float)
    if len(inner) < 2:
        return []
    usual, worst = np.median(inner[inner > 0]), {}
    for at, (one, other) in enumerate(itertools.pairwise(inner)):
        if (
            min(one, other)
            and abs(one - other) >= LEAST_VOXELS
            and (ratio := max(one, other) / min(one, other)) >= JUMP
        ):
            is_other = abs(np.log(other / usual)) > abs(np.log(one / usual))
            odd = at + ENDS + is_other
            worst[odd] = max(ratio, worst.get(odd, 0.0))
    ordered = sorted(worst.items(), key=lambda each: -each[1])
    return [("jump", int(at), 1, float(ratio)) for at, ratio in ordered]


def _runs_along(shape: tuple[int, ...], affine: np.ndarray, axis: int) -> bool:
    """Whether a box of voxels is longest, in mm, along the axis."""
    extent = np.array(shape) * np.linalg.norm(affine[:3, :3], axis=0)
    return bool(extent[axis] >= extent.max())


def _middles(inside: np.ndarray, areas: np.ndarray, axis: int) -> np.ndarray:
    """Middle of the contour in every slice [slices, 3], in a gap between those of its neighbours."""
    filled = np.flatnonzero(areas)
    known = np.array([np.argwhere(inside.take(at, axis)).mean(axis=0) for at in filled])
    every = np.arange(len(areas))
    across = np.stack([np.interp(every, filled, known[:, a]) for a in range(2)], axis=1)
    return np.insert(across, axis, every, axis=1)
