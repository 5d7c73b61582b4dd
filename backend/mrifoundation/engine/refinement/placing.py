"""A mark as it lies on a contour: its voxels along the canonical axes, and how far it reaches."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.engine.refinement.window import Window
from mrifoundation.volume.orientation import CanonicalAxes

FURTHEST_MM = 40.0  # beyond it a mark and a contour have nothing to do with each other
ALONG = 40  # voxels of a long scribble at which its reach is measured


@dataclass(frozen=True, eq=False)
class Placed:
    """voxels: canonical [n, 3]. reach: mm from the mark to what is labelled otherwise when it was made: a person clicks in the middle of an
    error, so a ball of this radius is likely wrong as well; 0 for a mark that is taken exactly."""

    voxels: np.ndarray
    positive: bool
    reach: float

    def on(self, window: Window) -> np.ndarray:
        """Its grid points [n, 3] in a window, each once; none when it lies outside."""
        return np.unique(window.place(self.voxels), axis=0)

    def ball(self, window: Window) -> np.ndarray:
        """The grid points that it likely speaks for, bool."""
        points = self.on(window)
        if len(points) and self.reach > 0:
            return window.distance_to(points) <= 0.9 * self.reach
        marked = np.zeros(window.shape, dtype=bool)
        marked[tuple(points.T)] = True
        return marked


def canonical_voxels(voxels: np.ndarray, axes: CanonicalAxes, shape: tuple[int, int, int]) -> np.ndarray:
    """Voxels [n, 3] of a scan with this (own) shape, along its canonical axes."""
    moved = np.empty_like(voxels)
    for own, (canonical, direction) in enumerate(axes.code.astype(int)):
        moved[:, canonical] = voxels[:, own] if direction > 0 else shape[own] - 1 - voxels[:, own]
    return moved


def reach_of(voxels: np.ndarray, positive: bool, mask: np.ndarray, spacing: np.ndarray) -> float:
    """Distance in mm from a mark to the nearest voxel of `mask` (canonical) that is labelled as the mark says; of a
    scribble the most along it. Infinite when there is none within FURTHEST_MM."""
    some = voxels[:: max(1, len(voxels) // ALONG)]
    margin = np.ceil(FURTHEST_MM / spacing).astype(int)
    low, high = np.maximum(some.min(axis=0) - margin, 0), np.minimum(some.max(axis=0) + margin + 1, mask.shape)
    right = mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] == positive
    border = np.argwhere(right & ndimage.binary_dilation(~right))
    if not len(border):
        return np.inf
    squares = ((((border[None] + low) - some[:, None]) * spacing) ** 2).sum(axis=2)
    nearest = float(np.sqrt(squares.min(axis=1).max()))
    return nearest if nearest <= FURTHEST_MM else np.inf
