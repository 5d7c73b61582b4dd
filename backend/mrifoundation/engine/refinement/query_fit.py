"""Fitting a query to labelled voxels: logistic regression in a few steps, held near the query that was asked."""

import numpy as np

STEPS = 4


def fit(
    features: np.ndarray, labels: np.ndarray, weights: np.ndarray, prior: np.ndarray, hold: np.ndarray
) -> np.ndarray:
    """The weights [n] of a query over `features` [m, n] (the last column constant).

    labels: 0…1 [m]; weights: how much each voxel counts [m]; prior: the query to stay near [n]; hold: how firmly [n].
    Iteratively reweighted least squares with a Gaussian prior (Bishop, Pattern Recognition and Machine Learning, 2006, 4.3.3).
    """
    query = prior.astype(np.float64)
    features = features.astype(np.float64)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ query, -30, 30)))
        spread = weights * np.maximum(chance * (1 - chance), 0.02)
        slope = features.T @ (weights * (labels - chance)) - hold * (query - prior)
        curve = (features.T * spread) @ features + np.diag(hold)
        query = query + np.linalg.solve(curve, slope)
    return query
