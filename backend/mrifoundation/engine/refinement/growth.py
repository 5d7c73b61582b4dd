"""How far a region grows from marks: outward through tissue like theirs, up to where it stops by itself at edges."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.graph import MCP_Geometric

from mrifoundation.engine.refinement.evidence import Evidence

LEVELS = 60
SMALLEST_MM = 3.0  # radius of the smallest region that a point may mean
AT_BORDER = 0.05  # a region that touches this share of its window's border has left it
GOOD = 1.5  # a score below which a level is a border
EDGE, AGREEMENT, SIZE = 2.0, 2.0, 0.3  # weights in the score, see `settle`


@dataclass(frozen=True, eq=False)
class Growth:
    """distance: from the marks, in mm of the marks' own tissue (more through other tissue). level: where the region ends. score: how
    clearly, less is better. levels, scores, radii: all that were looked at, in order; radii: mm of a ball as large as the region there."""

    distance: np.ndarray
    level: float
    score: float
    levels: np.ndarray
    scores: np.ndarray
    radii: np.ndarray

    @property
    def region(self) -> np.ndarray:
        return self.distance <= self.level


def distances(evidence: Evidence, unlikeness: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Length of the cheapest way from the grid points `seeds` [n, 3], a millimetre costing 1 + unlikeness."""
    sampling = tuple(float(mm) for mm in evidence.window.spacing)
    found, _ = MCP_Geometric(1.0 + unlikeness, sampling=sampling).find_costs([tuple(int(v) for v in s) for s in seeds])
    return found


def settle(
    evidence: Evidence,
    distance: np.ndarray,
    inside: list[np.ndarray],
    outside: list[np.ndarray],
    where: np.ndarray | None = None,
    largest: float = np.inf,
) -> Growth:
    """The level of `distance` at which the region stops by itself: it hardly grows there (as the maximally stable regions of Matas et
    al., BMVC 2002), its surface lies on edges, and it agrees with what marks say.

    inside, outside: what belongs and does not, bool. where: the points that count (all). largest: no level beyond this.
    """
    window = evidence.window
    voxel = float(np.prod(window.spacing))
    counted = np.ones(window.shape, dtype=bool) if where is None else where
    ordered = np.sort(distance[counted])
    levels = np.geomspace(*_range(ordered, distance, largest), LEVELS)
    volume = np.searchsorted(ordered, levels) * voxel
    radius = np.cbrt(volume * 0.75 / np.pi)
    growing = np.gradient(np.log(volume + 1e-6), np.log(levels))
    score = ndimage.gaussian_filter1d(growing, 2, mode="nearest")
    score += EDGE * _openness(evidence, np.searchsorted(levels, distance), counted)
    score += SIZE * np.log(np.maximum(radius, 1.0) / 10)
    for wanted, masks in ((True, inside), (False, outside)):
        for mask in masks:
            share = np.searchsorted(np.sort(distance[mask]), levels, side="right") / max(1, np.count_nonzero(mask))
            score += AGREEMENT * ((1 - share) if wanted else share)
    allowed = radius >= min(SMALLEST_MM, radius[-1])
    score = np.where(allowed, score, np.inf)
    best = int(score.argmin())
    return Growth(distance, float(levels[best]), float(score[best]), levels, score, radius)


def _range(ordered: np.ndarray, distance: np.ndarray, largest: float) -> tuple[float, float]:
    border = np.ones(distance.shape, dtype=bool)
    border[tuple(slice(1, -1) if n > 6 else slice(None) for n in distance.shape)] = False
    faces = np.sort(distance[border])
    top = faces[int(AT_BORDER * len(faces))] if len(faces) else distance.max()
    low = ordered[min(20, len(ordered) - 1)] + 1e-3
    return low, max(min(float(top), largest), 1.5 * low)


def _openness(evidence: Evidence, level: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Mean conductance over the surface of the region at every level, 0 (on edges) to 1 (in the open)."""
    spacing, count = evidence.window.spacing, LEVELS + 2
    cut, area = np.zeros(count), np.zeros(count)
    for axis, conductance in enumerate(evidence.edges):
        face = float(np.prod(np.delete(spacing, axis)))
        flat = conductance * (spacing[axis] / spacing.min()) ** 2
        before, after = ([slice(None)] * 3 for _ in range(2))
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        before, after = tuple(before), tuple(after)
        both = counted[before] & counted[after]
        near, far = (pick(level[before], level[after])[both] for pick in (np.minimum, np.maximum))
        for total, weight in ((cut, flat[both] * face), (area, np.full(len(near), face))):
            total += np.cumsum(np.bincount(near, weight, count) - np.bincount(far, weight, count))
    return (cut / np.maximum(area, 1e-6))[:LEVELS]
