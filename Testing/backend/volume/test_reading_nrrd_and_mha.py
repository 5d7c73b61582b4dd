"""NRRD and MetaImage, compared with SimpleITK's own geometry."""

import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan


@pytest.fixture
def oblique_image(ramp, oblique_affine) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(ramp.T))
    lps = np.diag([-1, -1, 1, 1]) @ oblique_affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


@pytest.mark.parametrize("name", ["scan.nrrd", "scan.nhdr", "scan.mha", "scan.mhd"])
@pytest.mark.parametrize("compressed", [True, False])
def test_voxels_and_oblique_geometry_survive(tmp_path, oblique_image, ramp, oblique_affine, name, compressed):
    sitk.WriteImage(oblique_image, str(tmp_path / name), useCompression=compressed)
    scan = read_scan(tmp_path / name)
    np.testing.assert_array_equal(scan.voxels, ramp)
    np.testing.assert_allclose(scan.affine, oblique_affine, atol=1e-6)
    assert scan.name == "scan"
    assert scan.notes == ()


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_the_content_decides_not_the_name(tmp_path, oblique_image, ramp, suffix):
    sitk.WriteImage(oblique_image, str(tmp_path / f"true.{suffix}"))
    wrong = (tmp_path / f"true.{suffix}").rename(tmp_path / "wrong.nii.gz")
    scan = read_scan(wrong)
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert any("despite its name" in note for note in scan.notes)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_a_gzip_around_the_file_is_opened(tmp_path, oblique_image, ramp, suffix):
    sitk.WriteImage(oblique_image, str(tmp_path / f"scan.{suffix}"))
    packed = tmp_path / f"scan.{suffix}.gz"
    packed.write_bytes(gzip.compress((tmp_path / f"scan.{suffix}").read_bytes()))
    np.testing.assert_array_equal(read_scan(packed).voxels, ramp)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_colour_gives_luminance(tmp_path, ramp, suffix):
    colour = np.zeros((*ramp.T.shape, 3), np.uint8)
    colour[..., 1] = ramp.T
    sitk.WriteImage(sitk.GetImageFromArray(colour, isVector=True), str(tmp_path / f"c.{suffix}"))
    scan = read_scan(tmp_path / f"c.{suffix}")
    np.testing.assert_allclose(scan.voxels, 0.7152 * ramp, rtol=1e-5)
    assert any("luminance" in note for note in scan.notes)


def test_of_several_values_a_voxel_the_first_is_used(tmp_path, ramp):
    values = np.stack([ramp.T, ramp.T + 500, ramp.T + 900, ramp.T, ramp.T], axis=-1)
    sitk.WriteImage(sitk.GetImageFromArray(values, isVector=True), str(tmp_path / "echoes.nrrd"))
    scan = read_scan(tmp_path / "echoes.nrrd")
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert any("5 values a voxel" in note for note in scan.notes)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_of_several_time_points_the_first_is_used(tmp_path, ramp, suffix):
    series = sitk.JoinSeries([sitk.GetImageFromArray(np.ascontiguousarray(ramp.T) + 1000 * t) for t in range(3)])
    sitk.WriteImage(series, str(tmp_path / f"cine.{suffix}"))
    scan = read_scan(tmp_path / f"cine.{suffix}")
    np.testing.assert_array_equal(scan.voxels, ramp)
    assert any("3 volumes: the first time point is used" in note for note in scan.notes)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_a_flat_picture_is_one_slice(tmp_path, ramp, suffix):
    sitk.WriteImage(sitk.GetImageFromArray(np.ascontiguousarray(ramp[:, :, 0].T)), str(tmp_path / f"flat.{suffix}"))
    scan = read_scan(tmp_path / f"flat.{suffix}")
    assert scan.shape == (7, 6, 1)
    np.testing.assert_array_equal(scan.voxels[..., 0], ramp[:, :, 0])


def test_an_nrrd_without_orientation_warns_of_left_and_right(tmp_path):
    header = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\nencoding: raw\n\n"
    (tmp_path / "bare.nrrd").write_bytes(header.encode() + bytes(range(8)))
    scan = read_scan(tmp_path / "bare.nrrd")
    assert scan.voxels[1, 0, 0] == 1
    assert any("left and right may be swapped" in note for note in scan.notes)


META = (
    "ObjectType = Image\nNDims = 3\nDimSize = {size}\nElementSpacing = {spacing}\n"
    "ElementType = {type}\nElementDataFile = {data}\n"
)


def meta_image(path, size="2 2 2", spacing="1 1 1", kind="MET_UCHAR", data="LOCAL", voxels=bytes(range(8))):
    path.write_bytes(META.format(size=size, spacing=spacing, type=kind, data=data).encode() + voxels)
    return path


def nrrd(path, directions="(1,0,0) (0,1,0) (0,0,1)", sizes="2 2 2", voxels=bytes(range(8)), extra=""):
    header = (
        f"NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: {sizes}\n"
        f"space directions: {directions}\nencoding: raw\n{extra}\n"
    )
    path.write_bytes(header.encode() + voxels)
    return path


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("right-anterior-superior", [[2, 0, 0, 5], [0, 3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]]),
        ("left-posterior-superior", [[-2, 0, 0, -5], [0, -3, 0, -6], [0, 0, 4, 7], [0, 0, 0, 1]]),
        ("left-anterior-superior", [[-2, 0, 0, -5], [0, 3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]]),
    ],
)
def test_every_nrrd_space_ends_in_right_anterior_superior(tmp_path, space, expected):
    header = (
        f"NRRD0004\ntype: uchar\ndimension: 3\nspace: {space}\nsizes: 2 2 2\n"
        "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (5,6,7)\nencoding: raw\n\n"
    )
    (tmp_path / "s.nrrd").write_bytes(header.encode() + bytes(range(8)))
    scan = read_scan(tmp_path / "s.nrrd")
    np.testing.assert_allclose(scan.affine, expected)
    assert scan.notes == ()


def test_a_metaimage_is_left_posterior_superior(tmp_path):
    scan = read_scan(meta_image(tmp_path / "s.mha", spacing="2 3 4"))
    np.testing.assert_allclose(scan.affine, np.diag([-2, -3, 4, 1]))


def test_a_negative_spacing_turns_the_axis_round_as_it_does_in_slicer(tmp_path):
    scan = read_scan(meta_image(tmp_path / "s.mha", spacing="-2 3 4"))
    np.testing.assert_allclose(scan.affine, np.diag([2, -3, 4, 1]))


@pytest.mark.parametrize("spacing", ["0 1 1", "1 1 nan"])
def test_an_impossible_spacing_is_refused_in_one_sentence(tmp_path, spacing):
    with pytest.raises(InputError, match=r"voxel size|geometry"):
        read_scan(meta_image(tmp_path / "bad.mha", spacing=spacing))


@pytest.mark.parametrize(
    "directions", ["(0,0,0) (0,1,0) (0,0,1)", "(1,0,0) (1,0,0) (0,0,1)", "(nan,0,0) (0,1,0) (0,0,1)"]
)
def test_impossible_directions_are_refused_in_one_sentence(tmp_path, directions):
    with pytest.raises(InputError, match=r"voxel size|geometry|could not be read as NRRD"):
        read_scan(nrrd(tmp_path / "bad.nrrd", directions))


@pytest.mark.parametrize("make", [meta_image, nrrd])
def test_a_truncated_file_is_refused(tmp_path, make):
    with pytest.raises(InputError, match="damaged or ends early"):
        read_scan(make(tmp_path / "cut.img3", voxels=b"\1\2\3"))


def test_a_size_beyond_the_budget_is_refused_before_it_is_allocated(tmp_path):
    for path in (
        meta_image(tmp_path / "huge.mha", size="4000 4000 4000"),
        nrrd(tmp_path / "huge.nrrd", sizes="4000 4000 4000"),
    ):
        with pytest.raises(InputError, match="4000 × 4000 × 4000 voxels"):
            read_scan(path)


@pytest.mark.parametrize("target", ["../outside.raw", "/etc/hostname"])
def test_a_header_may_not_fetch_voxels_from_outside_its_folder(tmp_path, target):
    (tmp_path / "outside.raw").write_bytes(bytes(8))
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(InputError, match="outside its own folder"):
        read_scan(meta_image(inside / "evil.mhd", data=target, voxels=b""))
    with pytest.raises(InputError, match="outside its own folder"):
        read_scan(nrrd(inside / "evil.nhdr", voxels=b"", extra=f"data file: {target}\n"))


def test_a_header_whose_voxel_file_is_missing_says_which(tmp_path):
    with pytest.raises(InputError, match=r"put 'gone\.raw' beside it"):
        read_scan(meta_image(tmp_path / "half.mhd", data="gone.raw", voxels=b""))
    with pytest.raises(InputError, match="several files"):
        read_scan(nrrd(tmp_path / "list.nhdr", voxels=b"", extra="data file: LIST\n../a.raw\n"))
