"""Where experts saw the lesion of a case."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mrifoundation.anatomy import Vocabulary
from mrifoundation.volume import Scan
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place


def reference_lesion(case: Case) -> Callable[[], Scan] | None:
    """Reads what is labelled as a lesion of any kind, 1 inside and 0 elsewhere, on the grid of the labels; None where nothing is."""
    vocabulary = Vocabulary.load()
    lesions = [value for value, name in case.table.items() if name in vocabulary and vocabulary[name].kind == "lesion"]
    if case.labels is None or not lesions:
        return None

    def read() -> Scan:
        labels = read_place(case.labels)
        return replace(labels, voxels=np.isin(np.rint(labels.voxels), lesions).astype(np.float32))

    return read
