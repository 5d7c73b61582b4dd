"""DICOM series: geometry beside GDCM's own, choice of series, gaps, duplicates, enhanced files, privacy."""

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume import list_series, read_scan

SECRETS = ("meier", "anna", "4711", "19610203", "20240506")


@pytest.fixture
def planes(ramp) -> np.ndarray:
    """Five slices [slice, row, column]; read back as ramp[column, row, slice]."""
    return np.ascontiguousarray(ramp.T)


def by_gdcm(folder) -> tuple[np.ndarray, np.ndarray]:
    """Voxels [i, j, k] and RAS affine of the only series of a folder, through ITK alone."""
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    lps[:3, 3] = image.GetOrigin()
    return sitk.GetArrayFromImage(image).T, np.diag([-1, -1, 1, 1]) @ lps


def test_voxels_and_geometry_agree_with_gdcm(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes)
    scan = read_scan(tmp_path / "a")
    voxels, affine = by_gdcm(tmp_path / "a")
    np.testing.assert_array_equal(scan.voxels, voxels)
    np.testing.assert_array_equal(scan.voxels, ramp)
    np.testing.assert_allclose(scan.affine, affine, atol=1e-6)
    np.testing.assert_allclose(scan.spacing, [0.75, 0.5, 2.0])
    assert scan.name == "T1 axial (series 3)"
    assert scan.notes == ()


def test_an_oblique_series_whose_files_are_out_of_order_agrees_with_gdcm(tmp_path, save_slices, planes):
    row, column = np.array([0.8, 0.6, 0.0]), np.array([-0.48, 0.64, 0.6])
    step = 1.7 * np.cross(row, column)
    save_slices(tmp_path / "a", planes, step=step, at=[3, 0, 4, 1, 2], ImageOrientationPatient=[*row, *column])
    scan = read_scan(tmp_path / "a")
    voxels, affine = by_gdcm(tmp_path / "a")
    np.testing.assert_array_equal(scan.voxels, voxels)
    np.testing.assert_allclose(scan.affine, affine, atol=1e-4)


def test_slices_that_lean_keep_their_lean(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes, step=(0.0, 0.5, 2.0))
    np.testing.assert_allclose(read_scan(tmp_path / "a").affine[:3, 2], [0.0, -0.5, 2.0], atol=1e-6)


def test_every_slice_is_rescaled_by_its_own_slope(tmp_path, save_slices, planes, ramp):
    slopes = {number: 1.0 + number / 2 for number in range(5)}
    save_slices(tmp_path / "a", planes, RescaleSlope=slopes, RescaleIntercept=-10)
    np.testing.assert_allclose(read_scan(tmp_path / "a").voxels, ramp * (1 + np.arange(5) / 2) - 10, rtol=1e-6)


def test_of_several_series_the_largest_is_read_and_named_with_the_others(tmp_path, save_slices, planes):
    save_slices(tmp_path / "study" / "one", planes[:3], SeriesDescription="T2 sagittal", SeriesNumber=2)
    save_slices(tmp_path / "study" / "two", planes)
    scan = read_scan(tmp_path / "study")
    assert scan.shape[2] == 5
    assert scan.notes == (
        "2 series were found: 'T1 axial (series 3)', 5 images is used. Others: 'T2 sagittal (series 2)', 3 images.",
    )
    assert [(series.description, series.images) for series in list_series(tmp_path / "study")] == [
        ("T1 axial", 5),
        ("T2 sagittal", 3),
    ]


def test_a_localizer_loses_even_when_it_has_more_images(tmp_path, save_slices, planes):
    save_slices(tmp_path / "loc", planes, SeriesDescription="3-plane localizer", SeriesNumber=1)
    save_slices(
        tmp_path / "type",
        planes,
        SeriesDescription="plan",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        SeriesNumber=2,
    )
    save_slices(tmp_path / "t1", planes[:2])
    assert read_scan(tmp_path).name == "T1 axial (series 3)"


def test_a_series_is_chosen_by_uid_description_or_part_of_it(tmp_path, save_slices, planes):
    uid = save_slices(tmp_path / "one", planes[:3], SeriesDescription="T2 sagittal", SeriesNumber=2)
    save_slices(tmp_path / "two", planes)
    for wanted in (uid, "T2 sagittal", "t2 SAGITTAL", "sagit", "T2 sagittal (series 2)"):
        assert read_scan(tmp_path, series=wanted).shape[2] == 3
    with pytest.raises(InputError, match="No series fit 'FLAIR'; choose one of these"):
        read_scan(tmp_path, series="FLAIR")
    with pytest.raises(InputError, match="2 series fit"):
        read_scan(tmp_path, series="a")


def test_one_file_of_a_series_stands_for_the_whole(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes)
    scan = read_scan(tmp_path / "a" / "002.dcm")
    assert scan.shape[2] == 5
    assert "The whole series of the file is read: 5 images" in scan.notes[0]


def test_a_single_slice_gets_its_thickness(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes[:1], SliceThickness=4.5)
    scan = read_scan(tmp_path / "a")
    assert scan.shape == (7, 6, 1)
    np.testing.assert_allclose(scan.spacing[2], 4.5)


def test_missing_slices_are_noted_and_the_others_stay_where_they_were(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes[[0, 1, 4]], at=[0, 1, 4])
    save_slices(tmp_path / "b", np.concatenate([planes, planes + 500])[:8], at=[0, 1, 2, 3, 5, 6, 7, 8])
    with_gap = read_scan(tmp_path / "b")
    assert with_gap.shape[2] == 9
    assert with_gap.notes == ("1 slice is missing (the usual distance is 2.00 mm) and filled in from the neighbours.",)
    np.testing.assert_allclose(with_gap.spacing[2], 2.0)
    np.testing.assert_array_equal(with_gap.voxels[:, :, :4], ramp[:, :, :4])
    np.testing.assert_allclose(with_gap.voxels[:, :, 4], (ramp[:, :, 3] + ramp[:, :, 4]) / 2)
    np.testing.assert_array_equal(with_gap.voxels[:, :, 5], ramp[:, :, 4])


def test_a_slice_that_lies_a_little_off_is_noted_as_uneven(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes, at=[0, 1, 2.3, 3, 4])
    scan = read_scan(tmp_path / "a")
    assert scan.shape[2] == 5
    assert "not evenly spaced (1.40 to 2.60 mm)" in scan.notes[0]


def test_duplicate_slices_are_left_out_and_noted(tmp_path, save_slices, planes, ramp):
    uid = save_slices(tmp_path / "a", planes)
    save_slices(tmp_path / "a", planes[[2]], at=[2], prefix="copy", SeriesInstanceUID=uid)
    scan = read_scan(tmp_path / "a")
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert scan.notes == ("Images at the position of another one (duplicates) were left out: 1.",)


def test_of_several_echoes_the_first_is_used_and_noted(tmp_path, save_slices, planes, ramp):
    uid = save_slices(tmp_path / "a", planes + 500, EchoTime=90.0)
    save_slices(tmp_path / "a", planes, prefix="second", SeriesInstanceUID=uid, EchoTime=10.0)
    scan = read_scan(tmp_path / "a")
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert "2 images lie at every position" in scan.notes[0]


def test_of_mixed_orientations_the_largest_set_is_used_and_noted(tmp_path, save_slices, planes):
    uid = save_slices(tmp_path / "a", planes[:3])
    sagittal = [0, 1, 0, 0, 0, -1]
    save_slices(
        tmp_path / "a",
        planes[:2],
        step=(3, 0, 0),
        prefix="sag",
        SeriesInstanceUID=uid,
        ImageOrientationPatient=sagittal,
    )
    scan = read_scan(tmp_path / "a")
    assert scan.shape[2] == 3
    assert scan.notes == ("The series mixes 2 orientations or image sizes; the largest set (3 of 5 images) is used.",)


def test_slices_too_far_apart_to_be_one_volume_are_refused(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes, at=[0, 1, 2, 3, 4000])
    with pytest.raises(InputError, match="too far apart"):
        read_scan(tmp_path / "a")


@pytest.mark.parametrize("spacing", [None, [0, 1], [float("nan"), 1.0]])
def test_a_series_without_pixel_spacing_is_refused(tmp_path, save_slices, planes, spacing):
    save_slices(tmp_path / "a", planes, PixelSpacing=spacing)
    with pytest.raises(InputError, match="no usable pixel spacing"):
        read_scan(tmp_path / "a")


def test_a_series_without_position_is_stacked_by_number_with_a_warning(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes, ImageOrientationPatient=None)
    scan = read_scan(tmp_path / "a")
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert any("left and right may be swapped" in note for note in scan.notes)


def test_an_enhanced_file_is_read_in_the_order_of_its_positions_with_each_frames_own_slope(
    tmp_path, save_enhanced, planes, ramp
):
    order = [3, 0, 4, 1, 2]
    save_enhanced(
        tmp_path / "enhanced.dcm", planes[order], heights=[3.0 * place for place in order], slopes=[1, 2, 3, 4, 5]
    )
    scan = read_scan(tmp_path / "enhanced.dcm")
    slope_of_slice = np.array([2, 4, 5, 1, 3])
    np.testing.assert_allclose(scan.voxels, ramp * slope_of_slice)
    np.testing.assert_allclose(scan.affine, [[-0.75, 0, 0, 4], [0, -0.5, 0, 5], [0, 0, 3, 0], [0, 0, 0, 1]])
    assert scan.name == "enhanced T2 (series 3)"


def test_compressed_slices_are_decoded(tmp_path, ramp):
    image = sitk.GetImageFromArray(
        np.ascontiguousarray(np.kron(ramp[:, :, :1], np.ones((8, 8, 1), np.int16)).T.astype(np.uint16))
    )
    sitk.WriteImage(image, str(tmp_path / "small.dcm"), True, compressor="JPEG2000", compressionLevel=0)
    assert pydicom.dcmread(tmp_path / "small.dcm").file_meta.TransferSyntaxUID.is_compressed
    scan = read_scan(tmp_path / "small.dcm")
    np.testing.assert_array_equal(scan.voxels, sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "small.dcm"))).T)
    assert scan.voxels.max() == ramp[:, :, 0].max()


def test_inverted_grey_is_turned_round(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes[:1], PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(read_scan(tmp_path / "a").voxels[..., 0], 65535 - ramp[:, :, 0].astype(int))


def test_a_mosaic_is_refused_with_the_tool_that_helps(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])
    with pytest.raises(InputError, match="convert it with dcm2niix"):
        read_scan(tmp_path / "a")


def test_a_file_cut_short_is_refused_in_one_sentence(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", np.kron(planes, np.ones((1, 16, 16), np.int16)))
    cut = tmp_path / "a" / "002.dcm"
    cut.write_bytes(cut.read_bytes()[:-9000])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_scan(tmp_path / "a")


def test_a_file_whose_attributes_make_no_sense_is_not_an_image(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes)
    content = (tmp_path / "a" / "000.dcm").read_bytes()
    (tmp_path / "a" / "odd.dcm").write_bytes(content.replace(b"\x20\x00\x13\x00IS", b"\x20\x00\x13\x00I>"))
    np.testing.assert_array_equal(read_scan(tmp_path / "a").voxels, ramp)
    assert [series.images for series in list_series(tmp_path / "a")] == [5]


def test_a_file_cut_inside_its_header_is_not_an_image(tmp_path, save_slices, planes, ramp):
    save_slices(tmp_path / "a", planes)
    (tmp_path / "a" / "junk.dcm").write_bytes((tmp_path / "a" / "000.dcm").read_bytes()[:400])
    np.testing.assert_array_equal(read_scan(tmp_path / "a").voxels, ramp)


def test_a_series_beyond_the_budget_is_refused_before_its_pixels_are_read(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes, Rows=60000, Columns=60000)
    with pytest.raises(InputError, match="60000 × 60000 × 5 voxels"):
        read_scan(tmp_path / "a")


def test_a_file_that_claims_millions_of_frames_is_refused_before_they_are_listed(tmp_path, save_slices, planes):
    save_slices(tmp_path / "a", planes[:1], NumberOfFrames=2_000_000_000, ImagePositionPatient=[0, 0, 0])
    with pytest.raises(InputError, match="7 × 6 × 2000000000 voxels"):
        read_scan(tmp_path / "a")


def test_names_numbers_and_dates_of_the_patient_never_come_out(tmp_path, save_slices, planes):
    save_slices(tmp_path / "x" / "a", planes, SeriesDescription="MEIER Anna 4711-88 T1 06.05.2024 20240506")
    save_slices(tmp_path / "x" / "b", planes[:2], SeriesDescription="anna_meier^T2", SeriesNumber=9)
    scan = read_scan(tmp_path / "x")
    seen = " ".join([scan.name, *scan.notes, *(series.title for series in list_series(tmp_path / "x"))]).lower()
    assert scan.name == "T1 (series 3)"
    assert "t2 (series 9)" in seen
    assert not [secret for secret in (*SECRETS, "06.05.2024") if secret in seen]


def test_real_series_agree_with_gdcm(data_pack):
    for folder, images in ((data_pack / "dicom/knee_mese_echo2", 24), (data_pack / "dicom/sarcoma_019/image", 47)):
        scan = read_scan(folder)
        voxels, affine = by_gdcm(folder)
        assert scan.shape[2] == images
        np.testing.assert_array_equal(scan.voxels, voxels)
        np.testing.assert_allclose(scan.affine, affine, atol=1e-4)
        assert scan.notes == ()


def test_contours_beside_a_real_series_are_passed_over(data_pack):
    scan = read_scan(data_pack / "dicom/sarcoma_019")
    assert scan.shape == (112, 110, 47)
    assert "019" not in scan.name
    with pytest.raises(InputError, match="holds no image"):
        read_scan(data_pack / "dicom/sarcoma_019/mask/RS.dcm")
