"""How far what a head tells of a scan lies from the same measured on experts' outlines, over development cases."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from mrifoundation_training.heads.feature_cache import Record

LEAST_CASES = 5
COVERED = 0.95  # of new people, by the limits


def prediction_limits(apart: np.ndarray) -> tuple[float, float, float]:
    """(mean, low, high) of differences, one a person: between these one of a new person lies with 95 %.

    Wider than 1.96 standard deviations, since few people tell neither mean nor deviation well."""
    people, mean = len(apart), float(apart.mean())
    wide = float(stats.t.ppf((1 + COVERED) / 2, people - 1)) * float(np.sqrt(1 + 1 / people))
    reach = wide * float(apart.std(ddof=1))
    return mean, mean - reach, mean + reach


def told_error(apart: np.ndarray) -> dict:
    """{"bias", "low", "high", "people"} of differences, one a person, as a card tells them: `prediction_limits` of ours minus theirs."""
    bias, low, high = prediction_limits(apart)
    return {"bias": bias, "low": low, "high": high, "people": len(apart)}


def measurement_errors(ours: Sequence[Record], theirs: Sequence[Record]) -> dict[str, dict]:
    """What → `told_error`; what too few cases tell is left out."""
    pairs = [(a.told, b.told) for a, b in zip(ours, theirs, strict=True) if not (a.refused or b.refused)]
    found = {}
    for name in sorted({name for _, told in pairs for name in told}):
        apart = np.array([a[name] - b[name] for a, b in pairs if name in a and name in b])
        if len(apart) >= LEAST_CASES:
            found[name] = told_error(apart)
    return found
