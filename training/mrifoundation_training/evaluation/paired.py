"""Whether one thing does better than another, measured on the same seeds or people."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def difference(one: Sequence[float], other: Sequence[float]) -> dict:
    """Mean of one − other, pair by pair, with the 95 % interval of Student's t (NaN for a single pair); shown: whether that excludes no
    difference."""
    apart = np.subtract(one, other)
    mean, low, high = float(apart.mean()), float("nan"), float("nan")
    if len(apart) > 1:
        reach = stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
        low, high = mean - float(reach), mean + float(reach)
    return {"mean": mean, "low": low, "high": high, "shown": bool(low > 0 or high < 0)}
