"""Fitting, cross-validation and figures: right on numbers whose answer is known, and refusing what cannot be told."""

from dataclasses import replace

import numpy as np
import pytest

from mrifoundation import InputError
from mrifoundation.tasks.classify.figures import delong, patient_bootstrap, reliability
from mrifoundation.tasks.classify.fitting import Cases, cross_validated, fit_head, usual_distance


def test_what_tells_the_classes_apart_is_found_and_noise_is_not(head):
    figures = head.card.figures
    assert figures["auc"] > 0.85 and figures["auc_interval"][0] > 0.7
    low, high = figures["baselines"]["noise only"]["auc_interval"]
    assert low < 0.5 < high or figures["baselines"]["noise only"]["auc"] < 0.6
    assert figures["cases"] == 48 and figures["patients"] == 24
    assert figures["brier"] < 0.15 and sum(one["n"] for one in figures["reliability"]) == 48


def test_probabilities_follow_the_measurement_and_their_interval_holds_them(head):
    ill, span = head.probabilities({"volume": 2.0, "noise": 0.0})
    healthy, _ = head.probabilities({"volume": -2.0, "noise": 0.0})
    assert ill["ill"] > 0.85 and healthy["ill"] < 0.15
    assert sum(ill.values()) == pytest.approx(1)
    assert span["ill"][0] <= ill["ill"] <= span["ill"][1]


def test_contributions_name_what_spoke_for_the_answer(head):
    spoken = head.contributions({"volume": 2.0, "noise": 0.0}, "ill")
    assert spoken["volume"] > 1 > abs(spoken["noise"])


def test_labels_without_a_signal_give_no_discrimination():
    """No patient is in two folds: repeated scans of a person, told by a fingerprint, do not leak the label."""
    random = np.random.default_rng(5)
    people = np.repeat([f"p{n:02d}" for n in range(20)], 4)
    labels = np.repeat(random.permutation(["a", "b"] * 10), 4)
    fingerprint = np.repeat(random.normal(size=(20, 30)), 4, axis=0) + random.normal(0, 0.01, (80, 30))
    figures = cross_validated(Cases(fingerprint, ("mark",) * 30, labels, people), ("a", "b"))
    assert figures["auc"] < 0.75


def test_what_is_only_learned_from_helps_and_is_never_scored(separable):
    """The same people measured without noise: scored are the noisy rows alone, and they are told apart no worse."""
    clean = separable.values.copy()
    clean[:, 0], clean[:, 1] = np.where(separable.labels == "ill", 1.5, -1.5), 0.0
    both = separable.learning_also(clean, separable.labels, separable.patients)
    figures, alone = (cross_validated(cases, ("healthy", "ill")) for cases in (both, separable))
    assert len(both) == 96 and figures["cases"] == alone["cases"] == 48
    assert figures["auc"] > alone["auc"] - 0.03
    assert figures["auc"] < 1, "the clean rows would all be right"


def test_five_classes_are_told_with_accuracy_and_confusion(card):
    random = np.random.default_rng(2)
    names = tuple("abcde")
    labels = np.repeat(names, 6)
    values = np.eye(5)[np.repeat(np.arange(5), 6)] * 4 + random.normal(0, 0.5, (30, 5))
    cases = Cases(values, names, labels, np.array([str(n) for n in range(30)]))
    figures = fit_head(replace(card, classes=names, positive=""), cases).card.figures
    assert figures["accuracy"] > 0.9
    assert np.array(figures["confusion"]).sum() == 30


def test_too_few_people_and_a_single_class_are_refused(card, separable):
    few = np.isin(separable.patients, ["p00", "p01", "p02", "p03", "p04"])
    kept = Cases(separable.values[few], separable.names, separable.labels[few], separable.patients[few])
    with pytest.raises(InputError, match="too few patients"):
        fit_head(card, kept)
    with pytest.raises(InputError, match="one class"):
        fit_head(replace(card, classes=("ill",)), kept)


def test_delong_agrees_with_the_bootstrap():
    random = np.random.default_rng(0)
    positive = np.arange(200) < 80
    scores = random.normal(positive * 1.0, 1)
    area, (low, high) = delong(scores, positive)
    draws = []
    for _ in range(500):
        rows = np.concatenate([random.choice(np.flatnonzero(group), group.sum()) for group in (positive, ~positive)])
        draws.append(delong(scores[rows], positive[rows])[0])
    assert low == pytest.approx(np.percentile(draws, 2.5), abs=0.02)
    assert high == pytest.approx(np.percentile(draws, 97.5), abs=0.02)
    assert low < area < high


def test_a_perfect_area_of_few_cases_is_not_told_as_certain():
    area, (low, high) = delong(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
    assert area == 1 and high == 1 and low < 0.5


def test_people_count_once_however_many_scans_they_have():
    mean, (low, high) = patient_bootstrap(np.array([1.0, 1.0, 1.0, 0.0]), np.array(["a", "a", "a", "b"]))
    assert mean == 0.5 and (low, high) == (0.0, 1.0)


def test_reliability_of_a_calibrated_forecast_lies_on_the_diagonal():
    random = np.random.default_rng(0)
    given = random.uniform(size=20_000)
    came = (random.uniform(size=given.size) < given).astype(float)
    for one in reliability(np.stack([1 - given, given], 1), np.stack([1 - came, came], 1)):
        assert one["true"] == pytest.approx(one["given"], abs=0.03)


def test_distances_are_to_other_patients():
    embeddings = np.array([[1.0, 0.0], [1.0, 0.001], [0.0, 1.0]])
    assert usual_distance(embeddings, np.array(["a", "a", "b"])) == pytest.approx(1.0, abs=0.01)
