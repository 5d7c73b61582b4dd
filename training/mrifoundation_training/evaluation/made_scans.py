"""Images made from label maps of which nobody has the scan, so that what was learned from them can be measured at all.

Nothing here is a patient, and a map that trained the weights is measured on its own anatomy: such a figure says whether it was learned, not
how it fares on people.
"""

from collections.abc import Collection
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import nibabel as nib
import numpy as np

from mrifoundation_training.data.example import Example
from mrifoundation_training.data.examples import Examples
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.recipe import read_recipe
from mrifoundation_training.synthesis.geometry import GeometryRanges

BUDGET = 500_000  # voxels of an image
STRENGTH = 0.5
SEED = 2026  # no run trains with it
SMALL = files("mrifoundation_training") / "configs" / "small.yaml"


def made_scans(maps: Collection[Case], count: int, folder: Path) -> list[Case]:
    """`count` images of each map, written with their labels into a folder; how a source is drawn is what the recipe of the shipped weights
    says of it, but for cut fields of view and for bodies of other people. Raises InputError when a map cannot be read."""
    known = read_recipe(SMALL).sources
    geometry = GeometryRanges(budget=(BUDGET, BUDGET), partial=0.0)
    made = []
    for case in maps:
        recipe = replace(known.get(case.source, SourceRecipe(1.0)), weight=1.0, synthetic=1.0, hosted=0.0)
        examples = Examples([case], {case.source: recipe}, geometry, realistic=1.0, strength=STRENGTH, seed=SEED)
        made += [_written(case, examples[draw], f"{case.id}-made{draw}", folder) for draw in range(count)]
    return made


def _written(case: Case, example: Example, name: str, folder: Path) -> Case:
    real = example.unpadded
    image, labels = folder / f"{name}.nii", folder / f"{name}-labels.nii"
    nib.save(nib.Nifti1Image(example.image.numpy()[real], example.affine), image)
    nib.save(nib.Nifti1Image(example.labels.numpy()[real], example.affine), labels)
    asked = example.askable
    table = {
        int(label): asked.names[row] for row in np.flatnonzero(asked.single) for label in np.flatnonzero(asked.lut[row])
    }
    return replace(case, id=name, image=image, labels=labels, table=table)
