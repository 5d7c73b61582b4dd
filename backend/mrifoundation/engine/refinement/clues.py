"""What every point of a window tells about whether the newest mark speaks for it: the columns that a reader of marks sees."""

import numpy as np
from scipy import ndimage

from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.growth import Growth
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.engine.refinement.window import Window

FAR_MM = 30.0
FARTHEST = 4.0  # of a logarithm
WORST = 6.0  # of a score above the best
ALONE = 20.0  # distance, in reaches, of marks that are not there
RULE, BORDER, AWAY, SIDE, REACH = 11, 0, 4, 15, 16  # columns that a recording of clicks asks for


def clues(
    evidence: Evidence,
    marks: list[Placed],
    points: np.ndarray,
    growth: Growth,
    opinions: tuple[np.ndarray, np.ndarray],
    current: np.ndarray | None,
) -> np.ndarray:
    """float32 [points of the window, n]. marks: the newest last, at the grid points `points`; growth: the region from it.

    opinions: logits of the structure by the query without and with what growth says. current: 0…1, the contour so far, None where it
    is drawn anew. Everything is told from the newest mark's side: a positive value speaks for what the mark says.
    """
    window, mark = evidence.window, marks[-1]
    side, reach = (1.0 if mark.positive else -1.0), float(np.clip(mark.reach, 1.0, FAR_MM))
    away = window.distance_to(points)
    border = np.full(window.shape, -FAR_MM) if current is None else side * _border_distance(current, window.spacing)
    border = np.clip(border, -FAR_MM, FAR_MM)
    radius = float(np.cbrt(np.count_nonzero(border > 0) * np.prod(window.spacing) * 0.75 / np.pi))
    share = np.log((growth.distance + 0.1) / growth.level)
    level = np.clip(np.searchsorted(growth.levels, growth.distance), 0, len(growth.levels) - 1)
    columns = [
        np.tanh(border / 1.5),
        np.tanh(border / 6.0),
        np.clip(border / reach, -3, 3),
        np.log1p(away / reach),
        np.log1p(away / 4.0),
        np.clip(share, -FARTHEST, FARTHEST),
        np.clip(share, -0.5, 0.5),
        np.minimum(growth.scores - growth.score, WORST)[level],
        np.log(growth.radii + 0.5)[level],
        np.log1p(evidence.unlikeness(points, mark.reach)),
        *(side * logits for logits in opinions),
        np.zeros(window.shape) if evidence.text is None else side * evidence.text,
        *(np.exp(-_nearest(window, marks, agrees)) for agrees in (True, False)),
    ]
    ends = int(np.searchsorted(growth.levels, growth.level))
    same_everywhere = [
        side,
        np.log(reach),
        np.log1p(radius),
        growth.score,
        np.log(growth.radii[ends] + 0.5),
        float(current is not None),
        float(evidence.text is not None),
        np.log(len(marks)),
        np.log(window.spacing.max()),
    ]
    table = np.empty((int(np.prod(window.shape)), len(columns) + len(same_everywhere)), np.float32)
    for number, column in enumerate(columns):
        table[:, number] = column.ravel()
    table[:, len(columns) :] = same_everywhere
    return table


def _nearest(window: Window, marks: list[Placed], agrees: bool) -> np.ndarray:
    """Distance to the nearest earlier mark that says the same as the newest (or not), in that mark's reaches."""
    found = np.full(window.shape, ALONE, np.float32)
    for mark in marks[:-1]:
        if (mark.positive == marks[-1].positive) is agrees and len(points := mark.on(window)):
            found = np.minimum(found, window.distance_to(points) / np.clip(mark.reach, 2.0, FAR_MM))
    return found


def _border_distance(current: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """mm to the contour, positive inside it."""
    inside = current > 0.5
    if inside.all() or not inside.any():
        return np.full(inside.shape, FAR_MM if inside.all() else -FAR_MM)
    edt = ndimage.distance_transform_edt
    whole = np.where(inside, edt(inside, sampling=spacing), -edt(~inside, sampling=spacing))
    return whole + (current - 0.5) * spacing.min()
