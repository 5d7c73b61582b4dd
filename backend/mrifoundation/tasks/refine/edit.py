"""A contour replaced as a whole, by another editor or by an operation: one step, which can be undone as a mark can."""

from dataclasses import replace

import numpy as np

from mrifoundation.engine.refinement import Change, Mark
from mrifoundation.engine.refinement.placing import Placed, canonical_voxels
from mrifoundation.tasks.refine.contour import Contour, Step
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.orientation import CanonicalAxes

EDIT, OPERATION = "edit", "operation"
"""Kinds of the mark of such a step. What another editor drew or erased is meant so, as with a brush; what an operation did is not."""


def edit_step(contour: Contour, mask: np.ndarray, kind: str = EDIT) -> Step | None:
    """The step from `contour` to `mask` (bool [i, j, k] on the scan's own grid); None when they are the same."""
    box = bounding_box(contour.mask != mask)
    if box is None:
        return None
    nowhere = Placed(np.zeros((0, 3), dtype=int), True, 0.0)
    return contour.step(Mark(kind), nowhere, Change(box, mask[box].copy()))


def was_edited(contour: Contour) -> bool:
    """Whether an edit or operation is among the steps that hold now."""
    return any(step.mark.kind in (EDIT, OPERATION) for step in contour.steps[: contour.position])


def holding_marks(contour: Contour, axes: CanonicalAxes) -> list[Placed]:
    """What a next mark has to keep: the marks, and what was drawn and erased in other editors, as far as later edits left it so."""
    if not was_edited(contour):
        return contour.placed
    mask = axes.apply(contour.mask)
    said = [one for step in contour.steps[: contour.position] for one in _said(step, axes, contour.mask.shape)]
    return [one for one in (_where_it_holds(one, mask) for one in said) if len(one.voxels)]


def _said(step: Step, axes: CanonicalAxes, shape: tuple[int, int, int]) -> list[Placed]:
    if step.mark.kind == OPERATION:
        return []
    if step.mark.kind != EDIT:
        return [step.placed]
    start = np.array([part.start for part in step.box])
    changes = ((True, step.after & ~step.before), (False, step.before & ~step.after))
    return [Placed(canonical_voxels(np.argwhere(one) + start, axes, shape), sign, 0.0) for sign, one in changes]


def _where_it_holds(placed: Placed, mask: np.ndarray) -> Placed:
    return replace(placed, voxels=placed.voxels[mask[tuple(placed.voxels.T)] == placed.positive])
