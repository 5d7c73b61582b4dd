"""Hearts as experts outlined them: the same measurements as of our own segmentation, from reference label maps."""

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.heart_facts import heart_of, heart_values
from mrifoundation.tasks.measure.heart import STRUCTURES
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.heads.example import Example
from mrifoundation_training.heads.feature_cache import Record


def measured_by_reference(example: Example) -> Record:
    """What a head sees and tells of the outlined heart; refused where nobody outlined it or it cannot be measured."""
    if len(example.labels) != 2:
        return Record(refused="Nobody outlined both phases of this heart.")
    try:
        files = [read_place(place) for place in example.labels]
        spacing = files[0].spacing
        phases = [_in_order(np.rint(file.voxels), example.table) for file in files]
        values, heart = heart_of(phases, spacing, float(spacing.prod() / 1000))
    except InputError as error:
        return Record(refused=str(error))
    return Record(values, told={name: value for name, (value, _) in heart_values(heart).items()})


def _in_order(stored: np.ndarray, table: dict[int, str]) -> np.ndarray:
    labels = np.zeros(stored.shape, np.uint8)
    for value, name in table.items():
        if name in STRUCTURES:
            labels[stored == value] = STRUCTURES.index(name) + 1
    return labels
