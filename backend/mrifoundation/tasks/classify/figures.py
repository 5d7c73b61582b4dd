"""How good probabilities are: discrimination with its interval, and calibration."""

import numpy as np
from scipy import stats

RESAMPLES = 2000
BINS = 5


def summarise(probabilities: np.ndarray, labels: np.ndarray, patients: np.ndarray, classes: tuple[str, ...]) -> dict:
    """Figures of out-of-fold `probabilities` [N, K] against `labels` [N] (rows of `classes`), as plain JSON types.

    Two classes: auc with DeLong's interval. More: accuracy with a patient bootstrap, and the mean one-against-rest auc.
    An area that cannot be told (no case, or no other case, of a class) is None.
    brier: mean squared distance to the truth over classes (0 best; 1 − 1/K for knowing nothing). reliability: bins of the
    probability given, with how often it came true.
    """
    found = {"cases": len(labels), "patients": len(np.unique(patients))}
    truth = np.eye(len(classes))[labels]
    if len(classes) == 2:
        found["auc"], found["auc_interval"] = delong(probabilities[:, 1], labels == 1)
    else:
        right = probabilities.argmax(axis=1) == labels
        found["accuracy"], found["accuracy_interval"] = patient_bootstrap(right.astype(float), patients)
        areas = [delong(probabilities[:, k], labels == k)[0] for k in np.unique(labels)]
        found["auc"] = float(np.mean(areas))
        table = np.zeros((len(classes), len(classes)), int)
        np.add.at(table, (labels, probabilities.argmax(axis=1)), 1)
        found["confusion"] = table.tolist()
    found["brier"] = float(((probabilities - truth) ** 2).sum(axis=1).mean() * (0.5 if len(classes) == 2 else 1.0))
    found["reliability"] = reliability(probabilities, truth)
    return {name: _told(value) for name, value in found.items()}


def _told(value):
    """JSON has no NaN."""
    if isinstance(value, list):
        return [_told(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def delong(scores: np.ndarray, positive: np.ndarray) -> tuple[float, list[float]]:
    """(area under the ROC curve, its 95 % interval). DeLong et al., Biometrics 1988, on the logit scale near 0 and 1.

    NaN where there are no positive or no negative cases.
    """
    cases, controls = scores[positive], scores[~positive]
    if not len(cases) or not len(controls):
        return float("nan"), [float("nan")] * 2
    wins = (cases[:, None] > controls) + 0.5 * (cases[:, None] == controls)
    area = float(wins.mean())
    if min(wins.shape) < 2 or area in (0.0, 1.0):
        return area, _exact_ends(area, *wins.shape)
    variance = wins.mean(axis=1).var(ddof=1) / len(cases) + wins.mean(axis=0).var(ddof=1) / len(controls)
    spread = 1.959964 * np.sqrt(variance) / (area * (1 - area))
    logit = np.log(area / (1 - area))
    return area, [float(1 / (1 + np.exp(-(logit + sign * spread)))) for sign in (-1, 1)]


def _exact_ends(area: float, cases: int, controls: int) -> list[float]:
    """At an area of 0 or 1 DeLong's variance is 0, whatever N: the bound of a proportion of min(cases, controls) wins is told instead."""
    reach = float(stats.beta.ppf(0.025, min(cases, controls), 1))
    return [reach, 1.0] if area >= 0.5 else [0.0, 1 - reach]


def patient_bootstrap(values: np.ndarray, patients: np.ndarray, seed: int = 0) -> tuple[float, list[float]]:
    """(mean of values over patients, its 95 % percentile interval when patients are drawn again)."""
    means = np.array([values[patients == patient].mean() for patient in np.unique(patients)])
    draws = np.random.default_rng(seed).integers(0, len(means), (RESAMPLES, len(means)))
    low, high = np.percentile(means[draws].mean(axis=1), (2.5, 97.5))
    return float(means.mean()), [float(low), float(high)]


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> list[dict]:
    """Of two classes the second one's probability, of more every class's: mean given, share come true, and n of each bin."""
    given, came = (probabilities[:, 1], truth[:, 1]) if truth.shape[1] == 2 else (probabilities.ravel(), truth.ravel())
    which = np.minimum((given * BINS).astype(int), BINS - 1)
    return [
        {"given": float(given[which == b].mean()), "true": float(came[which == b].mean()), "n": int((which == b).sum())}
        for b in range(BINS)
        if (which == b).any()
    ]
