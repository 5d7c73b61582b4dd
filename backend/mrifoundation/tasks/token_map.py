"""Values of tokens as a map on the scan: on a grid of their own, or smoothly inside the body only, as it is shown."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.engine import Encoding
from mrifoundation.volume import Scan
from mrifoundation.volume.adapt import STRIDE
from mrifoundation.volume.intensity import bright
from mrifoundation.volume.resample import resample

CELL = 4  # working voxels of a cell of what is shown


@dataclass(frozen=True, eq=False)
class TokenMap:
    """float32 [x, y, z], 0 to 1, on a grid of its own; affine: index → RAS mm."""

    values: np.ndarray
    affine: np.ndarray


def token_affine(encoding: Encoding, size: int = STRIDE) -> np.ndarray:
    """Index of a token, or of another cube of `size` working voxels, → RAS mm of its centre."""
    grid = encoding.grid
    to_canonical = np.eye(4)
    to_canonical[:3, :3] = np.diag(size * grid.step)
    to_canonical[:3, 3] = grid.start + (size - 1) / 2 * grid.step
    return encoding.axes.affine(encoding.affine, encoding.shape) @ to_canonical


def body_of(encoding: Encoding, scan: Scan) -> np.ndarray:
    """bool [X, Y, Z] on the padded working grid: what is bright enough not to be air."""
    x, y, z = encoding.grid.shape
    body = np.zeros(encoding.grid.padded_shape, bool)
    body[:x, :y, :z] = bright(resample(encoding.axes.apply(scan.voxels), encoding.grid.from_scan()))
    return body


def shares(body: np.ndarray, size: int = STRIDE) -> np.ndarray:
    """How much of each token, or other cube of `size` working voxels, is body: float [x, y, z]."""
    blocks = [n for length in body.shape for n in (length // size, size)]
    return body.reshape(blocks).mean(axis=(1, 3, 5))


def inside(coarse: TokenMap, used: np.ndarray, body: np.ndarray, encoding: Encoding) -> TokenMap:
    """A map of tokens as it is shown: between the tokens that are `used` (bool [x, y, z]) it changes smoothly, and it ends with the body,
    holes of which (fluid, bone, air within) are filled."""
    finer = STRIDE // CELL
    weight = enlarged(used.astype(float), finer)
    values = enlarged(np.where(used, coarse.values, 0.0), finer) / np.maximum(weight, 1e-6)
    cells = ndimage.binary_closing(np.pad(shares(body, CELL) >= 0.5, 2), iterations=2)[2:-2, 2:-2, 2:-2]
    shown = ndimage.binary_fill_holes(cells) & (weight > 0)
    return TokenMap(np.where(shown, values, 0.0).clip(0, 1).astype(np.float32), token_affine(encoding, CELL))


def enlarged(values: np.ndarray, factor: int) -> np.ndarray:
    """Values of cubes on a grid `factor` times as fine, interpolated between their centres."""
    return ndimage.zoom(values, factor, order=1, mode="nearest", grid_mode=True)
