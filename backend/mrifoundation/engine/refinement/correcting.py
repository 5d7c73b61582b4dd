"""Correcting a contour near one mark: the wrong part is found from the mark, the rest stays."""

import numpy as np

from mrifoundation.engine.refinement.clues import clues
from mrifoundation.engine.refinement.drawing import LEAN, See
from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.growth import Growth, distances, settle
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.engine.refinement.polish import onto_edges, query_logits
from mrifoundation.engine.refinement.reader import Read
from mrifoundation.engine.refinement.window import Window

LEAST_MM, MOST_MM = 20.0, 60.0  # radius of the smallest and the largest window
REACHES = 3.0  # a mark changes nothing further away than this many times its reach, or LEAST_MM
KEPT = 4.0  # logit of what the contour says already
RIGHT_ALREADY = 20.0  # what a millimetre costs where nothing is wrong


def correct(
    see: See, mask: np.ndarray, marks: list[Placed], spacing: np.ndarray, read: Read
) -> tuple[Window, np.ndarray]:
    """The contour after the last of `marks`, bool on the scan voxels of the window beside it. mask: bool, canonical. Beyond three times
    the mark's reach, or 20 mm, nothing changes."""
    mark = marks[-1]
    radius = float(np.clip(REACHES * mark.reach, LEAST_MM, MOST_MM))
    low, high = mark.voxels.min(axis=0), mark.voxels.max(axis=0)
    window = Window.around(low - radius / spacing, high + radius / spacing, spacing, mask.shape)
    evidence = see(window)
    points = mark.on(window)
    current = window.of(mask)
    inside = current > 0.5
    wrong = inside != mark.positive
    wrong[tuple(points.T)] = True  # also where the scan's voxels are finer than the grid
    growth = _wrong_part(evidence, mark, points, wrong)
    before = query_logits(evidence, inside, np.ones(window.shape), marks)
    after = _corrected_query(evidence, growth, inside, wrong, marks)
    table = clues(evidence, marks, points, growth, (before, after), current)
    side = 1.0 if mark.positive else -1.0
    logits = side * read(table, window).reshape(window.shape)
    away = window.distance_to(points)
    heard = np.clip(3 * (1 - away / radius), 0, 1)
    values = onto_edges(evidence, heard * logits + (1 - heard) * KEPT * (2 * current - 1), marks)
    turned = (window.back(values) > 0) != (
        window.back(current) > 0.5
    )  # finer than the grid, the contour keeps its form
    return window, mask[window.box] ^ (turned & (window.back(away) <= radius))


def _wrong_part(evidence: Evidence, mark: Placed, points: np.ndarray, wrong: np.ndarray) -> Growth:
    unlike = evidence.unlikeness(points, mark.reach)
    distance = distances(evidence, np.where(wrong, unlike, unlike + RIGHT_ALREADY), points)
    ball = mark.ball(evidence.window) & wrong
    return settle(evidence, distance, [ball] if ball.any() else [], [], wrong, 2.5 * mark.reach + 2.0)


def _corrected_query(
    evidence: Evidence, growth: Growth, inside: np.ndarray, wrong: np.ndarray, marks: list[Placed]
) -> np.ndarray:
    mark, share = marks[-1], growth.distance / growth.level
    part = growth.region & wrong
    labels = np.where(part, mark.positive, inside)
    weights = np.where(part, 1.0, np.where(wrong & (share < 2), 0.05, 0.6))
    side = 1.0 if mark.positive else -1.0
    lean = np.where(wrong, side * LEAN * np.clip(1 - share, -1.5, 1), 0.0)
    return query_logits(evidence, labels, weights, marks) + lean
