"""The interval holds the truth about as often as it says, and counts subjects, not scans."""

import math

import numpy as np
import pytest

from mrifoundation_training.evaluation.bootstrap import subject_bootstrap


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        values = {str(subject): [value] for subject, value in enumerate(rng.normal(0.8, 0.1, size=30))}
        interval = subject_bootstrap(values, resamples=400, seed=trial)
        covered += interval.low <= 0.8 <= interval.high
    assert 0.89 <= covered / 300 <= 0.99


def test_its_width_is_that_of_the_normal_approximation_for_many_subjects():
    values = np.random.default_rng(1).normal(0.5, 0.2, size=400)
    interval = subject_bootstrap({str(n): [value] for n, value in enumerate(values)})
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.06)


def test_repeated_scans_of_a_subject_do_not_make_it_surer():
    once = subject_bootstrap({"a": [0.2], "b": [0.8], "c": [0.5]})
    often = subject_bootstrap({"a": [0.2] * 50, "b": [0.8], "c": [0.5] * 10})
    assert (often.mean, often.low, often.high) == pytest.approx((once.mean, once.low, once.high))
    assert (once.subjects, often.subjects, once.scans, often.scans) == (3, 3, 3, 61)


def test_the_same_values_give_the_same_interval_in_any_order():
    values = {"a": [0.2], "b": [0.8], "c": [0.5, 0.7]}
    assert subject_bootstrap(values) == subject_bootstrap(dict(reversed(values.items())))


def test_values_that_do_not_exist_are_left_out():
    interval = subject_bootstrap({"a": [0.5, math.nan], "b": [math.nan], "c": [0.7]})
    assert (interval.mean, interval.subjects, interval.scans) == (pytest.approx(0.6), 2, 2)


def test_one_subject_has_no_interval_and_none_has_no_mean():
    one, none = subject_bootstrap({"a": [0.4, 0.6]}), subject_bootstrap({"a": [math.nan]})
    assert one.mean == pytest.approx(0.5)
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert math.isnan(none.mean)
    assert none.subjects == none.scans == 0
