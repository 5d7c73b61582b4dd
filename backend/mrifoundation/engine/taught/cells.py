"""What one annotated scan teaches, compactly: features of a sample of its cells, and how much of each sub-voxel is the structure."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from mrifoundation.engine.encoding import Encoding
from mrifoundation.errors import InputError
from mrifoundation.model.subvoxel import SUBVOXELS, to_cells
from mrifoundation.volume.adapt import Adapted
from mrifoundation.volume.resample import resample

MOST_INSIDE, MOST_NEAR, MOST_FAR = 2000, 1500, 1500  # cells kept of each kind
NEAR = 3  # cells from the structure
PAINTED = 0.5  # share of a working voxel from which it counts as the structure
ARRAYS = ("features", "inside", "known", "weight", "pooled")


@dataclass(frozen=True, eq=False)
class Cells:
    """A sample of n cells of one scan, with what inverse-probability weights make of it: sums over all its cells.

    features: float16 [n, C]. inside: uint8 [n, 8], share of each sub-voxel, 255 = all. known: bool [n, 8], where the annotation
    speaks. weight: float32 [n], cells that each stands for. pooled: float32 [D], the scan's embedding.
    """

    features: np.ndarray
    inside: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    pooled: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """As they are stored."""
        return {name: getattr(self, name) for name in ARRAYS} | {"known": self.known.astype(np.uint8)}


@dataclass(frozen=True, eq=False)
class Marked:
    """An annotation on a scan's working grid. inside: float32 [X, Y, Z], share of each voxel; known: bool likewise. No padding."""

    inside: np.ndarray
    known: np.ndarray

    @property
    def voxels(self) -> int:
        """Working voxels that the structure takes."""
        return int(np.count_nonzero(self.inside >= PAINTED))

    def pieces(self) -> int:
        """How many connected pieces there are, crumbs left out."""
        found, count = ndimage.label(self.inside >= PAINTED)
        sizes = np.bincount(found.ravel(), minlength=2)[1:]
        return max(1, int(np.count_nonzero(sizes >= 0.05 * sizes.max()))) if count else 0


def marked(encoding: Encoding | Adapted, mask: np.ndarray, known: np.ndarray | None, name: str) -> Marked:
    """An annotation, bool [i, j, k] on the scan's own grid, brought onto the working grid. known: None everywhere. name: of the scan.

    Where only some slices were annotated, a working voxel is known when at least half as much of it was as of any, and its
    share is that of its annotated part. Raises InputError for a structure that no working voxel shows.
    """
    weights = encoding.grid.from_scan()
    spoken = np.ones(encoding.grid.shape, np.float32)
    if known is not None:
        spoken = resample(encoding.axes.apply(known), weights)
        mask = mask & known
    inside = resample(encoding.axes.apply(mask), weights)
    where = spoken >= 0.5 * spoken.max()
    share = np.where(where, inside / np.maximum(spoken, 1e-6), 0).astype(np.float32)
    if share.max() < PAINTED:
        raise InputError(
            f"What is marked in '{name}' is smaller than a voxel of the working grid ({encoding.grid.spacing:.1f} mm) or lies "
            "outside the body; choose the profile fine, or a larger structure."
        )
    return Marked(share, where)


def cells_of(encoding: Encoding, annotation: Marked) -> Cells:
    """The sample: cells of the structure, cells around it, and cells further away; the same for the same scan and annotation."""
    inside, known = (_in_cells(part, encoding) for part in (annotation.inside, annotation.known))
    grid = encoding.voxel.shape[1:]
    touched = (inside > 0).any(axis=1)
    near = ndimage.binary_dilation(touched.reshape(grid), iterations=NEAR).ravel() & ~touched
    spoken = known.any(axis=1)
    random = np.random.default_rng(int(encoding.scan_hash[:8], 16))
    chosen, weight = [], []
    for kind, most in ((touched, MOST_INSIDE), (near, MOST_NEAR), (~touched & ~near, MOST_FAR)):
        there = np.flatnonzero(kind & spoken)
        taken = np.sort(random.permutation(there)[:most])
        chosen.append(taken)
        weight.append(np.full(len(taken), len(there) / max(1, len(taken)), np.float32))
    rows = np.concatenate(chosen)
    features = encoding.voxel.reshape(len(encoding.voxel), -1)[:, torch.from_numpy(rows)].T
    return Cells(
        features.half().cpu().numpy().copy(),
        np.rint(255 * np.clip(inside[rows], 0, 1)).astype(np.uint8),
        known[rows] > 0,
        np.concatenate(weight),
        encoding.pooled.float().cpu().numpy(),
    )


def _in_cells(values: np.ndarray, encoding: Encoding) -> np.ndarray:
    """Working voxels [X, Y, Z] as float32 [cells, 8]; the padding is 0."""
    pad = [(0, to - n) for n, to in zip(values.shape, encoding.grid.padded_shape, strict=True)]
    padded = torch.from_numpy(np.pad(values.astype(np.float32), pad))
    return to_cells(padded[None, None])[0].reshape(SUBVOXELS, -1).T.numpy()
