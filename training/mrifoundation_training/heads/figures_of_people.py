"""Figures in which each person counts once, however many series there are."""

from collections.abc import Sequence

import numpy as np

from mrifoundation.tasks.classify.figures import summarise


def figures_of_people(
    probabilities: np.ndarray, labels: Sequence[int], patients: Sequence[str], classes: tuple[str, ...]
) -> dict:
    """As `figures.summarise`, of the mean of each person's series: six sequences of one brain are no six cases."""
    people = sorted(set(zip(patients, labels, strict=True)))
    rows = [
        np.mean([p for p, *who in zip(probabilities, patients, labels, strict=True) if tuple(who) == one], axis=0)
        for one in people
    ]
    names, told = (np.array(part) for part in zip(*people, strict=True))
    return summarise(np.array(rows), told, names, classes)
