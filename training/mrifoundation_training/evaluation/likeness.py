"""How alike a data set is to what the weights learned from, in the space of the scans' embeddings."""

import numpy as np
from scipy.stats import spearmanr


def nearest_cosine(vectors: np.ndarray, subjects: list[str], training: np.ndarray, trained: list[str]) -> np.ndarray:
    """Cosine of each vector [n, D] (unit length) to the nearest training vector [m, D] of another subject: [n], NaN where there is none."""
    apart = np.array([[one != other for other in trained] for one in subjects]).reshape(len(subjects), len(trained))
    cosines = np.where(apart, vectors @ training.T, -np.inf)
    nearest = cosines.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(nearest), nearest, np.nan)


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Fréchet distance of two clouds of vectors [n, D] and [m, D]: |difference of means|² + |difference of deviations|².

    Each is taken as a Gaussian with independent dimensions, since few scans say nothing of 256 × 256 covariances. NaN with fewer than two
    vectors.

    Dowson & Landau, J Multivariate Analysis 1982."""
    if min(len(one), len(other)) < 2:
        return float("nan")
    means = one.mean(axis=0) - other.mean(axis=0)
    deviations = one.std(axis=0, ddof=1) - other.std(axis=0, ddof=1)
    return float(means @ means + deviations @ deviations)


def rank_correlation(likeness: np.ndarray, dice: np.ndarray, subjects: list[str], resamples: int = 1000) -> dict:
    """Spearman's rank correlation over scans with its 95 % interval from resampled subjects: {"rho", "low", "high", "scans", "subjects"};
    None where it is not defined."""
    good = np.isfinite(likeness) & np.isfinite(dice)
    likeness, dice = likeness[good], dice[good]
    groups: dict[str, list[int]] = {}
    for index, subject in enumerate(np.array(subjects, dtype=object)[good]):
        groups.setdefault(subject, []).append(index)
    members, rng = list(groups.values()), np.random.default_rng(0)
    drawn = []
    for _ in range(resamples if len(members) > 2 else 0):
        rows = [row for pick in rng.integers(0, len(members), len(members)) for row in members[pick]]
        drawn.append(_rho(likeness[rows], dice[rows]))
    drawn = [one for one in drawn if one is not None]
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist() if drawn else (None, None)
    return {"rho": _rho(likeness, dice), "low": low, "high": high, "scans": int(good.sum()), "subjects": len(members)}


def _rho(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 3 or len(np.unique(one)) < 2 or len(np.unique(other)) < 2:
        return None
    return float(spearmanr(one, other).statistic)
