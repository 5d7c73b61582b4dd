"""A map of vertebral parts told by level: L5 is the vertebra above the sacrum, and the others are counted upwards from it."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from mrifoundation.errors import InputError
from mrifoundation_training.data.volumes import CaseVolume

UPWARDS = tuple(f"L{n} vertebra" for n in range(5, 0, -1)) + tuple(f"T{n} vertebra" for n in range(12, 0, -1))
BODY, SACRUM = "vertebral body", "sacrum"
SMALLEST_BODY_ML = 2.0

# How far below the middle of its vertebral body the middle of each part lies in an adult lumbar spine, mm.
BELOW = {
    "vertebral endplate": 0.0,
    "superior articular process": -8.0,
    "transverse process": 0.0,
    "vertebral arch": 8.0,
    "spinous process": 12.0,
    "inferior articular process": 18.0,
}


def with_levels(volume: CaseVolume) -> CaseVolume:
    """The same map with whole vertebrae, each under its own name, in place of their parts; everything else as it was.

    Raises InputError where there is no sacrum to count from or no vertebral body above it."""
    labels, names = volume.labels, volume.names
    bodies = _bodies_upwards(volume)
    kept = [n for n in names if n and n != BODY and _part(n) not in BELOW]
    told = ("", *kept, *UPWARDS[: len(bodies)])
    new = np.zeros_like(labels)
    for index, name in enumerate(names):
        if name in kept:
            new[labels == index] = told.index(name)
    middles = np.array([ndimage.center_of_mass(body) for body in bodies]) * volume.spacing
    for level, body in enumerate(bodies):
        new[body] = told.index(UPWARDS[level])
    for index, name in enumerate(names):
        if (below := BELOW.get(_part(name))) is not None:
            pieces, count = ndimage.label(labels == index)
            for piece in range(1, count + 1):
                voxels = pieces == piece
                middle = np.array(ndimage.center_of_mass(voxels)) * volume.spacing
                level = int(np.argmin(np.abs(middles[:, 2] - middle[2] - below)))
                new[voxels] = told.index(UPWARDS[level])
    table = dict(enumerate(told[1:], 1))
    return replace(volume, case=replace(volume.case, table=table), labels=new, names=told)


def _bodies_upwards(volume: CaseVolume) -> list[np.ndarray]:
    """Each vertebral body as bool [i, j, k], from the sacrum up."""
    if SACRUM not in volume.names or BODY not in volume.names:
        raise InputError(
            f"'{volume.case.id}' shows no sacrum and vertebral bodies, from which its levels could be told."
        )
    pieces, count = ndimage.label(volume.labels == volume.names.index(BODY))
    smallest = SMALLEST_BODY_ML * 1000 / np.prod(volume.spacing)
    bodies = [pieces == n for n in range(1, count + 1) if (pieces == n).sum() >= smallest]
    return sorted(bodies, key=lambda body: ndimage.center_of_mass(body)[2])


def _part(name: str) -> str:
    return name.removeprefix("left ").removeprefix("right ")
