"""What two scans' DICOM headers tell of a comparison: only what both of them state."""

import pytest
from pydicom.dataset import Dataset

from mrifoundation.tasks.report.prior_headers import PriorHeaders


def told(now, then):
    """Of two series that state these attributes."""
    series = []
    for stated in (now, then):
        header = Dataset()
        for keyword, value in stated.items():
            setattr(header, keyword, value)
        series.append([header])
    return PriorHeaders.of(*series)


@pytest.mark.parametrize(("then", "other"), [("4712", True), ("4711 ", False), ("", None)])
def test_only_two_stated_ids_that_differ_are_of_different_patients(then, other):
    assert told({"PatientID": "4711"}, {"PatientID": then}).other_patient is other


@pytest.mark.parametrize(("then", "later"), [("20240302", True), ("20240301", False), ("20230401", False), ("", None)])
def test_the_later_day_decides_which_scan_is_the_prior(then, later):
    assert told({"StudyDate": "20240301"}, {"StudyDate": then}).is_later is later


def test_the_day_of_the_images_comes_before_that_of_the_study_and_only_like_is_held_against_like():
    now = {"AcquisitionDate": "20240301", "StudyDate": "20240301"}
    assert told(now, {"AcquisitionDate": "20240201", "StudyDate": "20240501"}).is_later is False
    assert told(now, {"StudyDate": "20240501"}).is_later is True
    assert told({"AcquisitionDate": "20240301"}, {"StudyDate": "20240501"}).is_later is None


@pytest.mark.parametrize("odd", ["2024", "2024.03.02", "noon"])
def test_a_day_in_another_form_is_none(odd):
    now, then = Dataset(), Dataset()
    now.StudyDate = "20240301"
    then.add_new("StudyDate", "LO", odd)
    assert PriorHeaders.of([now], [then]).is_later is None


def test_scans_without_headers_tell_nothing():
    assert told({"PatientID": "4711"}, {}) == PriorHeaders() == PriorHeaders.of([], [Dataset()])
