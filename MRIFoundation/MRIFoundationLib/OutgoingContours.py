"""Which contours of a segmentation go into a file, and which stay behind and why. Main thread only; no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from slicer.i18n import tr as _

from .Contouring import Shown
from .ContourTable import ContourRow
from .VoxelBox import VoxelBox

_ROUNDED_ML = 6e-5  # the backend tells volumes to a ten-thousandth


@dataclass(frozen=True)
class Outgoing:
    """`shown`: contours by their segment; `left_out`: sentences that name all the others of the table."""

    shown: dict[str, Shown]
    left_out: list[str]


def outgoing(rows: list[ContourRow], shown_as: Callable[[str], Shown]) -> Outgoing:
    """All of the table but what is still to be drawn, empty, or was rejected and is still as it was then."""
    shown = {row.key: shown_as(row.key) for row in rows if row.colour}
    empty = [row for row in rows if row.colour and shown[row.key].mask is None]
    drawn = [row for row in rows if row.colour and shown[row.key].mask is not None]
    rejected = [row for row in drawn if _is_rejected(row, shown[row.key].mask)]
    lines = [
        (_("Left out, since rejected: {names}."), rejected),
        (_("Left out, since empty on this scan: {names}."), empty),
        (_("Not in it, since still to be drawn: {names}."), [row for row in rows if not row.colour]),
    ]
    kept = {row.key for row in drawn} - {row.key for row in rejected}
    return Outgoing(
        {key: one for key, one in shown.items() if key in kept},
        [words.format(names=", ".join(row.name for row in found)) for words, found in lines if found],
    )


def _is_rejected(row: ContourRow, mask: VoxelBox) -> bool:
    """Whether what was rejected is what is shown. Changes that were made in a scene before it was saved and loaded again are known by
    nothing but the number of voxels."""
    if row.decision != ("rejected", True) or row.edited:
        return False
    voxel_ml = abs(float(np.linalg.det(mask.affine[:3, :3]))) / 1000
    shown_ml = np.count_nonzero(mask.voxels) * voxel_ml
    return row.volume_ml is None or abs(row.volume_ml - shown_ml) <= max(voxel_ml / 2, _ROUNDED_ML) + 1e-6 * shown_ml
