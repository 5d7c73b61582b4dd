"""Fitting a head: nested cross-validation that keeps patients apart, then one fit on all cases, with resampled ones for intervals."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.figures import summarise
from mrifoundation.tasks.classify.head import Head, softmax

STRENGTHS = tuple(10.0**p for p in range(-3, 3))  # inverse regularisation that is tried
FOLDS, INNER_FOLDS, REPEATS = 5, 4, 3
LEAST_PATIENTS = 4  # of each class
DRAWS = 100
REACH = 1.5  # times the usual distance between a training case and its nearest other patient
USUAL = 0.95  # of the cases: one that is unlike all others speaks for scans like itself, and must not open the gate to everything
LEAST_DISTANCE = 0.1  # scans of one region lie nearer than this, however alike those are that a head was fitted to


@dataclass(frozen=True, eq=False)
class Cases:
    """values [N, F] of `names`; labels, patients: [N] str; embeddings [N, series · D], or None when none are used.

    also: [N] bool, rows that are learned from but never scored (the same patients measured in another way), or None."""

    values: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray
    patients: np.ndarray
    embeddings: np.ndarray | None = None
    also: np.ndarray | None = None

    @property
    def scored(self) -> np.ndarray:
        """Bool [N]."""
        return np.ones(len(self.labels), bool) if self.also is None else ~self.also

    def learning_also(self, values: np.ndarray, labels: np.ndarray, patients: np.ndarray) -> "Cases":
        """These cases, and further rows of the same measurements and patients to learn from; embeddings stay those of these cases."""
        parts = [
            (self.values, values),
            (self.labels, labels),
            (self.patients, patients),
            (~self.scored, np.ones(len(labels), bool)),
        ]
        joined = (np.concatenate(part) for part in parts)
        return replace(self, **dict(zip(("values", "labels", "patients", "also"), joined, strict=True)))

    def __len__(self) -> int:
        return len(self.labels)

    def columns(self, wanted: Sequence[str]) -> "Cases":
        """Only some measurements."""
        return replace(self, values=self.values[:, [self.names.index(name) for name in wanted]], names=tuple(wanted))


def fit_head(card: HeadCard, cases: Cases, baselines: Mapping[str, Cases] | None = None, seed: int = 0) -> Head:
    """The head of `card` (its classes, and everything but names and figures), fitted to `cases`.

    baselines: title → the same cases with other measurements, cross-validated in the same way and told beside the head.
    Raises InputError when a class has fewer than four patients.
    """
    check_enough(card, cases)
    figures = cross_validated(cases, card.classes, seed)
    figures["baselines"] = {
        title: cross_validated(other, card.classes, seed) for title, other in (baselines or {}).items()
    }
    arrays = _fit_with_draws(cases, card.classes, seed)
    gate = dict(card.gate)
    if cases.embeddings is not None:
        arrays["reference"] = cases.embeddings.astype(np.float32)
        usual = usual_distance(cases.embeddings, cases.patients[cases.scored])
        gate["distance"] = max(REACH * usual, LEAST_DISTANCE)
    return Head(replace(card, feature_names=cases.names, figures=figures, gate=gate), arrays)


def check_enough(card: HeadCard, cases: Cases) -> None:
    """Raise InputError unless every class has enough patients."""
    counts = {c: len(np.unique(cases.patients[cases.labels == c])) for c in card.classes}
    if len(counts) < 2:
        raise InputError("All cases are of one class; a head needs at least two classes to tell apart.")
    few = [f"{name} has {count}" for name, count in counts.items() if count < LEAST_PATIENTS]
    if few:
        raise InputError(
            f"There are too few patients ({', '.join(few)}); give at least {LEAST_PATIENTS} of each class."
        )


def cross_validated(cases: Cases, classes: tuple[str, ...], seed: int = 0) -> dict:
    """Figures of predictions for patients that neither the fit nor the choice of its strength has seen.

    The split into folds is repeated, and a case's probability is the mean over the repeats.
    """
    labels = np.array([classes.index(label) for label in cases.labels])
    summed = np.zeros((len(labels), len(classes)))
    for repeat in range(REPEATS):
        for train, test in _folds(labels, cases.patients, FOLDS, seed + repeat):
            seen = _Rows(cases.values[train], labels[train], cases.patients[train], cases.scored[train])
            model = _fit(seen.values, seen.labels, len(classes), _best_strength(seen, len(classes), seed + repeat))
            summed[test] += _predict(model, cases.values[test])
    told = cases.scored
    found = summarise(summed[told] / REPEATS, labels[told], cases.patients[told], classes)
    return found | {"method": f"{REPEATS} × {FOLDS}-fold nested cross-validation, no patient in two folds"}


def usual_distance(embeddings: np.ndarray, patients: np.ndarray) -> float:
    """The cosine distance from a case to the nearest case of another patient that only few cases exceed."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    similar = unit @ unit.T
    similar[patients[:, None] == patients] = -1
    return float(np.quantile(1 - similar.max(axis=1), USUAL))


def _folds(labels: np.ndarray, patients: np.ndarray, count: int, seed: int):
    from sklearn.model_selection import StratifiedGroupKFold

    fewest = min(len(np.unique(patients[labels == label])) for label in np.unique(labels))
    splitter = StratifiedGroupKFold(max(2, min(count, fewest)), shuffle=True, random_state=seed)
    return list(splitter.split(labels, labels, patients))


@dataclass(frozen=True, eq=False)
class _Rows:
    """values [N, F], labels [N] as rows of the classes, patients [N], scored [N] bool."""

    values: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    scored: np.ndarray


def _best_strength(rows: _Rows, classes: int, seed: int) -> float:
    """The strength with the least log loss inside the training patients: calibration decides, not only rank."""
    loss = np.zeros(len(STRENGTHS))
    for train, test in _folds(rows.labels, rows.patients, INNER_FOLDS, seed):
        test = test[rows.scored[test]]
        for n, strength in enumerate(STRENGTHS):
            given = _predict(_fit(rows.values[train], rows.labels[train], classes, strength), rows.values[test])
            loss[n] -= np.log(np.clip(given[np.arange(len(test)), rows.labels[test]], 1e-6, 1)).sum()
    return STRENGTHS[int(np.argmin(loss))]


def _fit(values: np.ndarray, labels: np.ndarray, classes: int, strength: float) -> dict[str, np.ndarray]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # weakly regularised candidates; they lose the comparison
        model = LogisticRegression(C=strength, max_iter=300).fit((values - mean) / scale, labels)
    coef, intercept = np.zeros((classes, values.shape[1])), np.full(classes, -30.0)
    if len(model.classes_) == 2:
        coef[model.classes_[1]], intercept[model.classes_] = model.coef_[0], (0.0, model.intercept_[0])
    else:
        coef[model.classes_], intercept[model.classes_] = model.coef_, model.intercept_
    return {"mean": mean, "scale": scale, "coef": coef, "intercept": intercept}


def _predict(model: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    return softmax((values - model["mean"]) / model["scale"] @ model["coef"].T + model["intercept"])


def _fit_with_draws(cases: Cases, names: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    values, patients, classes = cases.values, cases.patients, len(names)
    labels = np.array([names.index(label) for label in cases.labels])
    strength = _best_strength(_Rows(values, labels, patients, cases.scored), classes, seed)
    model = _fit(values, labels, classes, strength)
    rng = np.random.default_rng(seed)
    draws = []
    while len(draws) < DRAWS:
        rows = _redrawn(rng, labels, patients)
        again = _fit(values[rows], labels[rows], classes, strength)
        coef = again["coef"] * (model["scale"] / again["scale"])
        shift = again["coef"] @ ((model["mean"] - again["mean"]) / again["scale"])
        draws.append((coef, again["intercept"] + shift))
    model["draws_coef"], model["draws_intercept"] = (np.stack(part) for part in zip(*draws, strict=True))
    return model


def _redrawn(rng: np.random.Generator, labels: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Rows of patients drawn with replacement until every class is there."""
    each = [np.flatnonzero(patients == patient) for patient in np.unique(patients)]
    while True:
        rows = np.concatenate([each[n] for n in rng.integers(0, len(each), len(each))])
        if len(np.unique(labels[rows])) == len(np.unique(labels)):
            return rows
