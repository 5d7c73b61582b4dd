"""An annotated scan as a training case, in memory: no copy of it comes to lie in the folder of a run."""

import numpy as np

from mrifoundation.tasks.teach.example import Example
from mrifoundation_training.data.in_memory import InMemory
from mrifoundation_training.data.manifest import Case

STRUCTURE, UNKNOWN = 1, 2  # values of its label map; 0: looked at, and something else


def annotated_case(example: Example, number: int, name: str, source: str, subject: str) -> Case:
    """name: of the structure, which any view is drawn around. number: among the scans, for its id."""
    labels = example.inside.astype(np.uint8) * STRUCTURE
    if example.known is not None:
        labels[~example.known] = UNKNOWN
    affine = example.scan.affine
    return Case(
        id=f"scan {number}",
        subject=subject,
        source=source,
        region="unknown",
        image=InMemory(example.scan.name, example.scan.voxels, affine),
        labels=InMemory(f"the annotation of {example.scan.name}", labels, affine),
        table={STRUCTURE: name},
        licence="that of their owner",
    )
