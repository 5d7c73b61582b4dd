"""Logits on the working grid become a label map on the scan's own grid, each structure only inside its bounding box."""

import math

import numpy as np

from mrifoundation.engine.encoding import Encoding
from mrifoundation.volume.adapt import WorkingGrid
from mrifoundation.volume.box import Box, bounding_box
from mrifoundation.volume.resample import resample


class LabelPainter:
    """Paints structures one after the other; where two overlap the higher logit wins."""

    def __init__(self, encoding: Encoding, count: int):
        self._encoding = encoding
        self._grid = encoding.grid
        dtype = np.uint8 if count < 256 else np.uint16
        self._labels = np.zeros(self._grid.scan_shape, dtype)  # canonical axes
        self._best = np.zeros(self._grid.scan_shape, np.float32) if count > 1 else None
        self._boxes: dict[int, Box] = {}

    def paint(self, value: int, logits: np.ndarray, grid: WorkingGrid | None = None) -> None:
        """Give `value` to every scan voxel where `logits` (float32, on `grid`, by default the encoding's) are above 0 and all painted
        before."""
        grid = grid or self._grid
        working = bounding_box(logits > 0)
        if working is None:
            return
        box, columns = scan_box(grid, working)
        weights = [matrix[:, c] for matrix, c in zip(grid.to_scan(box), columns, strict=True)]
        fine = resample(logits[columns], weights)
        if self._best is None:
            wins = fine > 0
        else:
            best = self._best[box]
            wins = fine > best
            np.copyto(best, fine, where=wins)
        np.copyto(self._labels[box], value, where=wins, casting="unsafe")
        self._boxes[value] = box

    def measure(self, value: int) -> tuple[float, list[float] | None]:
        """Volume in mL and centre of mass in RAS mm (None when nothing is there) of what `value` holds now."""
        if value not in self._boxes:
            return 0.0, None
        box = self._boxes[value]
        mask = self._labels[box] == value
        count = int(np.count_nonzero(mask))
        if count == 0:
            return 0.0, None
        planes = mask.sum(axis=2, dtype=np.int64)
        profiles = (planes.sum(axis=1), planes.sum(axis=0), mask.sum(axis=(0, 1), dtype=np.int64))
        centre = [float(p @ np.arange(len(p))) / count + b.start for p, b in zip(profiles, box, strict=True)]
        to_ras = self._encoding.axes.affine(self._encoding.affine, self._encoding.shape)
        ras = to_ras[:3, :3] @ centre + to_ras[:3, 3]
        return count * self._encoding.voxel_ml, [float(v) for v in ras]

    def labels(self) -> np.ndarray:
        """The label map on the scan's own grid."""
        return np.ascontiguousarray(self._encoding.axes.undo(self._labels))


def scan_box(grid: WorkingGrid, working: Box) -> tuple[Box, Box]:
    """The scan voxels that a working box can reach, and the working voxels that they are interpolated from."""
    box, columns = [], []
    for a in range(3):
        reach = max(
            1, math.ceil(1 / grid.step[a])
        )  # where the scan is coarser, a scan voxel averages over several working ones
        near, far = working[a].start - reach, working[a].stop - 1 + reach
        # Nothing is known beyond the outer faces of the working grid, so nothing is painted there.
        first = math.ceil(grid.start[a] + grid.step[a] * max(near, -0.5))
        last = math.floor(grid.start[a] + grid.step[a] * min(far, grid.shape[a] - 0.5))
        first = min(max(first, 0), grid.scan_shape[a] - 1)
        box.append(slice(first, max(min(last, grid.scan_shape[a] - 1), first) + 1))
        columns.append(slice(max(0, near - reach), min(grid.shape[a], far + reach + 1)))
    return tuple(box), tuple(columns)
