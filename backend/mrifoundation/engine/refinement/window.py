"""The box around a mark in which a contour may change, on a grid small enough to answer at once."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.volume.box import Box, bounding_box
from mrifoundation.volume.resample import axis_weights, resample

VOXELS = 60_000  # of a window's grid: what a walk takes a tenth of a second for


@dataclass(frozen=True, eq=False)
class Window:
    """box: scan voxels along the canonical axes. step: scan voxels between two grid points on each axis (≥ 1). spacing: mm [3]."""

    box: Box
    step: np.ndarray
    shape: tuple[int, int, int]
    spacing: np.ndarray

    @classmethod
    def around(
        cls, low: np.ndarray, high: np.ndarray, spacing: np.ndarray, shape: tuple[int, int, int], voxels: int = VOXELS
    ) -> "Window":
        """The window over canonical voxels low…high (inclusive, cut to the scan's shape) of a scan with this spacing."""
        low = np.clip(np.floor(low).astype(int), 0, np.array(shape) - 1)
        high = np.clip(np.ceil(high).astype(int), low, np.array(shape) - 1)
        length = high - low + 1
        fine = float(spacing.min())
        while np.prod(_counts(length, spacing, fine)) > voxels:
            fine *= 1.05
        count = _counts(length, spacing, fine)
        box = tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))
        return cls(box, length / count, tuple(int(n) for n in count), spacing * length / count)

    @property
    def start(self) -> np.ndarray:
        """Canonical index of the first grid point."""
        return np.array([b.start for b in self.box]) + (self.step - 1) / 2

    def of(self, array: np.ndarray) -> np.ndarray:
        """A canonical array of the whole scan, averaged onto the grid; float32."""
        first = (self.step - 1) / 2
        return resample(
            array[self.box],
            [
                axis_weights(first[a], self.step[a], self.shape[a], self.box[a].stop - self.box[a].start)
                for a in range(3)
            ],
        )

    def back(self, values: np.ndarray) -> np.ndarray:
        """Values on the grid, interpolated onto the box's scan voxels."""
        first = -(self.step - 1) / 2 / self.step
        return resample(
            values,
            [
                axis_weights(first[a], 1 / self.step[a], self.box[a].stop - self.box[a].start, self.shape[a])
                for a in range(3)
            ],
        )

    def inside(self, values: np.ndarray) -> np.ndarray:
        """Where `back` gives more than 0, bool; only what is near such grid points is worked out."""
        answer = np.zeros([b.stop - b.start for b in self.box], dtype=bool)
        near = bounding_box(values > 0)
        if near is None:
            return answer
        part, matrices = [], []
        for a in range(3):
            low = max(0, int(np.floor((near[a].start - 1) * self.step[a])))
            high = min(answer.shape[a], int(np.ceil((near[a].stop + 1) * self.step[a])))
            first = (low - (self.step[a] - 1) / 2) / self.step[a]
            part.append(slice(low, high))
            matrices.append(axis_weights(first, 1 / self.step[a], high - low, self.shape[a]))
        answer[tuple(part)] = resample(values, matrices) > 0
        return answer

    def place(self, index: np.ndarray) -> np.ndarray:
        """Grid points [n, 3] nearest to canonical voxels [n, 3]; those outside the box are left out."""
        low, high = (np.array([getattr(b, end) for b in self.box]) for end in ("start", "stop"))
        inside = ((index >= low) & (index < high)).all(axis=1)
        grid = np.floor((index[inside] - low + 0.5) / self.step).astype(int)
        return np.minimum(grid, np.array(self.shape) - 1)

    def distance_to(self, points: np.ndarray) -> np.ndarray:
        """Distance of every grid point to the nearest of the grid points [n, 3], mm, float32."""
        if len(points) == 1:
            x, y, z = (
                ((np.arange(n) - p) * mm) ** 2 for n, p, mm in zip(self.shape, points[0], self.spacing, strict=True)
            )
            return np.sqrt(x[:, None, None] + y[None, :, None] + z[None, None, :]).astype(np.float32)
        away = np.ones(self.shape, dtype=bool)
        away[tuple(points.T)] = False
        return ndimage.distance_transform_edt(away, sampling=self.spacing).astype(np.float32)


def _counts(length: np.ndarray, spacing: np.ndarray, fine: float) -> np.ndarray:
    """Grid points on each axis when they lie `fine` mm apart, and never closer than the scan's own voxels."""
    return np.maximum(1, np.round(length * np.minimum(1.0, spacing / fine))).astype(int)
