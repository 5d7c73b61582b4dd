"""How good a ranking is: precision and recall at k, beside what chance would give. Pure arithmetic on vectors and labels."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap


@dataclass(frozen=True)
class Precision:
    """value: precision at k over the queries, a subject counting once, with its interval. macro: mean over labels. best: what a
    perfect ranking would reach (few labels have k others). chance: a random ranking. queries: how many."""

    k: int
    value: Interval
    macro: float
    best: float
    chance: float
    queries: int


@dataclass(frozen=True)
class Recall:
    """values, chance: k → share of the queries with a right answer among the first k, and the same for a random ranking."""

    values: dict[int, float]
    chance: dict[int, float]
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
    by_subject, by_label, best, chance = defaultdict(list), defaultdict(list), [], []
    for row in range(len(vectors)):
        others = np.flatnonzero(subjects != subjects[row])
        right = labels[others] == labels[row]
        if labels[row] is None or not right.any() or (asking is not None and not asking[row]):
            continue
        first = np.argsort(-similarity[row, others], kind="stable")[:k]
        value = float(right[first].mean())
        by_subject[subjects[row]].append(value)
        by_label[labels[row]].append(value)
        best.append(min(k, right.sum()) / k)
        chance.append(float(right.mean()))
    return Precision(
        k,
        subject_bootstrap(by_subject),
        float(np.mean([np.mean(values) for values in by_label.values()])) if by_label else float("nan"),
        _mean(best),
        _mean(chance),
        len(best),
    )


def recall_at(queries: np.ndarray, vectors: np.ndarray, right: np.ndarray, ks: Sequence[int] = (1, 5, 10)) -> Recall:
    """Queries [q, D] against rows [n, D]; right: bool [q, n], which rows answer a query. Queries without a right answer do not count."""
    kept = right.any(axis=1)
    order = np.argsort(-(queries[kept] @ vectors.T), axis=1, kind="stable")
    sorted_right = np.take_along_axis(right[kept], order, axis=1)
    total, counts = right.shape[1], right[kept].sum(axis=1)
    values = {k: _mean(sorted_right[:, :k].any(axis=1)) for k in ks}
    chance = {k: _mean([chance_of_a_hit(total, int(n), k) for n in counts]) for k in ks}
    return Recall(values, chance, int(kept.sum()))


def chance_of_a_hit(total: int, right: int, k: int) -> float:
    """Probability that `k` draws without replacement out of `total` hit one of `right`."""
    return 1.0 - comb(total - right, min(k, total)) / comb(total, min(k, total))


def standardised(rows: np.ndarray) -> np.ndarray:
    """Columns brought to mean 0 and deviation 1, then rows to unit length: hand-made features made comparable by cosine."""
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    return scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-9)


def _mean(values) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
