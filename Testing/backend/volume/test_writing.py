"""Label maps go out and come back on the same grid, with their names."""

import json

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan, write_label_map

NAMES = {1: "left hippocampus", 2: "brainstem", 300: "Großhirn"}


@pytest.fixture
def labels(ramp) -> np.ndarray:
    labels = (ramp % 3).astype(np.int32)
    labels[0, 0, 0] = 300
    return labels


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_labels_and_oblique_geometry_come_back_exactly(tmp_path, labels, oblique_affine, suffix):
    path = tmp_path / f"labels{suffix}"
    write_label_map(path, labels, oblique_affine, NAMES)
    back = read_scan(path)
    np.testing.assert_array_equal(back.voxels, labels)
    np.testing.assert_allclose(back.affine, oblique_affine, atol=1e-5)
    assert back.notes == ()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(("highest", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.uint16), (70000, np.uint32)])
def test_the_smallest_integer_type_is_stored(tmp_path, labels, highest, dtype):
    labels[0, 0, 0] = highest
    write_label_map(tmp_path / "labels.nii.gz", np.minimum(labels, highest), np.eye(4))
    stored = nib.load(tmp_path / "labels.nii.gz")
    assert stored.get_data_dtype() == dtype
    assert int(stored.header["sform_code"]) == int(stored.header["qform_code"]) == 1


def test_names_travel_in_every_format(tmp_path, labels, oblique_affine):
    for suffix in (".nii.gz", ".nrrd", ".mha"):
        write_label_map(tmp_path / f"labels{suffix}", labels, oblique_affine, NAMES)
    in_nifti = nib.load(tmp_path / "labels.nii.gz").header.extensions[0].get_content()
    text = in_nifti.decode() if isinstance(in_nifti, bytes) else in_nifti
    assert json.loads(text.rstrip("\0")) == {str(value): name for value, name in NAMES.items()}
    nrrd = sitk.ReadImage(str(tmp_path / "labels.nrrd"))
    assert nrrd.GetMetaData("Segment0_Name") == "left hippocampus"
    assert nrrd.GetMetaData("Segment2_LabelValue") == "300"
    assert json.loads(sitk.ReadImage(str(tmp_path / "labels.mha")).GetMetaData("SegmentNames"))["2"] == "brainstem"


def test_a_file_that_is_there_is_replaced_whole(tmp_path, labels):
    path = tmp_path / "labels.nii.gz"
    path.write_text("old")
    write_label_map(path, labels, np.eye(4))
    np.testing.assert_array_equal(read_scan(path).voxels, labels)


@pytest.mark.parametrize("name", ["labels", "labels.png", "labels.txt.gz"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, labels, name):
    with pytest.raises(InputError, match=r"end its name with one of \.nii\.gz"):
        write_label_map(tmp_path / name, labels, np.eye(4))


def test_a_missing_folder_is_refused(tmp_path, labels):
    with pytest.raises(InputError, match="does not exist; create it"):
        write_label_map(tmp_path / "none" / "labels.nii", labels, np.eye(4))


@pytest.mark.parametrize(
    "bad", [np.zeros((3, 3)), np.zeros((3, 3), np.int16), np.full((2, 2, 2), -1), np.zeros((2, 2, 2))]
)
def test_what_is_not_a_label_map_is_refused(tmp_path, bad):
    with pytest.raises(InputError, match="needs labels"):
        write_label_map(tmp_path / "labels.nii", bad, np.eye(4))
