"""What makes a prior hard to compare is said in plain words: patient, part of the body, contrast, voxels."""

import numpy as np
import pytest

from mrifoundation import Scan
from mrifoundation.tasks.classify.sequence_guess import SequenceGuess
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.region import Regions
from mrifoundation.tasks.report import unlike_prior as module
from mrifoundation.tasks.report.compose import report
from mrifoundation.tasks.report.prior_headers import PriorHeaders
from mrifoundation.tasks.report.unlike_prior import unlike_prior


@pytest.fixture
def a_study(study):
    """a_study(spacing, region): as `study`, with another size of voxels or another part of the body."""

    def a_study(spacing=(1, 1, 1), regions=("abdomen",)):
        scan = Scan(np.ones((4, 4, 4)), np.diag([*spacing, 1.0]))
        made = Study(study.engine, (scan,), study.encodings)
        made.__dict__["regions"] = (Regions({region: (4, 4) for region in regions}, ()),)
        return made

    return a_study


def told(*arguments):
    return [sentence.text for sentence in unlike_prior(*arguments)]


def test_nothing_is_said_of_scans_that_are_alike(a_study):
    assert told(a_study(), a_study((1, 1, 1.9))) == []


@pytest.mark.parametrize("then", [(1.3, 1.3, 1.3), (0.5, 0.5, 3.0), (0.7, 0.7, 0.9)])
def test_a_voxel_or_a_slice_that_is_more_than_twice_as_large_is_said(a_study, then):
    (text,) = told(a_study(), a_study(then))
    spacing = " × ".join(f"{step:.2f}" for step in then)
    assert text == (
        f"The voxels of the two scans differ much: 1.00 × 1.00 × 1.00 mm now, {spacing} mm then, "
        "so part of any change may come from that."
    )


def test_another_part_of_the_body_is_said(a_study):
    (text,) = told(a_study(), a_study(regions=("knee",)))
    assert "the same part of the body: abdomen now, knee then." in text
    assert "none that was recognised then" in told(a_study(), a_study(regions=()))[0]


def test_of_hearts_the_beat_is_warned_of(a_study):
    (text,) = told(a_study(regions=("heart",)), a_study(regions=("heart",)))
    assert "same phase was not checked" in text


@pytest.mark.parametrize(("then", "agent", "words"), [("T2", False, "T2"), ("T1", True, "T1 with contrast agent")])
def test_another_contrast_is_said_as_a_guess(a_study, monkeypatch, then, agent, words):
    guesses = iter([SequenceGuess("T1", False, 0.95), SequenceGuess(then, agent, 0.9)])
    monkeypatch.setattr(module, "guess_sequence", lambda engine, encoding: next(guesses))
    (text,) = told(a_study(), a_study())
    assert f"most like T1 now, {words} then (guesses)" in text


def test_of_several_series_the_compared_one_is_named(a_study):
    one = a_study()
    two = Study(one.engine, one.scans * 2, one.encodings * 2)
    two.__dict__["regions"] = one.regions * 2
    assert told(two, one) == ["Of the series of this examination, series 1 is compared."]


def compared(study, **headers):
    sections = report(study, heads=[], prior=study, headers=PriorHeaders(**headers)).sections
    return next(one.sentences for one in sections if "prior" in one.title)


def test_another_patient_is_said_first_and_never_by_name(study):
    sentences = compared(study, other_patient=True)
    assert sentences[0].text.startswith("The DICOM headers of the two scans name different patients: make sure")
    assert sentences[0].facts == {"patients_differ": True}
    assert sentences[-1].text.startswith("That both scans are of the same person")


def test_a_prior_of_a_later_day_is_not_compared(study):
    (only,) = compared(study, is_later=True)
    assert only.text.startswith("Nothing is compared: by its DICOM headers the prior was made on a later day")
    assert only.facts == {"prior_is_later": True}
    both = compared(study, is_later=True, other_patient=True)
    assert [one.facts for one in both] == [{"patients_differ": True}, {"prior_is_later": True}]


@pytest.mark.parametrize(("is_later", "order"), [(None, ", and that the prior is the earlier one,"), (False, "")])
def test_what_no_header_tells_is_said_to_be_taken_as_given(study, is_later, order):
    expected = f"That both scans are of the same person{order} was taken as given."
    assert compared(study, is_later=is_later)[-1].text == expected
