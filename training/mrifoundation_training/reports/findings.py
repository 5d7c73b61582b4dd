"""What can be measured of an example where it is labelled: structures with their volume, lesions with their site and size."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional as F

from mrifoundation.volume.adapt import STRIDE
from mrifoundation.volume.box import bounding_box
from mrifoundation_training.data.example import Example

MEASURABLE = 64  # working voxels; of fewer the grid makes up the size
IN_ONE_PIECE = 0.9  # of its voxels lie together
MOST_OF = 0.5  # of its border, to lie in something


@dataclass(frozen=True, eq=False)
class Finding:
    """name: of a label. lesion: whether it is one. share: of each token that it holds, float32 [T]. volume_ml: None where it is cut off by
    the edge of what is shown. length_mm: of a lesion in one piece, along its longest axis. site: what a lesion lies in, "" where that is
    not labelled. around: all that it touches, most of it first."""

    name: str
    lesion: bool
    share: torch.Tensor
    volume_ml: float | None
    length_mm: float | None
    site: str
    around: tuple[str, ...]


def findings(example: Example, most: int, rng: np.random.Generator) -> list[Finding]:
    """Up to `most` of what is in view, lesions first."""
    asked, labels = example.askable, example.labels.cpu().numpy()
    counts = asked.lut @ np.bincount(labels.ravel(), minlength=asked.lut.shape[1])
    rows = rng.permutation(np.flatnonzero(asked.single & (counts >= MEASURABLE)))
    return [_measured(example, labels, row) for row in rows[np.argsort(~asked.lesion[rows], kind="stable")][:most]]


def labelled_in_view(example: Example) -> tuple[str, ...]:
    """Names of all that has a label of its own and is in view; no two of them overlap."""
    asked = example.askable
    return tuple(name for name, on in zip(asked.names, asked.single & ~asked.absent, strict=True) if on)


def _measured(example: Example, labels: np.ndarray, row: int) -> Finding:
    asked, mm = example.askable, float(example.spacing[0])
    mask = asked.lut[row][labels]
    box = tuple(slice(max(0, b.start - 1), b.stop + 1) for b in bounding_box(mask))
    part = mask[box]
    ring = ndimage.binary_dilation(part) & ~part
    edge = any(b.start == 0 or b.stop == n for b, n in zip(bounding_box(mask), mask.shape, strict=True))
    cut = edge or not (example.valid[box].cpu().numpy()[ring | part] > 0).all()
    lesion = bool(asked.lesion[row])
    touched = _touched(example, labels[box][ring])
    tissue = {name: n for name, n in touched.items() if not asked.lesion[asked.names.index(name)]}
    border = ring.sum() - sum(n for name, n in touched.items() if name not in tissue)  # other lesions are no site
    site = next((name for name, n in tissue.items() if n > MOST_OF * border), "")
    return Finding(
        asked.names[row],
        lesion,
        F.avg_pool3d(torch.from_numpy(mask).float()[None, None], STRIDE).flatten(),
        None if cut else float(mask.sum()) * mm**3 / 1000,
        _longest(part, mm) if lesion and not cut else None,
        site if lesion else "",
        tuple(touched),
    )


def _touched(example: Example, ring: np.ndarray) -> dict[str, int]:
    """Name → voxels of it among `ring` (labels), most first."""
    asked = example.askable
    counts = asked.lut[asked.single] @ np.bincount(ring, minlength=asked.lut.shape[1])
    names = [name for name, single in zip(asked.names, asked.single, strict=True) if single]
    return {names[n]: int(counts[n]) for n in np.argsort(-counts, kind="stable") if counts[n]}


def _longest(mask: np.ndarray, mm: float) -> float | None:
    """Length (mm) along the first principal axis; None where it is in several pieces."""
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1 if count else 0
    points = np.argwhere(pieces == largest)
    if len(points) < IN_ONE_PIECE * mask.sum():
        return None
    axis = np.linalg.eigh(np.cov(points.T))[1][:, -1]
    return float((np.ptp(points @ axis) + 1) * mm)
