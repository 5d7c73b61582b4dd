"""How far what a head tells of a scan lies from the same measured on experts' outlines, over development cases."""

from collections.abc import Sequence

import numpy as np

from mrifoundation_training.heads.feature_cache import Record

LEAST_CASES = 5


def measurement_errors(ours: Sequence[Record], theirs: Sequence[Record]) -> dict[str, dict]:
    """What → {"bias", "low", "high" (95 % limits of ours minus theirs), "people"}; what too few cases tell is left out."""
    pairs = [(a.told, b.told) for a, b in zip(ours, theirs, strict=True) if not (a.refused or b.refused)]
    found = {}
    for name in sorted({name for _, told in pairs for name in told}):
        apart = np.array([a[name] - b[name] for a, b in pairs if name in a and name in b])
        if len(apart) >= LEAST_CASES:
            bias, spread = float(apart.mean()), 1.96 * float(apart.std(ddof=1))
            found[name] = {"bias": bias, "low": bias - spread, "high": bias + spread, "people": len(apart)}
    return found
