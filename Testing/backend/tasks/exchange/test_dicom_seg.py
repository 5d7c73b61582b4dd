"""DICOM SEG: what is written, what others read, and what comes back."""

import numpy as np
import pydicom
import pytest
from mr_series import dice, write_series

from mrifoundation.tasks.exchange import Segment, export_segments, import_segments, read_source


@pytest.fixture
def written(source, segments, save):
    return save(export_segments("dicom-seg", segments, source.grid, source, "organs"), "seg")


def test_masks_come_back_as_they_were(written, source, segments):
    found = import_segments(written, source.grid)
    assert found.kind == "dicom-seg" and found.notes == ()
    assert [one.name for one in found.segments] == ["left kidney", "seroma near the clip"]
    assert [dice(one.mask, given.mask) for one, given in zip(found.segments, segments, strict=True)] == [1.0, 1.0]
    assert found.segments[1].colour == pytest.approx((12, 200, 33), abs=2)  # through CIELab


def test_without_a_scan_the_file_has_a_grid_of_its_own(written, segments):
    found = import_segments(written)
    for one, given in zip(found.segments, segments, strict=True):
        assert one.mask.sum() == given.mask.sum()


def test_its_frames_are_the_mask_on_the_referenced_images(written, series, segments):
    """Read with pydicom alone, frame by frame."""
    file, seen = pydicom.dcmread(written), np.zeros(2, int)
    images = {image.SOPInstanceUID: image for image in map(pydicom.dcmread, series.glob("*.dcm"))}
    numbers = {uid: int(image.InstanceNumber) - 1 for uid, image in images.items()}
    for pixels, group in zip(file.pixel_array, file.PerFrameFunctionalGroupsSequence, strict=True):
        uid = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        which = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1
        np.testing.assert_array_equal(pixels.T.astype(bool), segments[which].mask[:, :, numbers[uid]])
        place = group.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(np.array(place, float), np.array(images[uid].ImagePositionPatient, float), atol=1e-4)
        seen[which] += pixels.sum()
    assert seen.tolist() == [one.mask.sum() for one in segments]


def test_segments_are_coded_with_their_side(written, source):
    kidney, unknown = pydicom.dcmread(written).SegmentSequence
    (kind,) = kidney.SegmentedPropertyTypeCodeSequence
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("64033007", "SCT")
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    assert kidney.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert unknown.SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator == "99MRIFOUNDATION"


def test_it_belongs_to_the_patient_and_study_of_its_series(written, series):
    file, image = pydicom.dcmread(written), pydicom.dcmread(next(series.glob("*.dcm")))
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "AccessionNumber"):
        assert file[keyword].value == image[keyword].value
    assert file.ReferencedSeriesSequence[0].SeriesInstanceUID == image.SeriesInstanceUID


def test_the_validator_finds_no_error(written, errors_of):
    assert errors_of(written) == []


def test_slices_without_an_image_are_left_out(tmp_path, save):
    source = read_source(write_series(tmp_path / "gap", at=[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]))
    mask = np.zeros(source.grid.shape, bool)
    mask[10:30, 10:30, 3:10] = True
    made = export_segments("dicom-seg", [Segment("liver", mask)], source.grid, source)
    assert any("no image" in note for note in made.notes)
    (found,) = import_segments(save(made), source.grid).segments
    mask[:, :, 6] = False
    np.testing.assert_array_equal(found.mask, mask)


def test_a_de_identified_series_is_written_too(tmp_path, save, segments, errors_of):
    folder = write_series(tmp_path / "bare")
    for path in folder.glob("*.dcm"):
        image = pydicom.dcmread(path)
        for keyword in ("PatientName", "PatientBirthDate", "AccessionNumber", "StudyID", "StudyTime"):
            del image[keyword]
        image.save_as(path)
    source = read_source(folder)
    for kind in ("dicom-seg", "rtstruct"):
        assert errors_of(save(export_segments(kind, segments, source.grid, source), kind)) == []
