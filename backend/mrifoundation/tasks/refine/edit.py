"""A contour replaced as a whole, by an editor or by an operation: one step, which can be undone as a mark can."""

from dataclasses import replace

import numpy as np

from mrifoundation.engine.refinement import Change, Mark
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.tasks.refine.contour import Contour, Step
from mrifoundation.volume.box import bounding_box
from mrifoundation.volume.orientation import CanonicalAxes

EDIT = "edit"
"""Kind of the mark of such a step. It names no voxels: what holds afterwards is the contour itself."""


def edit_step(contour: Contour, mask: np.ndarray) -> Step | None:
    """The step from `contour` to `mask` (bool [i, j, k] on the scan's own grid); None when they are the same."""
    box = bounding_box(contour.mask != mask)
    if box is None:
        return None
    nowhere = Placed(np.zeros((0, 3), dtype=int), True, 0.0)
    return contour.step(Mark(EDIT), nowhere, Change(box, mask[box].copy()))


def was_edited(contour: Contour) -> bool:
    """Whether an edit is among the steps that hold now."""
    return any(step.mark.kind == EDIT for step in contour.steps[: contour.position])


def holding_marks(contour: Contour, axes: CanonicalAxes) -> list[Placed]:
    """The marks that a next one has to keep: those since the last edit, and of those before it what the edit left as marked."""
    steps = contour.steps[: contour.position]
    last = max((number for number, step in enumerate(steps) if step.mark.kind == EDIT), default=-1)
    if last < 0:
        return contour.placed
    mask = axes.apply(contour.mask)
    before = [_where_it_holds(step.placed, mask) for step in steps[:last]]
    return [one for one in before if len(one.voxels)] + [step.placed for step in steps[last + 1 :]]


def _where_it_holds(placed: Placed, mask: np.ndarray) -> Placed:
    return replace(placed, voxels=placed.voxels[mask[tuple(placed.voxels.T)] == placed.positive])
