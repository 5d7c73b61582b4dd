"""How sure a mean is, given that the scans of one subject are not independent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 5000


@dataclass(frozen=True)
class Interval:
    """mean with its 95 % interval [low, high] (NaN with fewer than two subjects); how many subjects and scans."""

    mean: float
    low: float
    high: float
    subjects: int
    scans: int


def subject_bootstrap(values: Mapping[str, Sequence[float]], resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Mean over subjects (a subject counts once, however many scans it has) and its percentile bootstrap interval.

    values: subject → one value a scan; values that are not finite are left out. The same values give the same interval.
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993.
    """
    kept = {subject: [v for v in scans if np.isfinite(v)] for subject, scans in sorted(values.items())}
    kept = {subject: scans for subject, scans in kept.items() if scans}
    means = np.array([np.mean(scans) for scans in kept.values()])
    scans = sum(map(len, kept.values()))
    if len(means) == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    if len(means) == 1:
        return Interval(float(means[0]), float("nan"), float("nan"), 1, scans)
    draws = np.random.default_rng(seed).integers(0, len(means), size=(resamples, len(means)))
    low, high = np.percentile(means[draws].mean(axis=1), [2.5, 97.5])
    return Interval(float(means.mean()), float(low), float(high), len(means), scans)
