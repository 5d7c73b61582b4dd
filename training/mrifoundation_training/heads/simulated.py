"""Simulated brains with and without a disease: lesions put into healthy label maps, which then become images.

Nothing here is a patient. Heads that are fitted to such images say so wherever they are shown. The lesions are those that the network's
training draws (synthesis.lesions): gliomas with their parts grown from random shapes, and lesions of real people with multiple sclerosis.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import torch

from mrifoundation.anatomy import Vocabulary
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation.volume.box import bounding_box
from mrifoundation_training.data.examples import BRAIN_KINDS, Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.data.volumes import CaseVolume, load_case
from mrifoundation_training.synthesis.geometry import GeometryRanges
from mrifoundation_training.synthesis.lesions import SCLEROSIS, SPOTS, Diseased, add_lesions, shape_points

HEALTHY, GLIOMA, MULTIPLE_SCLEROSIS = "healthy", "glioma", "multiple sclerosis"
TRIES = 200  # draws until the disease is the wanted one; it is one in three
BUDGET = 1_000_000  # voxels of an image
# People and scanners as they are: what training stretches beyond nature, so that the network stays calm, would hide a lesion's asymmetry.
DEFORM, STRENGTH = 0.4, 0.3
STRIPPED = 0.6  # share of the images that show the brain only, as most real scans of the pack do


def simulated_scan(host: Case, disease: str, shape: Case | None, seed: int, scratch: Path) -> Scan:
    """The image of `host`, a whole-head label map, with a disease (`HEALTHY` among them).

    The same `seed` gives the same view whatever the disease. shape: a map of lesions of a person with multiple sclerosis.
    scratch: a folder for the changed label map. Raises InputError when a map cannot be read or has no white matter.
    """
    case = _changed(host, disease, shape, np.random.default_rng((seed, 1)), scratch)
    geometry = GeometryRanges(budget=(BUDGET, BUDGET), partial=0.0)
    recipe = SourceRecipe(1.0, whole=True, skull_strip=STRIPPED, deform=DEFORM)
    example = Examples([case], {case.source: recipe}, geometry, realistic=1.0, strength=STRENGTH, seed=seed)[0]
    return Scan(example.image.numpy()[example.unpadded], example.affine, "simulated")


def _changed(host: Case, disease: str, shape: Case | None, rng: np.random.Generator, scratch: Path) -> Case:
    """The host as a case whose label map has the disease, and none of the spots of age that the map came with."""
    volume = _cropped(without_spots(load_case(host)))
    drawn = Diseased(torch.from_numpy(volume.labels), volume.names)
    if disease != HEALTHY:
        points = None if shape is None else _points(shape)
        drawn = _drawn(volume, points, rng, _is_glioma if disease == GLIOMA else _is_sclerosis)
    path = scratch / f"{host.id}-{disease.replace(' ', '-')}.nii"  # packing it would take longer than everything else
    nib.save(nib.Nifti1Image(drawn.labels.numpy(), np.diag([*volume.spacing, 1.0])), path)
    table = {value: name for value, name in enumerate(drawn.names) if name}
    return replace(host, id=path.name, labels=path, table=table)


def without_spots(volume: CaseVolume) -> CaseVolume:
    """White-matter lesions that a label map came with become white matter: a head without the disease has none."""
    names, labels = list(volume.names), volume.labels.copy()
    for matter, spot in SPOTS.items():
        if spot in names and matter in names:
            labels[labels == names.index(spot)] = names.index(matter)
            names[names.index(spot)] = ""
    return replace(volume, labels=labels, names=tuple(names))


def _cropped(volume: CaseVolume) -> CaseVolume:
    box = bounding_box(volume.labels > 0)
    return replace(volume, labels=np.ascontiguousarray(volume.labels[box])) if box is not None else volume


def _drawn(
    volume: CaseVolume, points: np.ndarray | None, rng: np.random.Generator, wanted: Callable[[Diseased], bool]
) -> Diseased:
    vocabulary = Vocabulary.load()
    brain = np.array([name in vocabulary and vocabulary[name].kind in BRAIN_KINDS for name in volume.names])
    for _ in range(TRIES):
        drawn = add_lesions(rng, torch.from_numpy(volume.labels), volume.names, brain, volume.spacing, points)
        if wanted(drawn):
            return drawn
    raise InputError(f"No lesion of the wanted kind could be put into '{volume.case.id}'; leave it out.")


def _is_glioma(drawn: Diseased) -> bool:
    return drawn.tumour


def _is_sclerosis(drawn: Diseased) -> bool:
    return SCLEROSIS in drawn.names


def _points(case: Case) -> np.ndarray:
    volume = load_case(case)
    return shape_points(volume.labels > 0, volume.spacing)
