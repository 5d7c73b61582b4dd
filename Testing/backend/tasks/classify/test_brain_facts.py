"""What is told of a brain's share, its ventricles and its hippocampi."""

from types import SimpleNamespace

import pytest

from mrifoundation.tasks.classify.brain_facts import Person, brain_caution, brain_evidence
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.measure.brain_tissue import BrainShare
from mrifoundation.tasks.measure.calibration import Calibration

BOTH = {
    "left hippocampus": 3.0,
    "right hippocampus": 2.5,
    "left lateral ventricle": 20.0,
    "right lateral ventricle": 22.0,
}
WOMAN = Person(78, "F")
PLAIN = HeadCard("brain", "Brain", "", ())


@pytest.fixture
def calibrated():
    """A card whose people had values of ours between 0.84 and 0.87."""
    known = Calibration.fit([0.84, 0.85, 0.86, 0.87], [0.77, 0.79, 0.82, 0.84])
    error = {"bias": -125.0, "low": -206.0, "high": -43.0, "people": 8}
    figures = {"measurements": {"intracranial volume": error}}
    return HeadCard("brain", "Brain", "", (), gate={"calibration": {"nWBV": known.to_dict()}}, figures=figures)


def told(card, nwbv=0.85, volumes=BOTH, stripped=True):
    found = SimpleNamespace(ml=lambda *names: sum(volumes.get(name, 0.0) for name in names))
    return brain_evidence(BrainShare(nwbv, 1000.0, 1200.0, True), found, stripped, WOMAN, card)


def test_the_share_is_told_as_the_published_value_that_it_stands_for(calibrated):
    fact = told(calibrated)[0]
    assert fact.value == pytest.approx(calibrated.calibrations["nWBV"].value(0.85), abs=1e-3)
    assert "stands for a published value of 0.79" in fact.sentence and "percentile" in fact.sentence
    assert fact.norm.startswith("0.750 ±"), "of the same way of measuring as the value"


def test_the_error_of_the_intracranial_volume_stands_beside_it(calibrated):
    assert "-206 to -43 mL (95 %, 8 people)" in told(calibrated)[0].sentence


def test_without_a_calibration_no_percentile_is_told():
    fact = told(PLAIN)[0]
    assert fact.value == 0.85 and fact.norm == "" and fact.percentile is None
    assert "not known with these weights" in fact.sentence and "0.85" in fact.sentence


def test_a_brain_like_none_that_was_compared_is_extrapolated(calibrated):
    share = BrainShare(0.82, 1000.0, 1200.0, True)
    caution = brain_caution(share, True, calibrated)
    assert "0.820 stands for is extrapolated" in caution and caution in told(calibrated, nwbv=0.82)[0].sentence
    assert brain_caution(BrainShare(0.85, 1000.0, 1200.0, True), True, calibrated) == ""


def test_a_whole_head_is_unlike_the_skull_stripped_ones_that_were_compared(calibrated):
    assert "skull-stripped and this one is not" in brain_caution(BrainShare(0.85, 1000, 1200, True), False, calibrated)
    assert brain_caution(BrainShare(0.82, 1000, 1200, True), False, PLAIN) == ""


def test_a_pair_of_which_one_side_was_found_is_told_as_that_side():
    sentences = {fact.what: fact.sentence for fact in told(PLAIN, volumes=BOTH | {"right hippocampus": 0.0})}
    assert sentences["left hippocampus"].startswith("The left hippocampus measures 3.0 mL")
    assert sentences["left hippocampus"].endswith("the right one was not found.") and "hippocampi" not in sentences
    assert sentences["lateral ventricles"].startswith("The lateral ventricles measure 42.0 mL")
    assert [fact.what for fact in told(PLAIN, volumes={})] == ["brain share of the intracranial volume"]
