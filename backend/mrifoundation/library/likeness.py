"""What whole scans are compared by: what kind of scan it is, how bright, how large and fine its grid, and how large the structures in it.

The embedding alone cannot tell patients apart: it is learned from sentences, and the same sentences are true of all hearts. So four unit
vectors count a quarter each: the embedding; the histogram of brightness; extent and spacing of the grid; and the volumes of the structures
found. A size v counts as (cos log v, sin log v), whose product for two scans is the cosine of the logarithm of the ratio: 1 where sizes are
equal, 0.77 where one is twice the other. Nothing here is fitted to anything, so that the same holds for other weights and other archives.

All numbers are brought to LENGTH by a random projection of signs (Achlioptas, Database-friendly random projections, 2003), which keeps
squared distances to about 9 %. The signs of a number come from the hash of its name, so that scans with different structures can be
compared.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from mrifoundation.volume import Scan
from mrifoundation.volume.intensity import CLIP, robust_range, scale
from mrifoundation.volume.orientation import CanonicalAxes

LENGTH = 256
RECIPE = 1  # raised when the same scan gets another vector
BINS, MOST_VOXELS = 32, 1_000_000


def likeness(embedding: np.ndarray, scan: Scan, volumes: Mapping[str, float]) -> np.ndarray:
    """float32 [LENGTH], unit, from the embedding [D] of a scan, the scan, and the volumes of the structures found in it (mL, by name)."""
    parts = (
        _projected(embedding, _numbered("embedding", len(embedding))),
        _projected(brightness_of(scan), _numbered("brightness", BINS)),
        _sizes(_grid(scan)),
        _sizes({name: volume for name, volume in volumes.items() if volume > 0} or {"no structure": 1.0}),
    )
    return _unit(sum(parts)).astype(np.float32)


def brightness_of(scan: Scan) -> np.ndarray:
    """float64 [BINS]: the roots of the shares of the voxels in equal steps between the scan's robust minimum and maximum."""
    values = np.ravel(scan.voxels)
    values = values[:: max(1, values.size // MOST_VOXELS)]
    counts, _ = np.histogram(scale(values, *robust_range(values)), bins=BINS, range=(-CLIP, CLIP))
    return np.sqrt(counts / counts.sum())


def _grid(scan: Scan) -> dict[str, float]:
    """Extent and spacing along the axes of the body, mm."""
    to_ras = CanonicalAxes.of(scan.affine).affine(scan.affine, scan.shape)
    spacing = np.linalg.norm(to_ras[:3, :3], axis=0)
    extent = spacing * CanonicalAxes.of(scan.affine).apply(scan.voxels).shape
    return {
        f"{what} {axis}": float(mm[axis])
        for what, mm in (("extent", extent), ("spacing", spacing))
        for axis in range(3)
    }


def _sizes(sizes: Mapping[str, float]) -> np.ndarray:
    names = sorted(sizes)
    angles = np.log([sizes[name] for name in names])
    named = tuple(f"{part} of {name}" for part in ("cosine", "sine") for name in names)
    return _projected(np.concatenate([np.cos(angles), np.sin(angles)]), named)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name} {number}" for number in range(count))


def _projected(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    return _unit(np.asarray(values, np.float64)) @ np.stack([_direction(name) for name in names])


@lru_cache(maxsize=4096)
def _direction(name: str) -> np.ndarray:
    """A unit vector [LENGTH] of random signs that is the same on every computer."""
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(name.encode()).digest(LENGTH // 8), np.uint8))
    return (2.0 * bits - 1.0) / np.sqrt(LENGTH)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
