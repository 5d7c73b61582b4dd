"""Drawing a structure from marks alone: nothing is taken from the contour but which scale it had."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from mrifoundation.engine.refinement.clues import clues
from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.growth import GOOD, Growth, distances, settle
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.engine.refinement.polish import onto_edges, query_logits
from mrifoundation.engine.refinement.reader import Read
from mrifoundation.engine.refinement.window import Window
from mrifoundation.volume.box import Box

See = Callable[[Window], Evidence]

SCALES_MM = (25.0, 50.0, 100.0)  # half sides of the windows tried until the structure ends inside one
MARGIN_MM = 12.0
LEAN = 3.0
FURTHEST = 3.0  # beyond so many levels of what grows from several marks nothing is theirs, whatever the reader says
FORBIDDEN = 20.0  # what a millimetre through a negative mark's ball costs


def draw(
    see: See, marks: list[Placed], spacing: np.ndarray, shape: tuple[int, int, int], known: Box | None, read: Read
) -> tuple[Window, np.ndarray]:
    """The structure at `marks` (canonical), bool on the scan voxels of the window that is given beside it.

    known: the box of an earlier answer, which tells how large a window has to be.
    """
    voxels = np.concatenate([mark.voxels for mark in marks])
    low, high = voxels.min(axis=0), voxels.max(axis=0)
    margins = SCALES_MM
    if known is not None:
        low = np.minimum(low, [b.start for b in known])
        high = np.maximum(high, [b.stop - 1 for b in known])
        largest = max(mark.reach for mark in marks)
        margins = (max(MARGIN_MM, 0.35 * float(((high - low) * spacing).max()), 1.5 * largest),)
    for margin in margins:
        window = Window.around(low - margin / spacing, high + margin / spacing, spacing, shape)
        evidence = see(window)
        growth = grow(evidence, marks)
        if growth.score < GOOD:
            break
    return window, _connected(window, _finished(evidence, growth, marks, read), marks)


def draw_in_box(
    see: See, box: Box, marks: list[Placed], spacing: np.ndarray, shape: tuple[int, int, int], read: Read
) -> tuple[Window, np.ndarray]:
    """As `draw`, for a structure that lies inside `box` and holds its middle."""
    low, high = np.array([b.start for b in box]), np.array([b.stop - 1 for b in box])
    side = (high - low + 1) * spacing
    margin = 0.25 * side
    window = Window.around(low - margin / spacing, high + margin / spacing, spacing, shape)
    evidence = see(window)
    outside = np.ones(window.shape, dtype=bool)
    first, last = window.place(np.array([low, high]))
    outside[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))] = False
    middle = Placed(((low + high) // 2)[None], True, 0.2 * float(side.min()))
    growth = grow(evidence, [*marks, middle], outside)
    values = _finished(evidence, growth, [*marks, middle], read)
    values[outside] = -1.0
    return window, _connected(window, values, [*marks, middle])


def grow(evidence: Evidence, marks: list[Placed], outside: np.ndarray | None = None) -> Growth:
    """The region that the marks mean together: near the positive ones through tissue like theirs, away from the negative ones."""
    window = evidence.window
    here = [(mark, mark.on(window)) for mark in marks]
    here = [(mark, points) for mark, points in here if len(points)]
    like = np.min([evidence.unlikeness(points, mark.reach) for mark, points in here if mark.positive], axis=0)
    negative = [evidence.unlikeness(points, mark.reach) for mark, points in here if not mark.positive]
    if negative:
        like = like + 4 * like / (like + np.min(negative, axis=0) + 0.5)
    balls = [(mark.positive, mark.ball(window)) for mark, _ in here if mark.reach > 0]
    for positive, ball in balls:
        if not positive:
            like = np.where(ball, like + FORBIDDEN, like)
    if outside is not None:
        like = np.where(outside, like + FORBIDDEN, like)
        balls = [*balls, (False, outside)]
    distance = distances(evidence, like, np.concatenate([points for mark, points in here if mark.positive]))
    inside = [ball for positive, ball in balls if positive and ball.any()]
    return settle(evidence, distance, inside, [ball for positive, ball in balls if not positive and ball.any()])


def _finished(evidence: Evidence, growth: Growth, marks: list[Placed], read: Read) -> np.ndarray:
    share = growth.distance / growth.level
    clear = (share < 0.8) | ((share > 1.25) & (share < 6))
    lean = LEAN * np.clip(1 - share, -1.5, 1)
    query = query_logits(evidence, growth.region, np.where(clear, 1.0, 0.05), marks)
    seen = [mark for mark in marks if len(mark.on(evidence.window))]
    positive = [mark for mark in seen if mark.positive]
    points = np.unique(np.concatenate([mark.on(evidence.window) for mark in positive]), axis=0)
    newest = Placed(positive[-1].voxels, True, max(mark.reach for mark in positive))
    order = [mark for mark in seen if mark is not positive[-1]] + [newest]
    table = clues(evidence, order, points, growth, (query, query + lean), None)
    values = onto_edges(evidence, read(table, evidence.window).reshape(evidence.window.shape), marks)
    if len(marks) > 1:
        values = np.where(share > FURTHEST, -np.abs(values), values)
    return values


def _connected(window: Window, values: np.ndarray, marks: list[Placed]) -> np.ndarray:
    """The pieces of the answer that hold a positive mark; all where none does."""
    pieces, count = ndimage.label(values > 0)
    if count > 1:
        held = np.concatenate([mark.on(window) for mark in marks if mark.positive])
        kept = np.setdiff1d(pieces[tuple(held.T)], [0])
        if len(kept):
            values = np.where(np.isin(pieces, [0, *kept]), values, -np.abs(values))
    return window.inside(values)
