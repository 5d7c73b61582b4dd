"""A folder of DICOM series trains as it is, labelled by the SEG and RTSTRUCT files that refer to its series."""

import shutil

import nibabel as nib
import numpy as np
import pydicom
import pytest
from mr_series import write_label_file

from mrifoundation.errors import InputError
from mrifoundation.tasks.exchange import read_source
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.sharding import write_shards
from mrifoundation_training.data.volumes import load_case

ORGANS = {"liver", "right kidney", "left kidney"}


def test_each_series_is_a_case_with_the_labels_that_refer_to_it(dicom_tree):
    cases = read_cases(dicom_tree)
    assert sorted(case.sequence for case in cases) == ["T1", "T2", "T2"]
    assert all((case.source, case.region, case.split) == ("Archive", "abdomen", "train") for case in cases)
    labelled = [case for case in cases if case.labels]
    assert [case.sequence for case in labelled] == ["T2", "T2"]
    assert all(set(case.table.values()) == ORGANS for case in labelled), "TG-263 names mean the same"
    subjects = [case.subject for case in cases]
    assert len(set(subjects)) == 2 and sorted(map(subjects.count, subjects)) == [1, 2, 2]


def test_image_and_labels_are_those_that_were_written(dicom_tree, small_data):
    """The tree was made from two NIfTI files, and reads as they do."""
    volumes = [load_case(case) for case in read_cases(dicom_tree) if case.labels]
    for name in "ab":
        wanted = nib.load(small_data.parent / f"{name}_image.nii.gz").get_fdata()
        volume = next(one for one in volumes if np.array_equal(one.image, wanted))
        labels = nib.load(small_data.parent / f"{name}_labels.nii.gz").get_fdata()
        for value, organ in enumerate(("liver", "right kidney", "left kidney"), start=1):
            np.testing.assert_array_equal(volume.labels == volume.names.index(organ), labels == value)
        np.testing.assert_allclose(volume.spacing, 3)


def test_a_series_without_labels_is_an_unlabelled_case(dicom_tree):
    (bare,) = (case for case in read_cases(dicom_tree) if not case.labels)
    assert bare.table == {} and load_case(bare).image.shape == (44, 40, 36)


def test_no_case_is_named_after_its_patient(dicom_tree):
    told = " ".join(f"{case.id} {case.subject} {case.caption}" for case in read_cases(dicom_tree)).lower()
    assert not any(secret in told for secret in ("meier", "anna", "4711", "4712", "19610203", "20240506"))


def test_of_two_structures_in_one_place_the_smaller_is_kept(dicom_tree):
    source = read_source(dicom_tree / "one" / "t1")
    organ, inside = np.zeros(source.grid.shape, bool), np.zeros(source.grid.shape, bool)
    organ[5:25, 5:25, 5:25], inside[10:14, 10:14, 10:14] = True, True
    write_label_file(dicom_tree / "one" / "more.dcm", "dicom-seg", source, {"spleen": organ, "My widget": inside})
    (case,) = (case for case in read_cases(dicom_tree) if case.sequence == "T1")
    volume = load_case(case)
    assert set(volume.names) == {"", "spleen", "my widget"}, "a name that the vocabulary lacks stays"
    counts = {name: np.count_nonzero(volume.labels == index) for index, name in enumerate(volume.names)}
    assert (counts["my widget"], counts["spleen"]) == (inside.sum(), organ.sum() - inside.sum())


def test_a_structure_that_was_listed_and_never_drawn_is_not_called_absent(dicom_tree):
    file = dicom_tree / "two" / "contours.dcm"
    contours = pydicom.dcmread(file)
    listed = [roi.ROIName for roi in contours.StructureSetROISequence]
    del contours.ROIContourSequence[listed.index("Liver")].ContourSequence
    contours.save_as(file)
    tables = [set(case.table.values()) for case in read_cases(dicom_tree) if case.labels]
    assert sorted(tables, key=len) == [ORGANS - {"liver"}, ORGANS]


def test_labels_of_a_series_that_is_not_there_are_told_and_not_used(dicom_tree, caplog):
    shutil.rmtree(dicom_tree / "one" / "t2")
    cases = read_cases(dicom_tree)
    assert len(cases) == 2 and sum(case.labels is not None for case in cases) == 1
    assert "1 label file" in caplog.text and "seg.dcm" in caplog.text


def test_damaged_labels_are_refused_with_their_name(dicom_tree):
    file = dicom_tree / "two" / "contours.dcm"
    contours = pydicom.dcmread(file)
    for roi in contours.ROIContourSequence:
        for contour in roi.ContourSequence:
            contour.ContourData = [1e9] * len(contour.ContourData)
    contours.save_as(file)
    broken = [case for case in read_cases(dicom_tree) if case.labels]
    with pytest.raises(InputError, match="damaged"):
        for case in broken:
            load_case(case)


def test_a_tree_can_be_sharded_and_trains_the_same_voxels(dicom_tree, tmp_path):
    done = write_shards(read_cases(dicom_tree), tmp_path / "shards")
    assert (done.cases, done.skipped) == (3, {})
    for case, packed in zip(read_cases(dicom_tree), read_cases(tmp_path / "shards"), strict=True):
        one, other = load_case(case), load_case(packed)
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.labels, other.labels)
        assert one.names == other.names
