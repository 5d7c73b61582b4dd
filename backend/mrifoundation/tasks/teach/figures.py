"""How well a taught structure is found in scans that did not teach it."""

from collections.abc import Sequence

import numpy as np

from mrifoundation.engine.taught.cells import Cells
from mrifoundation.engine.taught.query_fit import dice_on, fit_query

FOLDS = 5


def left_out_figures(lessons: Sequence[Cells], prior: tuple[np.ndarray, float] | None) -> dict:
    """Cross-validated Dice over scans, estimated on the cells that are kept; {} with one scan, of which nothing can be told."""
    if len(lessons) < 2:
        return {}
    folds = [range(start, len(lessons), FOLDS) for start in range(min(FOLDS, len(lessons)))]
    found = []
    for fold in folds:
        query = fit_query([one for number, one in enumerate(lessons) if number not in fold], prior)
        found += [dice_on(lessons[number], query) for number in fold]
    mean, low, high = float(np.mean(found)), min(found), max(found)
    return {
        "dice": round(mean, 4),
        "scans": len(found),
        "sentence": f"Each of {len(found)} scans, segmented by what the others taught: mean Dice {mean:.2f} "
        f"({low:.2f} to {high:.2f}), estimated on a sample of their voxels.",
    }
