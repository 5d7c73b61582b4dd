"""NIfTI in every honest and dishonest shape; geometry is compared with nibabel's and ITK's own."""

import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan


def itk_ras_affine(image: sitk.Image) -> np.ndarray:
    """Index → RAS, found by asking ITK where single voxels lie."""
    origin = np.array(image.TransformIndexToPhysicalPoint((0, 0, 0)))
    columns = [np.array(image.TransformContinuousIndexToPhysicalPoint(unit)) - origin for unit in np.eye(3).tolist()]
    affine = np.eye(4)
    affine[:3] = np.column_stack([*columns, origin])
    return np.diag([-1, -1, 1, 1]) @ affine


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64", "int64", ">i2", ">f4"])
def test_every_number_type_gives_the_same_float32_voxels(save_nifti, ramp, oblique_affine, dtype):
    scan = read_scan(save_nifti(ramp.astype(dtype), oblique_affine))
    assert scan.voxels.dtype == np.float32
    np.testing.assert_array_equal(scan.voxels, ramp)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_oblique_anisotropic_flipped_geometry_agrees_with_nibabel_and_itk(save_nifti, ramp, oblique_affine, name):
    path = save_nifti(ramp, oblique_affine, name)
    scan = read_scan(path)
    np.testing.assert_allclose(scan.affine, nib.load(path).affine, atol=1e-5)
    np.testing.assert_allclose(scan.affine, itk_ras_affine(sitk.ReadImage(str(path))), atol=1e-3)
    np.testing.assert_allclose(scan.spacing, [2.0, 2.5, 3.0], atol=1e-5)
    assert scan.name == "scan"
    assert scan.notes == ()


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_nifti_2_is_read_as_well(save_nifti, ramp, oblique_affine, name):
    scan = read_scan(save_nifti(ramp, oblique_affine, name, kind=nib.Nifti2Image))
    np.testing.assert_array_equal(scan.voxels, ramp)
    np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-12)


def test_a_header_and_image_pair_is_read_from_either_file(tmp_path, ramp, oblique_affine):
    nib.Nifti1Pair(ramp, oblique_affine).to_filename(tmp_path / "pair.img")
    for name in ("pair.hdr", "pair.img"):
        scan = read_scan(tmp_path / name)
        np.testing.assert_array_equal(scan.voxels, ramp)
        np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-5)
    (tmp_path / "pair.img").unlink()
    with pytest.raises(InputError, match=r"put 'pair\.img' beside it"):
        read_scan(tmp_path / "pair.hdr")


def test_slope_and_intercept_are_applied_as_nibabel_does(save_nifti, ramp):
    def scale(header):
        header["scl_slope"], header["scl_inter"] = 0.25, -3.0

    path = save_nifti(ramp, name="scaled.nii", edit=scale)
    scan = read_scan(path)
    np.testing.assert_allclose(scan.voxels, nib.load(path).get_fdata(), rtol=1e-6)
    assert scan.voxels.min() == -3.0


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf])
def test_a_meaningless_slope_leaves_the_values_as_they_are(save_nifti, ramp, slope):
    def scale(header):
        header["scl_slope"], header["scl_inter"] = slope, 5.0

    np.testing.assert_array_equal(read_scan(save_nifti(ramp, name="scaled.nii", edit=scale)).voxels, ramp)


def test_values_that_are_not_finite_are_replaced_and_noted(save_nifti, ramp):
    voxels = ramp.astype(np.float32)
    voxels[0, 0, 0], voxels[1, 0, 0], voxels[2, 0, 0] = np.nan, np.inf, -np.inf
    scan = read_scan(save_nifti(voxels))
    assert np.isfinite(scan.voxels).all()
    assert scan.voxels[1, 0, 0] == ramp.max()
    assert scan.voxels[0, 0, 0] == scan.voxels[2, 0, 0] == 1
    assert any(note.startswith("3 voxels that are not a number") for note in scan.notes)


def test_values_too_large_for_float32_do_not_become_infinite(save_nifti, ramp):
    voxels = ramp.astype(np.float64)
    voxels[0, 0, 0] = 1e300
    assert np.isfinite(read_scan(save_nifti(voxels)).voxels).all()


def test_an_image_without_a_single_number_is_refused(save_nifti):
    with pytest.raises(InputError, match="no finite voxel value"):
        read_scan(save_nifti(np.full((4, 4, 4), np.nan, np.float32)))


def test_a_single_slice_is_a_volume_of_one_slice(save_nifti, ramp):
    scan = read_scan(save_nifti(ramp[:, :, 0]))
    assert scan.shape == (7, 6, 1)
    np.testing.assert_array_equal(scan.voxels[..., 0], ramp[:, :, 0])


@pytest.mark.parametrize("tail", [(3,), (1, 3), (2, 2, 2)])
def test_of_several_time_points_the_first_is_used_and_noted(save_nifti, ramp, tail):
    series = ramp.reshape(*ramp.shape, *[1] * len(tail)) + 1000 * np.arange(np.prod(tail), dtype=np.int16).reshape(tail)
    scan = read_scan(save_nifti(series))
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert "the first time point is used" in scan.notes[0]


def test_a_fourth_dimension_of_one_is_no_matter(save_nifti, ramp):
    assert read_scan(save_nifti(ramp[..., None])).notes == ()


def test_a_constant_image_is_read_and_noted(save_nifti):
    scan = read_scan(save_nifti(np.full((4, 5, 6), 7, np.int16)))
    assert (scan.voxels == 7).all()
    assert "Every voxel has the same value" in scan.notes[0]


def test_a_complex_image_gives_its_magnitude(save_nifti, ramp):
    scan = read_scan(save_nifti((ramp * (3 + 4j)).astype(np.complex64)))
    np.testing.assert_allclose(scan.voxels, 5.0 * ramp, rtol=1e-6)
    assert "magnitude" in scan.notes[0]


def test_a_colour_image_gives_its_luminance(save_nifti, ramp):
    colour = np.zeros(ramp.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    colour["G"] = ramp
    scan = read_scan(save_nifti(colour))
    np.testing.assert_allclose(scan.voxels, 0.7152 * ramp, rtol=1e-5)
    assert "luminance" in scan.notes[0]


def _only_voxel_sizes(header, sizes, qform=0):
    header["sform_code"], header["qform_code"] = 0, qform
    header["pixdim"][1:4] = sizes


@pytest.mark.parametrize("size", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("qform", [0, 1])
def test_an_impossible_voxel_size_is_refused_with_the_axis_named(save_nifti, ramp, size, qform):
    path = save_nifti(ramp, name="bad.nii", edit=lambda header: _only_voxel_sizes(header, [1, 1, size], qform))
    with pytest.raises(InputError, match=r"voxel size of .* mm along axis 3; set the true spacing"):
        read_scan(path)


def test_an_impossible_voxel_size_does_not_matter_when_the_sform_is_good(save_nifti, ramp, oblique_affine):
    def spoil(header):
        header["pixdim"][1:4] = [0, np.nan, -1]

    scan = read_scan(save_nifti(ramp, oblique_affine, "spoiled.nii", edit=spoil))
    np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-5)


def test_negative_voxel_sizes_are_read_as_positive_and_noted(save_nifti, ramp):
    path = save_nifti(ramp, name="bad.nii", edit=lambda header: _only_voxel_sizes(header, [-1, -2, 3], 1))
    scan = read_scan(path)
    np.testing.assert_allclose(scan.spacing, [1, 2, 3])
    assert any("Negative voxel sizes" in note for note in scan.notes)


def test_a_single_slice_without_thickness_gets_one_millimetre(save_nifti, ramp):
    path = save_nifti(ramp[:, :, :1], name="flat.nii", edit=lambda header: _only_voxel_sizes(header, [2, 2, 0]))
    scan = read_scan(path)
    np.testing.assert_allclose(scan.spacing, [2, 2, 1])
    assert any("1 mm is assumed" in note for note in scan.notes)


def test_a_file_without_orientation_warns_of_left_and_right(save_nifti, ramp):
    path = save_nifti(ramp, name="bare.nii", edit=lambda header: _only_voxel_sizes(header, [1, 1, 2]))
    scan = read_scan(path)
    np.testing.assert_allclose(scan.affine, nib.load(path).affine)
    assert any("left and right may be swapped" in note for note in scan.notes)


def test_a_singular_sform_gives_way_to_the_qform(save_nifti, ramp, oblique_affine):
    def spoil(header):
        header["qform_code"] = 1
        header["srow_z"] = 0

    path = save_nifti(ramp, oblique_affine, "spoiled.nii", edit=spoil)
    scan = read_scan(path)
    np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-4)
    assert any("sform cannot be inverted" in note for note in scan.notes)


def _shift_qform(header):
    header["qform_code"] = 1
    header["qoffset_x"] += 25


def _mirror_qform(header):
    header["qform_code"] = 1
    header["pixdim"][0] *= -1


def test_disagreeing_sform_and_qform_are_noted_and_the_sform_is_used(save_nifti, ramp, oblique_affine):
    scan = read_scan(save_nifti(ramp, oblique_affine, "two.nii", edit=_shift_qform))
    np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-5)
    assert any("disagree by up to 25.0 mm" in note for note in scan.notes)


def test_a_mirrored_qform_is_noted_as_a_danger_to_sides(save_nifti, ramp, oblique_affine):
    scan = read_scan(save_nifti(ramp, oblique_affine, "two.nii", edit=_mirror_qform))
    assert any("mirror each other" in note for note in scan.notes)


def test_lengths_in_microns_become_millimetres(tmp_path, ramp):
    image = nib.Nifti1Image(ramp, np.diag([500.0, 500, 2000, 1]))
    image.header.set_xyzt_units("micron")
    image.to_filename(tmp_path / "mouse.nii")
    scan = read_scan(tmp_path / "mouse.nii")
    np.testing.assert_allclose(scan.spacing, [0.5, 0.5, 2.0])
    assert any("microns" in note for note in scan.notes)


def test_a_wrong_extension_does_not_matter_and_is_noted(save_nifti, ramp):
    path = save_nifti(ramp, name="scan.nii")
    wrong = path.rename(path.with_name("scan.nrrd"))
    scan = read_scan(wrong)
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert any("NIfTI despite its name" in note for note in scan.notes)


def test_a_gzip_that_is_plain_and_a_plain_file_that_is_gzip_are_read(save_nifti, ramp):
    plain = save_nifti(ramp, name="scan.nii")
    plain.with_name("zipped.nii").write_bytes(gzip.compress(plain.read_bytes()))
    plain.with_name("plain.nii.gz").write_bytes(plain.read_bytes())
    for name in ("zipped.nii", "plain.nii.gz"):
        np.testing.assert_array_equal(read_scan(plain.with_name(name)).voxels, ramp)
    assert "not compressed despite its name" in read_scan(plain.with_name("plain.nii.gz")).notes[0]


def test_real_scans_of_the_data_pack_agree_with_nibabel_and_itk(data_pack):
    for name in ("oasis-0040", "chaos-01", "acdc-010_ED", "hippocampus-006", "mialfetal-01r1"):
        path = data_pack / "images" / f"{name}.nii.gz"
        scan, by_nibabel, by_itk = read_scan(path), nib.load(path), sitk.ReadImage(str(path))
        np.testing.assert_allclose(scan.voxels, by_nibabel.get_fdata(dtype=np.float32), rtol=1e-6)
        np.testing.assert_allclose(scan.affine, by_nibabel.affine, atol=1e-6)
        np.testing.assert_allclose(scan.affine, itk_ras_affine(by_itk), atol=1e-2)
