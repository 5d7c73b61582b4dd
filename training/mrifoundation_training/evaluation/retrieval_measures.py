"""How good a ranking of scans by a scan is: precision at k, beside what chance would give. Pure arithmetic on vectors and labels."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap


@dataclass(frozen=True)
class Precision:
    """value: precision at k over the queries, a subject counting once, with its interval. macro: mean over labels. best: what a
    perfect ranking would reach (few labels have k others), chance: a random one, of subjects that count once as well. queries: how many."""

    k: int
    value: Interval
    macro: float
    best: float
    chance: float
    queries: int


def precision_at(
    vectors: np.ndarray,
    labels: Sequence[str | None],
    subjects: Sequence[str],
    k: int = 5,
    asking: Sequence[bool] | None = None,
) -> Precision:
    """How many of the `k` most similar rows of other subjects have the query's label.

    vectors: unit rows [n, D]. labels: None where unknown: such a row neither asks nor is right. asking: which rows are queries
    (default: all with a label that another subject has as well).
    """
    labels, subjects = np.array(labels, dtype=object), np.array(subjects)
    similarity = vectors @ vectors.T
    by_subject, by_label, best, chance = (defaultdict(list) for _ in range(4))
    for row in range(len(vectors)):
        others = np.flatnonzero(subjects != subjects[row])
        right = labels[others] == labels[row]
        if labels[row] is None or not right.any() or (asking is not None and not asking[row]):
            continue
        first = np.argsort(-similarity[row, others], kind="stable")[:k]
        value = float(right[first].mean())
        by_subject[subjects[row]].append(value)
        by_label[labels[row]].append(value)
        best[subjects[row]].append(min(k, right.sum()) / min(k, len(right)))
        chance[subjects[row]].append(float(right.mean()))
    return Precision(
        k,
        subject_bootstrap(by_subject),
        _mean_of_means(by_label),
        _mean_of_means(best),
        _mean_of_means(chance),
        sum(map(len, by_subject.values())),
    )


def standardised(rows: np.ndarray) -> np.ndarray:
    """Columns brought to mean 0 and deviation 1, then rows to unit length: hand-made features made comparable by cosine."""
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    return scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-9)


def _mean_of_means(groups: dict[str, list[float]]) -> float:
    return float(np.mean([np.mean(values) for values in groups.values()])) if groups else float("nan")
