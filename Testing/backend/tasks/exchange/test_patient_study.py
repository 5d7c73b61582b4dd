"""What DICOM exports take over of patient and study, where a series states it oddly."""

import io

import numpy as np
import pydicom
import pytest
from mr_series import hard_mask, write_series
from pydicom.dataset import Dataset

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import Segment, export_segments, read_source
from mrifoundation.tasks.exchange.exporting import DICOM

ODD = [
    {"PatientSex": "male"},
    {"PatientSex": "f"},
    {"PatientBirthDate": "1961"},
    {"StudyDate": "20240199"},
    {"StudyTime": "noon"},
]


@pytest.fixture
def made(tmp_path):
    """made(kind, **attributes): an export of a kidney on a series that states these."""

    def made(kind, **attributes):
        source = read_source(write_series(tmp_path / f"{kind}-series", **attributes))
        return export_segments(kind, [Segment("left kidney", hard_mask())], source.grid, source)

    return made


def document_of(made):
    return pydicom.dcmread(io.BytesIO(made.content))


@pytest.mark.parametrize("kind", DICOM)
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_value_that_dicom_does_not_allow_is_left_empty_and_that_is_said(made, save, errors_of, kind, odd):
    exported = made(kind, **odd)
    [(keyword, value)] = odd.items()
    document = document_of(exported)
    assert document.PatientID == "4711-88" and not document.get(keyword)
    [note] = exported.notes
    assert keyword in note and value not in note.split()
    assert errors_of(save(exported)) == []


@pytest.mark.parametrize("kind", DICOM)
def test_a_date_of_before_dicom_3_is_written_as_today(made, kind):
    exported = made(kind, PatientBirthDate="1961.02.03")
    assert document_of(exported).PatientBirthDate == "19610203" and exported.notes == ()


@pytest.mark.parametrize("kind", DICOM)
@pytest.mark.parametrize("character_set", [["", "ISO 2022 IR 87"], "ISO_IR 100"], ids=str)
def test_names_stay_what_they_are_in_whatever_letters(made, save, errors_of, kind, character_set):
    name = "Müller^Änne" if character_set == "ISO_IR 100" else "Yamada^Tarou=山田^太郎"
    exported = made(kind, SpecificCharacterSet=character_set, PatientName=name)
    assert document_of(exported).PatientName == name
    assert errors_of(save(exported)) == []


def deidentified_by_codes():
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = "113100", "DCM"
    item.CodeMeaning = "Basic Application Confidentiality Profile"
    return {"PatientIdentityRemoved": "YES", "DeidentificationMethodCodeSequence": [item]}


@pytest.mark.parametrize("kind", DICOM)
def test_how_the_identity_was_removed_is_told_in_codes_too(made, save, errors_of, kind):
    exported = made(kind, **deidentified_by_codes())
    document = document_of(exported)
    assert document.PatientIdentityRemoved == "YES" and exported.notes == ()
    assert [item.CodeValue for item in document.DeidentificationMethodCodeSequence] == ["113100"]
    assert errors_of(save(exported)) == []


@pytest.mark.parametrize("kind", DICOM)
def test_an_identity_that_was_removed_in_no_stated_way_is_not_said_to_be(made, save, errors_of, kind):
    exported = made(kind, PatientIdentityRemoved="YES")
    assert "PatientIdentityRemoved" not in document_of(exported)
    assert "PatientIdentityRemoved" in exported.notes[0]
    assert errors_of(save(exported)) == []


@pytest.mark.parametrize("kind", DICOM)
def test_what_lies_only_where_there_is_no_image_is_left_out_by_name(tmp_path, save, errors_of, kind):
    source = read_source(write_series(tmp_path / "gap", at=[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]))
    liver, unseen = np.zeros((2, *source.grid.shape), bool)
    liver[10:30, 10:30, 3:6] = unseen[20:24, 20:24, 6] = True
    segments = [Segment("liver", liver), Segment("spleen", unseen)]
    exported = export_segments(kind, segments, source.grid, source)
    assert [note for note in exported.notes if "'spleen'" in note and "not in the file" in note]
    document = document_of(exported)
    told = document.StructureSetROISequence if kind == "rtstruct" else document.SegmentSequence
    assert len(told) == 1 and errors_of(save(exported)) == []
    with pytest.raises(InputError, match=r"no image: 'spleen'.*export NIfTI"):
        export_segments(kind, segments[1:], source.grid, source)


def test_both_kidneys_are_told_apart_by_the_code_of_their_side(tmp_path, save, errors_of):
    source = read_source(write_series(tmp_path / "series"))
    segments = [Segment(name, hard_mask()) for name in ("left kidney", "right kidney", "liver")]
    exported = export_segments("rtstruct", segments, source.grid, source)
    codes = [one.RTROIIdentificationCodeSequence[0] for one in document_of(exported).RTROIObservationsSequence]
    sides = [
        [side.CodeMeaning for side in code.get("SegmentedPropertyTypeModifierCodeSequence") or ()] for code in codes
    ]
    assert codes[0].CodeValue == codes[1].CodeValue and sides == [["Left"], ["Right"], []]
    assert errors_of(save(exported)) == []
