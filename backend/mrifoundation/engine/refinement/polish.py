"""The first and the last step of every answer: the query fitted to what is known near the marks, and a walk that moves the contour onto
edges."""

import numpy as np

from mrifoundation.engine.refinement.evidence import Evidence
from mrifoundation.engine.refinement.placing import Placed
from mrifoundation.engine.refinement.query_fit import fit
from mrifoundation.engine.refinement.walker import walk

SAMPLES = 4000
EXAMPLES = 300.0  # what the voxels of one label count together in the fit
HOLD, HOLD_WORDS = 2.0, 5.0  # how firmly weights stay at 0, and that of the words at 1
SUREST = 3.0  # largest logit of the fitted query
PULL, SEED = 2.0, 100.0  # of a point to its own target, and of a marked point


def query_logits(evidence: Evidence, labels: np.ndarray, weights: np.ndarray, marks: list[Placed]) -> np.ndarray:
    """Logits of a query fitted to the points of a window.

    labels: bool, what is taken for the structure; weights: how much each point of it counts as an example; of the balls of
    marks the marks decide.
    """
    labels, weights = labels.copy(), weights.copy()
    for mark in marks:
        ball = mark.ball(evidence.window)
        labels[ball], weights[ball] = mark.positive, 2.0
    columns = evidence.columns
    chosen = np.flatnonzero(weights.ravel() > 0.02)
    # Drawn the same way every time: the same marks give the same contour.
    chosen = np.random.default_rng(0).choice(chosen, min(SAMPLES, len(chosen)), replace=False)
    known, counts = labels.ravel()[chosen].astype(float), weights.ravel()[chosen].astype(float)
    for label in (0, 1):
        counts[known == label] *= EXAMPLES / max(counts[known == label].sum(), 1e-3)
    prior, hold = np.zeros(columns.shape[1]), np.full(columns.shape[1], HOLD)
    hold[-1] = 0.1
    if evidence.text is not None:
        prior[-2], hold[-2] = 1.0, HOLD_WORDS
    query = fit(columns[chosen], known, counts, prior, hold)
    return np.clip(columns @ query.astype(np.float32), -SUREST, SUREST).reshape(evidence.window.shape)


def onto_edges(evidence: Evidence, logits: np.ndarray, marks: list[Placed]) -> np.ndarray:
    """Values > 0 where the structure is, float32 on the window's grid; marked points are as marked."""
    target = (1 / (1 + np.exp(-logits))).astype(np.float32)
    pull = np.full(evidence.window.shape, PULL, np.float32)
    for mark in marks:
        points = tuple(mark.on(evidence.window).T)
        pull[points], target[points] = SEED, float(mark.positive)
    return walk(evidence.edges, pull, target, target) - 0.5
