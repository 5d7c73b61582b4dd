"""Resize and adapt: any scan onto the grid the network works on, and anything on that grid exactly back onto the scan's own.

Canonical axes → crop to the body → isotropic working spacing from the field of view and a voxel budget → robust intensities →
padding to the network's stride, with a mask of what is real. Thick slices and odd fields of view are ordinary input.
"""

from dataclasses import dataclass

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.volume.box import Box
from mrifoundation.volume.intensity import body_box, robust_range, scale
from mrifoundation.volume.orientation import CanonicalAxes
from mrifoundation.volume.resample import axis_weights, resample
from mrifoundation.volume.scan import Scan

STRIDE = 16  # the network's coarsest token spans 16 working voxels
MIN_SPACING, MAX_SPACING = 1.0, 4.0  # mm

# Voxels of the working grid that a profile may spend; the spacing follows from the field of view. `standard` is the finest
# that the shipped weights were trained at (140,000 to 700,000); what is finer than that is slower and was never learned.
PROFILES = {"fast": 120_000, "standard": 700_000, "fine": 800_000}


@dataclass(frozen=True, eq=False)
class WorkingGrid:
    """An isotropic grid along a scan's canonical axes.

    spacing: mm. shape: working voxels [x, y, z] that carry data. Working voxel m lies at canonical index start + m · step.
    """

    spacing: float
    shape: tuple[int, int, int]
    start: np.ndarray
    step: np.ndarray
    scan_shape: tuple[int, int, int]  # canonical order

    @property
    def padded_shape(self) -> tuple[int, int, int]:
        return tuple(-(-n // STRIDE) * STRIDE for n in self.shape)

    def from_scan(self) -> list[np.ndarray]:
        """Weight matrices [working, canonical] for resampling onto this grid."""
        return [axis_weights(self.start[a], self.step[a], self.shape[a], self.scan_shape[a]) for a in range(3)]

    def to_scan(self, box: tuple[slice, slice, slice] | None = None) -> list[np.ndarray]:
        """Weight matrices [canonical, working] for the way back, for a canonical `box` only where one is given."""
        box = box or tuple(slice(0, n) for n in self.scan_shape)
        return [
            axis_weights(
                (box[a].start - self.start[a]) / self.step[a],
                1 / self.step[a],
                box[a].stop - box[a].start,
                self.shape[a],
            )
            for a in range(3)
        ]


@dataclass(frozen=True, eq=False)
class Adapted:
    """A scan on its working grid.

    image:  float32 [X, Y, Z], canonical axes, scaled to about [-1, 1], padded at the far ends with -1.
    valid:  bool [X, Y, Z], False in the padding.
    native_spacing: the scan's own spacing along the canonical axes, mm [3]: tells thick slices from thin.
    """

    image: np.ndarray
    valid: np.ndarray
    grid: WorkingGrid
    axes: CanonicalAxes
    native_spacing: np.ndarray

    def to_scan(self, values: np.ndarray, order: int = 1) -> np.ndarray:
        """Values on the working grid [..., X, Y, Z] (padded or not) on the scan's own grid [..., i, j, k].

        order 1: linear, float32. order 0: nearest, for label maps; the dtype is kept. Outside the body crop the edge value
        continues linearly and 0 follows for labels.
        """
        x, y, z = self.grid.shape
        values = values[..., :x, :y, :z]
        canonical = self._nearest(values) if order == 0 else resample(values, self.grid.to_scan())
        if canonical.ndim == 3:
            return np.ascontiguousarray(self.axes.undo(canonical))
        flat = canonical.reshape(-1, *canonical.shape[-3:])
        own = np.stack([self.axes.undo(v) for v in flat])
        return own.reshape(*canonical.shape[:-3], *own.shape[-3:])

    def _nearest(self, values: np.ndarray) -> np.ndarray:
        for a in range(3):
            position = np.rint((np.arange(self.grid.scan_shape[a]) - self.grid.start[a]) / self.grid.step[a]).astype(
                int
            )
            inside = (position >= 0) & (position < self.grid.shape[a])
            axis = a - 3
            values = np.take(values, np.clip(position, 0, self.grid.shape[a] - 1), axis=axis)
            shape = [1] * values.ndim
            shape[axis] = -1
            values = values * inside.reshape(shape).astype(values.dtype)
        return values

    def labels_from_scan(self, labels: np.ndarray) -> np.ndarray:
        """A label map on the scan's own grid, sampled at the working voxels (nearest), padded with 0; the dtype is kept."""
        canonical = self.axes.apply(labels)
        for a in range(3):
            index = np.rint(self.grid.start[a] + self.grid.step[a] * np.arange(self.grid.shape[a])).astype(int)
            canonical = np.take(canonical, np.clip(index, 0, self.grid.scan_shape[a] - 1), axis=a)
        return _pad(canonical, self.grid.padded_shape, 0)


def adapt(scan: Scan, profile: str = "standard", box: Box | None = None) -> Adapted:
    """Bring `scan` onto the working grid of `profile` (fast | standard | fine). Raises InputError for an unknown profile.

    box: the part to look at, canonical [i, j, k]; the body where none is given."""
    if profile not in PROFILES:
        raise InputError(f"There is no profile '{profile}'; choose one of {', '.join(PROFILES)}.")
    return adapt_to_budget(scan, PROFILES[profile], box)


def adapt_to_budget(scan: Scan, budget: int, box: Box | None = None) -> Adapted:
    """As `adapt`, for a budget of working voxels."""
    axes = CanonicalAxes.of(scan.affine)
    canonical = axes.apply(scan.voxels)
    spacing = np.linalg.norm(axes.affine(scan.affine, scan.shape)[:3, :3], axis=0)
    box = box or body_box(canonical, spacing)
    grid = working_grid(canonical.shape, spacing, box, budget)
    image = resample(canonical, grid.from_scan())
    image = scale(image, *robust_range(canonical[box])).astype(np.float32)
    valid = _pad(np.ones(grid.shape, dtype=bool), grid.padded_shape, False)
    return Adapted(_pad(image, grid.padded_shape, -1.0), valid, grid, axes, spacing)


def working_grid(
    shape: tuple[int, int, int], spacing: np.ndarray, box: tuple[slice, slice, slice], budget: int
) -> WorkingGrid:
    """The grid over a canonical `box` of an array with `shape` and `spacing` (mm), as fine as `budget` voxels allow."""
    length = np.array([(b.stop - b.start) * s for b, s in zip(box, spacing, strict=True)])
    h = _snapped(float(np.clip((np.prod(length) / budget) ** (1 / 3), MIN_SPACING, MAX_SPACING)), np.asarray(spacing))
    count = np.maximum(1, np.ceil(length / h - 1e-3)).astype(int)
    centre = np.array([(b.start + b.stop) / 2 - 0.5 for b in box])
    start = centre - (count - 1) / 2 * h / spacing
    return WorkingGrid(h, tuple(int(n) for n in count), start, h / np.asarray(spacing), tuple(shape))


def brought_onto(grid: WorkingGrid, values: np.ndarray, own: WorkingGrid, outside: float) -> np.ndarray:
    """float32 `values` on the grid `own` of a scan, on another grid of the same scan; what that shows beyond `own` is `outside`."""
    weights, beyond = [], []
    for a in range(3):
        start, step = (grid.start[a] - own.start[a]) / own.step[a], grid.step[a] / own.step[a]
        weights.append(axis_weights(start, step, grid.shape[a], own.shape[a]))
        place = start + step * np.arange(grid.shape[a])
        beyond.append((place < -0.5) | (place > own.shape[a] - 0.5))
    moved = resample(values, weights)
    moved[beyond[0][:, None, None] | beyond[1][None, :, None] | beyond[2][None, None, :]] = outside
    return moved


def _snapped(h: float, spacing: np.ndarray) -> float:
    """The scan's own spacing where it is isotropic and near enough to `h`: then nothing is interpolated at all."""
    own = float(spacing.mean())
    isotropic = np.ptp(spacing) < 0.01 * own
    return own if isotropic and MIN_SPACING <= own <= MAX_SPACING and abs(h / own - 1) < 0.12 else h


def _pad(array: np.ndarray, shape: tuple[int, int, int], value) -> np.ndarray:
    return np.pad(array, [(0, to - n) for n, to in zip(array.shape, shape, strict=True)], constant_values=value)
