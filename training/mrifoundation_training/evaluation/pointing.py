"""The pointing game: does the peak of a heat map lie in the reference lesion? (Zhang et al., IJCV 2018)"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mrifoundation.engine import Engine
from mrifoundation.tasks.classify.classify import classify
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.study import Study
from mrifoundation.volume import read_scan
from mrifoundation_training.heads.development import development_examples
from mrifoundation_training.heads.recipe import Data, Recipe

PEAK_MM = 3.0  # how widely a map is blurred before its peak is taken: the middle of a region, not its first voxel


@dataclass(frozen=True)
class Pointing:
    """hits of cases whose heat map was asked for; without: cases of which the head gave no answer or no map."""

    hits: int
    cases: int
    without: int


def pointing_game(engine: Engine, head: Head, recipe: Recipe, data: Data) -> Pointing | None:
    """Over development cases with the disease and a reference label map; None when there are none."""
    cases = [one for one in development_examples(recipe, data) if one.label == head.card.positive and one.labels]
    found = [_hit(engine, head, one) for one in cases]
    told = [hit for hit in found if hit is not None]
    return Pointing(sum(told), len(told), len(found) - len(told)) if cases else None


def peak(heat_map: np.ndarray, spacing: np.ndarray) -> tuple[int, int, int]:
    """Index [i, j, k] of the middle of the strongest part of a map; spacing: mm."""
    blurred = ndimage.gaussian_filter(heat_map, PEAK_MM / np.asarray(spacing))
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(blurred)), blurred.shape))


def _hit(engine: Engine, head: Head, example) -> bool | None:
    study = Study.encode(engine, example.read())
    heat_map = classify(study, head).heat_map
    reference = read_scan(example.labels[0]).voxels > 0
    if heat_map is None or reference.shape != heat_map.shape:
        return None
    return bool(reference[peak(heat_map, study.scans[0].spacing)])
