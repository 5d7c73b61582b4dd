"""Voxels that nobody judged, which some label maps mark: they are no background."""

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation_training.data.manifest import Case


def check_judged(case: Case, labels: np.ndarray) -> None:
    """Raises InputError when the label map has such voxels: everything that it leaves without a name counts as looked at."""
    if case.unjudged is not None and (labels == case.unjudged).any():
        raise InputError(
            f"'{case.id}' has voxels that are to be ignored (label {case.unjudged}); label them or leave the case out, for what "
            "has no label counts as background."
        )
