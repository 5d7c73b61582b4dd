"""Precision and its chance, each against a case worked out by hand."""

import numpy as np
import pytest

from mrifoundation_training.evaluation.retrieval_measures import precision_at, standardised


def circle(*degrees):
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def test_precision_counts_the_nearest_of_other_subjects():
    # a asks: its own subject's row at 1° does not count; nearest others are b (brain, 10°) and c (knee, 20°).
    vectors = circle(0, 1, 10, 20, 90)
    labels, subjects = ["brain", "brain", "brain", "knee", "knee"], ["s", "s", "t", "u", "v"]
    found = precision_at(vectors, labels, subjects, k=2, asking=[True, False, False, False, False])
    assert (found.value.mean, found.queries, found.best) == (0.5, 1, 0.5)
    assert found.chance == pytest.approx(1 / 3)


def test_unknown_labels_neither_ask_nor_are_right():
    found = precision_at(circle(0, 5, 10), ["brain", None, "brain"], ["s", "t", "u"], k=1)
    assert found.queries == 2 and found.value.mean == 0.0


def test_a_label_that_no_other_subject_has_cannot_ask():
    assert precision_at(circle(0, 5), ["brain", "knee"], ["s", "t"]).queries == 0


def test_each_subject_and_each_label_counts_once():
    vectors = circle(0, 1, 40, 41, 80, 81)
    labels = ["a", "a", "a", "a", "b", "b"]
    found = precision_at(vectors, labels, ["s", "s", "s", "t", "u", "v"], k=1)
    by_row = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert found.value.mean == np.mean(by_row) and found.value.subjects == 4 and found.macro == 1.0


def test_chance_is_what_random_vectors_reach_where_some_people_have_more_scans():
    """A person of many scans, most of whose likes are that person's own, counts once in both."""
    labels = ["a"] * 12 + ["b"] * 6
    subjects = ["s"] * 9 + ["t", "u", "v"] + ["w", "x", "y", "z", "z", "z"]
    rng, reached = np.random.default_rng(0), []
    for _ in range(300):
        vectors = rng.normal(size=(18, 8))
        found = precision_at(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels, subjects, k=3)
        reached.append(found.value.mean)
    assert found.chance == pytest.approx(np.mean(reached), abs=0.02)


def test_a_ranking_is_never_better_than_the_best_one():
    found = precision_at(circle(0, 5, 10), ["a"] * 3, ["s", "t", "u"], k=5)
    assert found.value.mean == found.best == 1.0


def test_standardised_columns_weigh_the_same_whatever_their_unit():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_allclose(standardised(rows), standardised(rows * [1, 1000, 0.01] + 7), atol=1e-9)
