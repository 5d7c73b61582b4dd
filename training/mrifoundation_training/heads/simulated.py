"""Simulated brains with and without a lesion: real lesion shapes put into healthy label maps, which then become images.

Nothing here is a patient. Heads that are fitted to such images say so wherever they are shown.
"""

from dataclasses import replace

import nibabel as nib
import numpy as np
from scipy import ndimage

from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation.volume.box import bounding_box
from mrifoundation_training.data.examples import Examples, SourceRecipe
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.volumes import CaseVolume, load_case
from mrifoundation_training.synthesis.geometry import GeometryRanges

HOST = "cerebral white matter"
MARGIN = 8  # label values kept free for the lesion's parts
MOST_PIECES = 40


def simulated_scan(host: Case, shape: Case | None, seed: int, scratch) -> Scan:
    """The image of `host`, a whole-head label map, with the lesion of the label map `shape` in its white matter (None: healthy).

    The same `seed` gives the same view and contrast with and without the lesion. scratch: a folder for the changed label map.
    Raises InputError when a map cannot be read.
    """
    rng = np.random.default_rng(seed)
    case = host if shape is None else _with_lesion(host, load_case(shape), rng, scratch)
    geometry = GeometryRanges(budget=(1_000_000, 1_000_000), partial=0.0)
    recipe = SourceRecipe(1.0, whole=True, skull_strip=1.0)
    example = Examples([case], {case.source: recipe}, geometry, realistic=1.0, strength=0.5, seed=seed)[0]
    real = tuple(slice(0, part.stop) for part in bounding_box(example.valid.numpy() > 0))
    affine = np.diag([*[float(example.spacing[0])] * 3, 1.0])
    return Scan(example.image.numpy()[real], affine, "simulated")


def _with_lesion(host: Case, lesion: CaseVolume, rng: np.random.Generator, scratch) -> Case:
    file = nib.as_closest_canonical(nib.load(host.labels))
    labels = np.asarray(file.dataobj).astype(np.int32)
    matter = np.isin(labels, [value for value, name in host.table.items() if name.endswith(HOST)])
    if not matter.any():
        raise InputError(f"'{host.id}' has no {HOST} to put a lesion into; leave it out.")
    first, table = max(host.table) + MARGIN, dict(host.table)
    table |= {first + n: name for n, name in enumerate(lesion.names) if name}
    brain = ndimage.binary_dilation(matter, iterations=3)
    places = np.argwhere(matter)
    for part in _pieces(lesion.labels):
        _paste(labels, part.astype(np.int32), first, places[rng.integers(len(places))], brain)
    path = scratch / f"{host.id}-{lesion.case.id}.nii.gz"
    nib.save(nib.Nifti1Image(labels.astype(np.int16), file.affine), path)
    return replace(host, id=path.stem, labels=path, table=table)


def _pieces(labels: np.ndarray) -> list[np.ndarray]:
    """The largest connected pieces of a lesion map, cut out."""
    pieces, _ = ndimage.label(ndimage.binary_dilation(labels > 0))
    boxes = ndimage.find_objects(pieces)
    sizes = np.bincount(pieces.ravel())[1:]
    return [
        np.where(pieces[boxes[n]] == n + 1, labels[boxes[n]], 0)
        for n in np.argsort(-sizes, kind="stable")[:MOST_PIECES]
    ]


def _paste(labels: np.ndarray, part: np.ndarray, first: int, middle: np.ndarray, brain: np.ndarray) -> None:
    """Put `part` with its middle on a voxel; what falls outside the brain is lost."""
    corner = middle - np.array(part.shape) // 2
    start, stop = np.maximum(corner, 0), np.minimum(corner + part.shape, labels.shape)
    there = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    here = tuple(slice(a - c, b - c) for a, b, c in zip(start, stop, corner, strict=True))
    kept = (part[here] > 0) & brain[there]
    labels[there][kept] = first + part[here][kept]
