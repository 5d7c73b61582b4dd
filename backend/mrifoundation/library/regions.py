"""The structures that a scan shows, each with its own embedding."""

import numpy as np

from mrifoundation.engine import Encoding, Engine
from mrifoundation.errors import InputError
from mrifoundation.library.case import Region
from mrifoundation.volume.box import bounding_box

# The structure set that suits each region of the body.
SETS = {
    "brain": "brain structures",
    "fetal-brain": "fetal brain structures",
    "head-neck": "organs at risk, head and neck",
    "cervical-spine": "lumbar spine parts",
    "lumbar-spine": "lumbar spine parts",
    "heart": "heart",
    "abdomen": "abdominal organs",
    "prostate": "prostate zones",
    "knee": "knee",
}
SMALLEST = 8  # voxels; less is noise


def structures_of(engine: Engine, region: str | None) -> list[str]:
    """What is looked for in a scan of a region: its set and its lesions, as far as the model has learned them; [] for an unknown region."""
    names = [
        name for name in engine.vocabulary.sets.get(SETS.get(region, ""), ()) if engine.knows(engine.vocabulary[name])
    ]
    lesions = [
        structure.name
        for structure in engine.vocabulary
        if structure.kind == "lesion" and structure.labelled and structure.side is None and region in structure.regions
    ]
    return list(dict.fromkeys([*names, *(name for name in lesions if engine.knows(engine.vocabulary[name]))]))


def find_regions(engine: Engine, encoding: Encoding, names: list[str], cancel=None) -> list[Region]:
    """A Region for each of the structures that is in view."""
    if not names:
        return []
    result = engine.segment(encoding, names, cancel=cancel)
    regions = []
    for row in result.table:
        mask = result.labels == row["value"]
        if row["in_view"] and np.count_nonzero(mask) >= SMALLEST:
            try:
                embedding = engine.embed(encoding, mask)
            except InputError:  # wholly outside the body: nothing to compare
                continue
            regions.append(Region(row["name"], row["volume_ml"], tuple(row["center_ras_mm"]), box_of(mask), embedding))
    return regions


def found_volumes(engine: Engine, encoding: Encoding, names: list[str], cancel=None) -> dict[str, float]:
    """mL of each of the structures that is in view, as `find_regions` tells it, without the embeddings, which take far longer."""
    if not names:
        return {}
    table = engine.segment(encoding, names, cancel=cancel).table
    least = (SMALLEST - 0.5) * encoding.voxel_ml
    return {row["name"]: row["volume_ml"] for row in table if row["in_view"] and row["volume_ml"] > least}


def box_of(mask: np.ndarray) -> tuple[int, int, int, int, int, int]:
    """First and last-plus-one index of a mask that is not empty, on each axis: (i, j, k, i, j, k)."""
    box = bounding_box(mask)
    return tuple(part.start for part in box) + tuple(part.stop for part in box)
