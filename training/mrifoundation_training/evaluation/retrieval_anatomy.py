"""Does a similar scan show similar anatomy, and the same disease? Asked only among scans of one source, since what tells sources apart
(resolution, field of view, scanner) is no anatomy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.retrieval_measures import Precision, precision_at

NEAREST = 5
FEWEST_OTHERS = 10  # scans of other people, below which a rank correlation says nothing
FEWEST_PEOPLE = 5  # of each diagnosis


@dataclass(frozen=True)
class Anatomy:
    """correlation: Spearman, over the scans of other people, of the similarity with the closeness of the labelled volumes; a subject
    counting once, 0 by chance. nearest: difference in volume of the five most similar as a share of that of all, 1 by chance.
    queries: how many."""

    correlation: Interval
    nearest: float
    queries: int


def anatomy_agreement(
    vectors: np.ndarray, volumes: Sequence[Mapping[str, float]], subjects: Sequence[str], asking: Sequence[bool]
) -> Anatomy:
    """Of scans of one source. vectors: unit rows [n, D]. volumes: of the structures that were labelled in each, mL."""
    similarity, subjects = vectors @ vectors.T, np.array(subjects)
    by_subject, nearest = defaultdict(list), defaultdict(list)
    for row in np.flatnonzero(asking):
        apart = np.array([_apart(volumes[row], other) for other in volumes])
        others = np.flatnonzero((subjects != subjects[row]) & np.isfinite(apart))
        if len(others) < FEWEST_OTHERS or not np.ptp(apart[others]) or not np.ptp(similarity[row, others]):
            continue
        by_subject[subjects[row]].append(float(spearmanr(similarity[row, others], -apart[others]).statistic))
        first = others[np.argsort(-similarity[row, others], kind="stable")[:NEAREST]]
        nearest[subjects[row]].append(float(apart[first].mean() / apart[others].mean()))
    return Anatomy(
        subject_bootstrap(by_subject),
        float(np.mean([np.mean(values) for values in nearest.values()])) if nearest else float("nan"),
        sum(map(len, by_subject.values())),
    )


def disease_agreement(
    vectors: np.ndarray, diagnoses: Sequence[str | None], subjects: Sequence[str], asking: Sequence[bool]
) -> Precision | None:
    """Same diagnosis among the five most similar scans of other people of one source; None without two diagnoses of enough people."""
    people: dict[str, set[str]] = defaultdict(set)
    for diagnosis, subject in zip(diagnoses, subjects, strict=True):
        people[diagnosis or ""].add(subject)
    common = {diagnosis for diagnosis, those in people.items() if diagnosis and len(those) >= FEWEST_PEOPLE}
    if len(common) < 2:
        return None
    kept = [n for n, diagnosis in enumerate(diagnoses) if diagnosis in common]
    return precision_at(
        vectors[kept],
        [diagnoses[n] for n in kept],
        [subjects[n] for n in kept],
        NEAREST,
        [bool(asking[n]) for n in kept],
    )


def _apart(own: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Root mean square, over the structures that both have, of the logarithm of the ratio of volumes; NaN where they share none."""
    names = own.keys() & other.keys()
    return float(np.sqrt(np.mean([np.log(own[name] / other[name]) ** 2 for name in names]))) if names else float("nan")
