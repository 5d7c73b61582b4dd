"""RTSTRUCT, on any plane: what is written, what others read, and what comes back."""

import numpy as np
import pydicom
import pytest
from mr_series import ball, dice, hard_mask, write_series
from pydicom.uid import ExplicitVRLittleEndian

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import Grid, Segment, export_segments, import_segments, read_source
from mrifoundation.volume import read_scan


@pytest.fixture
def written(series, source, segments, save):
    return save(export_segments("rtstruct", segments, source.grid, source, "organs"), "rtstruct")


def test_masks_come_back_as_they_were(written, source, segments):
    found = import_segments(written, source.grid)
    assert found.kind == "rtstruct" and found.notes == ()
    assert [one.name for one in found.segments] == ["Kidney_L", "seroma near the clip"]
    assert [dice(one.mask, given.mask) for one, given in zip(found.segments, segments, strict=True)] == [1.0, 1.0]


def test_contours_lie_in_the_planes_of_their_images(written, series):
    images = {image.SOPInstanceUID: image for image in map(pydicom.dcmread, series.glob("*.dcm"))}
    contours = [one for roi in pydicom.dcmread(written).ROIContourSequence for one in roi.ContourSequence]
    assert len(contours) > 20
    for contour in contours:
        image = images[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        assert contour.ContourGeometricType == "CLOSED_PLANAR" and contour.NumberOfContourPoints == len(points)
        row, column = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
        away = (points - np.array(image.ImagePositionPatient, float)) @ np.cross(row, column)
        assert np.abs(away).max() < 1e-3


def test_decimal_strings_have_at_most_16_characters(written):
    contours = [one for roi in pydicom.dcmread(written).ROIContourSequence for one in roi.ContourSequence]
    longest = max(len(part.original_string) for one in contours for part in one.ContourData)
    assert 3 < longest <= 16  # the strings as they are in the file, not as pydicom would write them again


def test_it_belongs_to_the_patient_and_study_of_its_series(written, series):
    structures, image = pydicom.dcmread(written), pydicom.dcmread(next(series.glob("*.dcm")))
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "AccessionNumber"):
        assert structures[keyword].value == image[keyword].value
    assert structures.SeriesInstanceUID != image.SeriesInstanceUID
    (frame,) = structures.ReferencedFrameOfReferenceSequence
    assert frame.FrameOfReferenceUID == image.FrameOfReferenceUID == structures.FrameOfReferenceUID
    (referenced,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == image.SeriesInstanceUID and len(referenced.ContourImageSequence) == 14


def test_known_names_are_told_in_tg_263_and_snomed(written):
    structures = pydicom.dcmread(written)
    assert [roi.ROIName for roi in structures.StructureSetROISequence] == ["Kidney_L", "seroma near the clip"]
    kidney, unknown = structures.RTROIObservationsSequence
    assert kidney.RTROIInterpretedType == "ORGAN" and unknown.RTROIInterpretedType == ""
    assert kidney.RTROIIdentificationCodeSequence[0].CodeValue == "64033007"
    assert structures.ROIContourSequence[1].ROIDisplayColor == [12, 200, 33]
    assert structures.ApprovalStatus == "UNAPPROVED"


def test_the_validator_finds_no_error(written, errors_of):
    assert errors_of(written) == []


def test_an_independent_reader_fills_the_same_voxels(written, series, source, segments, tmp_path, monkeypatch):
    monkeypatch.setattr(pydicom, "read_file", pydicom.dcmread, raising=False)  # its name before pydicom 3
    reader = pytest.importorskip("dcmrtstruct2nii", reason="needs the package dcmrtstruct2nii")
    reader.dcmrtstruct2nii(str(written), str(series), str(tmp_path / "read"))
    for name, given in zip(("Kidney_L", "seroma-near-the-clip"), segments, strict=True):
        (found,) = import_segments(tmp_path / "read" / f"mask_{name}.nii.gz", source.grid).segments
        assert dice(found.mask, given.mask) >= 0.99


def test_contours_of_one_series_come_onto_another_in_another_plane(tmp_path, save):
    here = read_source(
        write_series(tmp_path / "here", "oblique", (0.6, 0.6), 2.0, shape=(60, 60, 30), middle=(5, 9, -7))
    )
    there = read_source(
        write_series(tmp_path / "there", "sagittal", (1.0, 1.0), 1.0, shape=(90, 90, 60), middle=(5, 9, -7))
    )
    organ = ball((30, 30, 15), (20, 16, 9), here.grid.shape)
    file = save(export_segments("rtstruct", [Segment("liver", organ)], here.grid, here))
    (found,) = import_segments(file, there.grid).segments
    measured, expected = found.mask.sum() * there.grid.voxel_ml, organ.sum() * here.grid.voxel_ml
    assert measured == pytest.approx(expected, rel=0.02)
    middles = [grid.affine @ [*np.argwhere(m).mean(0), 1] for grid, m in ((here.grid, organ), (there.grid, found.mask))]
    np.testing.assert_allclose(middles[0], middles[1], atol=0.5)


def test_contours_on_every_second_slice_are_joined(tmp_path, save):
    fine = read_source(write_series(tmp_path / "fine", "axial", (0.8, 0.8), 1.5, shape=(60, 52, 28)))
    coarse = read_source(write_series(tmp_path / "coarse", "axial", (0.8, 0.8), 3.0))
    organ = ball((30, 25, 6), (20, 16, 5))
    file = save(export_segments("rtstruct", [Segment("liver", organ)], coarse.grid, coarse))
    (found,) = import_segments(file, fine.grid).segments
    assert found.mask.sum() * fine.grid.voxel_ml == pytest.approx(organ.sum() * coarse.grid.voxel_ml, rel=0.05)
    inside = np.flatnonzero(found.mask.any(axis=(0, 1)))
    assert np.array_equal(inside, np.arange(inside[0], inside[-1] + 1))


def test_slices_without_an_image_get_no_contour_and_that_is_said(tmp_path, save):
    source = read_source(write_series(tmp_path / "gap", at=[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]))
    assert source.grid.shape[2] == 15
    mask = np.zeros(source.grid.shape, bool)
    mask[10:30, 10:30, 3:10] = True
    made = export_segments("rtstruct", [Segment("liver", mask)], source.grid, source)
    assert any("no image" in note for note in made.notes)
    (found,) = import_segments(save(made), source.grid).segments
    mask[:, :, 6] = False
    np.testing.assert_array_equal(found.mask, mask)


def test_a_scan_that_is_not_dicom_is_refused_with_the_remedy(source, segments, series):
    with pytest.raises(InputError, match=r"not a DICOM series.*give the series.*or export NIfTI"):
        export_segments("rtstruct", segments, source.grid)


def test_another_series_is_refused(source, segments, tmp_path):
    other = read_source(write_series(tmp_path / "other", "axial", (2.0, 2.0), 2.5))
    with pytest.raises(InputError, match="not on the grid of the series"):
        export_segments("rtstruct", segments, source.grid, other)


def test_contours_of_another_frame_of_reference_are_said_to_be(written, source):
    assert import_segments(written, source.grid, source.frame_of_reference).notes == ()
    (note,) = import_segments(written, source.grid, "1.2.3").notes
    assert "another frame of reference" in note


def test_a_mask_whose_axes_are_turned_is_written_the_same(source, save):
    mask = hard_mask()
    turned = np.flip(mask.transpose(2, 0, 1), axis=2)
    affine = source.grid.affine[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += affine[:3, 2] * (turned.shape[2] - 1)
    affine[:3, 2] *= -1
    made = export_segments("rtstruct", [Segment("liver", turned)], Grid(turned.shape, affine), source)
    (found,) = import_segments(save(made), source.grid).segments
    np.testing.assert_array_equal(found.mask, mask)


def test_a_real_structure_set_keeps_its_volume_when_it_is_read_and_written_again(data_pack, save):
    folder = data_pack / "dicom" / "sarcoma_019"
    original, source = folder / "mask" / "RS.dcm", read_source(folder / "image")
    found = import_segments(original, source.grid)
    again = save(export_segments("rtstruct", found.segments, source.grid, source))
    assert [one.name for one in found.segments] == ["GTV_Mass_MR_T1"]
    assert _area(again) == pytest.approx(_area(original), rel=0.01)  # the slices are the same, so the volume is as well
    (read_again,) = import_segments(again, source.grid).segments
    np.testing.assert_array_equal(read_again.mask, found.segments[0].mask)
    scan = read_scan(folder / "image")
    assert scan.shape == source.grid.shape
    inside = found.segments[0].mask.sum() * scan.voxel_ml
    assert inside == pytest.approx(_area(original) * scan.spacing[2] / 1000, rel=0.01)


def _area(path) -> float:
    """mm² of all contours of a file that has neither holes nor overlaps."""
    total = 0.0
    for contour in (one for roi in pydicom.dcmread(path).ROIContourSequence for one in roi.ContourSequence):
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        points -= points[0]
        total += np.linalg.norm(np.cross(points, np.roll(points, -1, axis=0)).sum(0)) / 2
    return total


@pytest.mark.parametrize("drawn", [[2, 4, 6, 8, 9, 10], [2, 4, 6, 9, 11], [2, 3, 4, 6, 8, 10, 12], [2, 4, 6, 8]])
def test_contours_at_uneven_distances_lose_no_slice(tmp_path, save, drawn):
    """As planners draw them: on every second slice, and on its neighbour where the form changes."""
    source = read_source(write_series(tmp_path / "fine", "axial", (0.8, 0.8), 1.5, shape=(60, 52, 16)))
    organ = np.zeros(source.grid.shape, bool)
    organ[20:40, 15:35] = True  # a cylinder with straight sides
    kept = np.zeros_like(organ)
    kept[..., drawn] = organ[..., drawn]
    file = save(export_segments("rtstruct", [Segment("liver", kept)], source.grid, source), "uneven")
    (found,) = import_segments(file, source.grid).segments
    area = organ[..., 0].sum()
    per_slice = found.mask.sum(axis=(0, 1))
    assert per_slice[drawn[0] : drawn[-1] + 1].min() > 0.8 * area and per_slice.max() < 1.2 * area
    assert not per_slice[: drawn[0] - 1].any() and not per_slice[drawn[-1] + 2 :].any()


def test_two_names_of_one_organ_are_refused(source):
    both = [Segment(name, hard_mask()) for name in ("left kidney", "Kidney_L")]
    with pytest.raises(InputError, match="'left kidney' and 'Kidney_L' would both be called 'Kidney_L'"):
        export_segments("rtstruct", both, source.grid, source)


def test_organs_that_are_only_drawn_by_hand_and_targets_are_known_for_what_they_are(source, save):
    named = ("rectum", "femoral head left", "PTV_High", "gtvp", "seroma")
    segments = [Segment(name, hard_mask()) for name in named]
    structures = pydicom.dcmread(save(export_segments("rtstruct", segments, source.grid, source)))
    names = [roi.ROIName for roi in structures.StructureSetROISequence]
    seen = structures.RTROIObservationsSequence
    assert names[0] == "Rectum" and names[2:] == list(named[2:])
    assert seen[0].RTROIIdentificationCodeSequence[0].CodeValue == "34402009"
    assert [one.RTROIInterpretedType for one in seen][::2] == ["ORGAN", "PTV", ""]
    assert seen[3].RTROIInterpretedType == "GTV"
    assert len({tuple(item.ROIDisplayColor) for item in structures.ROIContourSequence}) >= 2


def test_a_contour_of_more_than_64_kb_comes_back(tmp_path, save, errors_of):
    """A comb with ragged teeth: its outline has more points than a file that states its types can say the length of."""
    source = read_source(write_series(tmp_path / "fine", shape=(512, 512, 3), pixel=(0.4, 0.4)))
    mask = np.zeros(source.grid.shape, bool)
    mask[20:120, 30:480:4, 1] = mask[20, 30:480, 1] = mask[22:120:2, 31:480:4, 1] = True
    file = save(export_segments("rtstruct", [Segment("cortex", mask)], source.grid, source))
    longest = max((one.ContourData for one in pydicom.dcmread(file).ROIContourSequence[0].ContourSequence), key=len)
    assert sum(len(part.original_string) + 1 for part in longest) > 65_536
    assert errors_of(file) == []
    (found,) = import_segments(file, source.grid).segments
    np.testing.assert_array_equal(found.mask, mask)
    stated = pydicom.dcmread(file)  # as others write it: the type of such a long value is then called unknown
    stated.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stated.save_as(tmp_path / "stated.dcm")
    (found,) = import_segments(tmp_path / "stated.dcm", source.grid).segments
    np.testing.assert_array_equal(found.mask, mask)
