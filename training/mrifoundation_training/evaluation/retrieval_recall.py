"""How early queries find a right answer: recall at k, median rank and mean reciprocal rank, with intervals by people, beside chance."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from mrifoundation_training.evaluation.bootstrap import RESAMPLES

KS = (1, 5, 10)
ALMOST = 1e-9  # of a sum of shares such as 1/3


@dataclass(frozen=True)
class Estimate:
    """value with its 95 % interval [low, high], NaN with fewer than two people."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Chance:
    """What a random order of the gallery would give."""

    recall: dict[int, float]
    median_rank: float
    reciprocal_rank: float


@dataclass(frozen=True)
class Recall:
    """recall: k → share of the queries with a right answer among the first k. by_answer: the same, all queries with the same right answers
    counting as one. median_rank: of the first right answer, 1 is first. reciprocal_rank: mean of 1 / rank. gallery: how many
    things were ranked."""

    recall: dict[int, Estimate]
    by_answer: dict[int, float]
    median_rank: Estimate
    reciprocal_rank: Estimate
    chance: Chance
    queries: int
    people: int
    gallery: int


def recall_at(similarity: np.ndarray, right: np.ndarray, shares: np.ndarray, ks: Sequence[int] = KS) -> Recall | None:
    """Of `similarity` [queries, gallery]; None when no query has a right answer, for only those count.

    right: bool, the same shape. shares: float [people, queries], how much of a query is each person's; a query weighs their sum.
    """
    kept = right.any(axis=1)
    if not kept.any():
        return None
    similarity, right, shares = similarity[kept], right[kept], shares[:, kept]
    ranks = first_ranks(similarity, right)
    drawn = _drawn(shares[shares.any(axis=1)])
    hits = {k: (ranks <= k).astype(float) for k in ks}
    return Recall(
        {k: _estimate(drawn, lambda weights, hit=hit: _means(weights, hit)) for k, hit in hits.items()},
        {k: _by_answer(hit, right) for k, hit in hits.items()},
        _estimate(drawn, lambda weights: _medians(weights, ranks)),
        _estimate(drawn, lambda weights: _means(weights, 1.0 / ranks)),
        _chance(right, drawn[0], ks),
        int(kept.sum()),
        int(shares.any(axis=1).sum()),
        right.shape[1],
    )


def first_ranks(similarity: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Place of the first right answer of each query, from 1."""
    order = np.argsort(-similarity, axis=1, kind="stable")
    return np.take_along_axis(right, order, axis=1).argmax(axis=1) + 1


def chance_of_a_hit(total: int, right: int, k: int) -> float:
    """Probability that `k` draws without replacement out of `total` hit one of `right`."""
    return 1.0 - comb(total - right, min(k, total)) / comb(total, min(k, total))


def _drawn(shares: np.ndarray, seed: int = 0) -> np.ndarray:
    """Weights of the queries [1 + resamples, queries]: as they are, and with people drawn with replacement where there are two or more."""
    people = len(shares)
    once = np.ones((1, people))
    if people > 1:
        draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=RESAMPLES)
        once = np.concatenate([once, draws])
    return once @ shares


def _estimate(weights: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    values = measure(weights)
    low, high = np.percentile(values[1:], [2.5, 97.5]) if len(values) > 1 else (np.nan, np.nan)
    return Estimate(float(values[0]), float(low), float(high))


def _means(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return weights @ values / weights.sum(axis=1)


def _medians(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The smallest value that half of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[:, order], axis=1)
    return values[order][(below >= below[:, -1:] * (0.5 - ALMOST)).argmax(axis=1)]


def _by_answer(hit: np.ndarray, right: np.ndarray) -> float:
    groups = defaultdict(list)
    for value, row in zip(hit, right, strict=True):
        groups[row.tobytes()].append(value)
    return float(np.mean([np.mean(values) for values in groups.values()]))


def _chance(right: np.ndarray, weights: np.ndarray, ks: Sequence[int]) -> Chance:
    """From the chance that the first right answer is among the first 1, 2 … all of the gallery."""
    total = right.shape[1]
    places = np.arange(1, total + 1)
    counts = right.sum(axis=1)
    curves = {int(n): [chance_of_a_hit(total, int(n), int(k)) for k in places] for n in np.unique(counts)}
    curve = weights @ np.array([curves[int(n)] for n in counts]) / weights.sum()
    return Chance(
        {k: float(curve[min(k, total) - 1]) for k in ks},
        float(places[(curve >= 0.5 - ALMOST).argmax()]),
        float((np.diff(curve, prepend=0.0) / places).sum()),
    )
