"""Norms, and what can be said of a measurement that differs from theirs."""

import pytest

from mrifoundation.tasks.classify.head_files import find_head
from mrifoundation.tasks.measure.norms import Norm


@pytest.fixture
def norm():
    return Norm.load("nwbv")


@pytest.fixture
def shipped():
    """The card of the head that ships."""
    return find_head("dementia-like-atrophy").card


def test_brains_shrink_with_age(norm):
    assert norm.percentile(0.80, 80, "F") > norm.percentile(0.80, 60, "F") > norm.percentile(0.80, 40, "F")


def test_a_value_that_is_known_has_one_percentile(norm):
    told = norm.percentile(0.8, 70, "M")
    assert norm.percentiles((0.8, 0.8), 70, "M") == (told, told)


def test_the_percentile_of_the_published_value_lies_within_what_is_told_of_ours(norm, shipped):
    """Of the people whose brains others measured, too."""
    (nwbv,) = [one for one in shipped.figures["agreement"] if one["what"] == "nWBV"]
    assert len(nwbv["ours"]) >= 8
    for ours, theirs in zip(nwbv["ours"], nwbv["theirs"], strict=True):
        low, high = norm.percentiles(shipped.calibrations["nWBV"].interval(ours), 65, "F")
        assert low <= norm.percentile(theirs, 65, "F") <= high


def test_a_shrunken_brain_is_not_told_as_a_usual_one(norm, shipped):
    """Ours hardly moves where theirs does: a woman of 78 with a published 0.70 is measured at the line through all pairs."""
    (nwbv,) = [one for one in shipped.figures["agreement"] if one["what"] == "nWBV"]
    known, true = shipped.calibrations["nWBV"], 0.70
    mean = sum(nwbv["theirs"]) / len(nwbv["theirs"])
    ours = known.mean + nwbv["r"] ** 2 / known.slope * (true - mean)
    low, high = norm.percentiles(known.interval(ours), 78, "F")
    assert low <= norm.percentile(true, 78, "F") <= high
    assert norm.percentile(known.value(ours), 78, "F") < 25, "less the mean of the error it was at 80"
