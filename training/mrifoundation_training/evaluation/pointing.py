"""The pointing game: does the peak of a heat map lie in the reference lesion? (Zhang et al., IJCV 2018)"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.stats import binomtest

from mrifoundation.engine import Engine
from mrifoundation.tasks.classify.classification import Classification
from mrifoundation.tasks.classify.study import Study
from mrifoundation.volume.intensity import bright
from mrifoundation_training.heads.example import Example

PEAK_MM = 3.0  # how widely a map is blurred before its peak is taken: the middle of a region, not its first voxel


@dataclass(frozen=True)
class Pointing:
    """hits of `cases` of `people` whose heat map was asked for; low, high: exact 95 % interval of the share, as if each case were another
    person. chance: what a random place in the body would reach. The shares are None when no case has a map. without: cases of which there
    was no answer or no map. shows: what is bright in the map, in words."""

    hits: int
    cases: int
    people: int
    low: float | None
    high: float | None
    chance: float | None
    without: int
    shows: str


@dataclass(frozen=True)
class Pointed:
    """hit: the peak lies in the lesion. chance: the lesion's share of the body in view."""

    patient: str
    hit: bool
    chance: float
    shows: str


def pointing_game(
    engine: Engine, examples: Sequence[Example], asked: Callable[[Study], Classification]
) -> Pointing | None:
    """Over cases with a reference lesion; asked: what answers them, with its map. None when there are no such cases."""
    found = [_pointed(engine, one, asked) for one in examples if one.lesion is not None]
    told = [one for one in found if one is not None]
    if not told:
        return Pointing(0, 0, 0, None, None, None, len(found), "") if found else None
    hits = sum(one.hit for one in told)
    interval = binomtest(hits, len(told)).proportion_ci(0.95, method="exact")
    return Pointing(
        hits,
        len(told),
        len({one.patient for one in told}),
        float(interval.low),
        float(interval.high),
        float(np.mean([one.chance for one in told])),
        len(found) - len(told),
        told[0].shows,
    )


def peak(heat_map: np.ndarray, spacing: np.ndarray) -> tuple[int, int, int]:
    """Index [i, j, k] of the middle of the strongest part of a map; spacing: mm."""
    blurred = ndimage.gaussian_filter(heat_map, PEAK_MM / np.asarray(spacing))
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(blurred)), blurred.shape))


def _pointed(engine: Engine, example: Example, asked: Callable[[Study], Classification]) -> Pointed | None:
    study = Study.encode(engine, example.read())
    answer, lesion, scan = asked(study), example.lesion().voxels > 0, study.scans[0]
    if answer.heat_map is None or lesion.shape != answer.heat_map.shape:
        return None
    body = bright(scan.voxels) | lesion
    return Pointed(
        example.patient,
        bool(lesion[peak(answer.heat_map, scan.spacing)]),
        float(lesion.sum() / body.sum()),
        answer.heat_map_shows,
    )
