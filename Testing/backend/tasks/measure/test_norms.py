"""Norms, and what can be said of a measurement that differs from theirs."""

import pytest

from mrifoundation.tasks.classify.head_files import list_heads
from mrifoundation.tasks.measure.norms import Norm


@pytest.fixture
def norm():
    return Norm.load("nwbv")


def test_brains_shrink_with_age(norm):
    assert norm.percentile(0.80, 80, "F") > norm.percentile(0.80, 60, "F") > norm.percentile(0.80, 40, "F")


def test_without_an_error_there_is_one_percentile(norm):
    told = norm.percentile(0.8, 70, "M")
    assert norm.percentiles(0.8, 70, "M", (0.0, 0.0)) == (told, told)


def test_the_percentile_of_the_published_value_lies_within_what_is_told_of_ours(norm):
    """Of the people whose brains others measured, too: ours is larger, so one percentile of it would call atrophy normal."""
    (card,) = [card for card in list_heads() if card.name == "dementia-like-atrophy"]
    error = card.gate["measurement_error"]["nWBV"]
    (nwbv,) = [one for one in card.figures["agreement"] if one["what"] == "nWBV"]
    assert len(nwbv["ours"]) >= 8
    for ours, theirs in zip(nwbv["ours"], nwbv["theirs"], strict=True):
        low, high = norm.percentiles(ours, 65, "F", tuple(error))
        assert low <= norm.percentile(theirs, 65, "F") <= high
