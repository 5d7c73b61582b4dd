"""A lab's own data trains in the layout it already has."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation.volume import read_scan
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.structure_names import canonical
from mrifoundation_training.data.volumes import load_case
from mrifoundation_training.evaluation.case_scoring import reference_labels


@pytest.fixture
def nnunet(small_data, tmp_path):
    folder = tmp_path / "Dataset007_Belly"
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True)
    for name in ("a", "b"):
        shutil.copy(small_data.parent / f"{name}_image.nii.gz", folder / "imagesTr" / f"{name}_0000.nii.gz")
        shutil.copy(small_data.parent / f"{name}_labels.nii.gz", folder / "labelsTr" / f"{name}.nii.gz")
    labels = {"background": 0, "Liver": 1, "Kidney_right": 2, "left-kidney": 3}
    (folder / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz"}))
    return folder


@pytest.fixture
def bids(small_data, tmp_path):
    folder = tmp_path / "bids"
    raw, derived = folder / "sub-01" / "anat", folder / "derivatives" / "manual" / "sub-01" / "anat"
    raw.mkdir(parents=True), derived.mkdir(parents=True)
    (folder / "dataset_description.json").write_text("{}")
    shutil.copy(small_data.parent / "a_image.nii.gz", raw / "sub-01_T1w.nii.gz")
    shutil.copy(small_data.parent / "a_labels.nii.gz", derived / "sub-01_space-orig_dseg.nii.gz")
    (folder / "derivatives" / "manual" / "dseg.tsv").write_text(
        "index\tname\n0\tBackground\n1\tliver\n2\tRight Kidney\n3\tkidney_left\n"
    )
    return folder


@pytest.mark.parametrize("layout", ["nnunet", "bids"])
def test_a_layout_gives_cases_with_the_vocabularys_names(layout, request):
    cases = read_cases(request.getfixturevalue(layout), region="abdomen")
    assert cases and all(case.split == "train" and case.region == "abdomen" for case in cases)
    assert cases[0].table == {1: "liver", 2: "right kidney", 3: "left kidney"}
    volume = load_case(cases[0])
    assert volume.image.shape == volume.labels.shape and set(volume.names) == {
        "",
        "liver",
        "right kidney",
        "left kidney",
    }


def test_what_nnunet_ignores_is_no_background(nnunet):
    """A case all of whose voxels were judged is used as any other; one with some that were not is left out, and says why."""
    labels = {"background": 0, "liver": 1, "kidney_right": 2, "ignore": 3}
    (nnunet / "dataset.json").write_text(json.dumps({"labels": labels}))
    whole = nib.load(nnunet / "labelsTr" / "a.nii.gz")
    judged = np.where(whole.get_fdata() == 3, 0, whole.get_fdata()).astype(np.uint8)
    nib.save(nib.Nifti1Image(judged, whole.affine), nnunet / "labelsTr" / "a.nii.gz")
    first, second = read_cases(nnunet)
    assert load_case(first).names == ("", "liver", "right kidney") and "ignore" not in second.table.values()
    with pytest.raises(InputError, match="'b' has voxels that are to be ignored"):
        load_case(second)
    with pytest.raises(InputError, match="'b' has voxels that are to be ignored"):
        reference_labels(second, read_scan(second.image))


def test_what_nnunet_lists_without_labels_is_only_looked_at_and_its_labelled_tests_only_measure(nnunet, small_data):
    (nnunet / "imagesTs").mkdir(), (nnunet / "labelsTs").mkdir()
    for place in ("imagesTr/c_0000", "imagesTr/c_0001", "imagesTs/a_0000", "imagesTs/d_0000"):
        shutil.copy(small_data.parent / "c_image.nii.gz", nnunet / f"{place}.nii.gz")
    shutil.copy(small_data.parent / "c_labels.nii.gz", nnunet / "labelsTs" / "d.nii.gz")
    cases = read_cases(nnunet)
    assert {(case.id, case.split, case.labels is not None) for case in cases} == {
        ("a", "train", True), ("b", "train", True), ("c", "train", False), ("imagesTs-a", "train", False), ("imagesTs-d", "dev", True),
    }  # fmt: skip
    assert load_case(cases[-1]).names == ("",)
    assert {case.tier for case in cases} == {"own"}


def test_raw_scans_of_bids_that_nobody_labelled_are_only_looked_at(bids):
    raw = bids / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    for name in (
        "sub-01/anat/sub-01_FLAIR",
        "sub-02/ses-1/anat/sub-02_ses-1_T2w",
        "sub-02/ses-1/anat/sub-02_ses-1_defacemask",
    ):
        (bids / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(raw, bids / f"{name}.nii.gz")
    bare = [case for case in read_cases(bids, region="brain") if case.labels is None]
    assert [(case.id, case.subject, case.sequence) for case in bare] == [
        ("sub-01_FLAIR", "sub-01", "FLAIR"), ("sub-02_ses-1_T2w", "sub-02", "T2"),
    ]  # fmt: skip
    assert {(case.region, case.split) for case in bare} == {("brain", "train")}


def test_a_label_without_its_image_is_named(nnunet):
    (nnunet / "imagesTr" / "b_0000.nii.gz").unlink()
    with pytest.raises(InputError, match="b_0000"):
        read_cases(nnunet)


def test_a_segmentation_without_names_is_refused(bids):
    (bids / "derivatives" / "manual" / "dseg.tsv").unlink()
    with pytest.raises(InputError, match=r"dseg\.tsv"):
        read_cases(bids)


def test_any_other_folder_is_refused_with_what_would_do(tmp_path):
    with pytest.raises(InputError, match="nnU-Net"):
        read_cases(tmp_path)


def test_a_table_of_paths_and_names_is_enough_for_a_manifest(small_data, tmp_path):
    shutil.copytree(small_data.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / "names.json").write_text(json.dumps({"1": "Liver", "2": "Kidney_R", "3": "kidney, left"}))
    rows = ["path,labels_path,label_table", *(f"{n}_image.nii.gz,{n}_labels.nii.gz,names.json" for n in "ab")]
    (tmp_path / "mine.csv").write_text("\n".join(["\ufeff" + rows[0], *rows[1:], "c_image.nii.gz,,"]), encoding="utf-8")
    cases = read_cases(tmp_path / "mine.csv", region="abdomen")
    assert [case.id for case in cases] == ["a_image", "b_image", "c_image"] == [case.subject for case in cases]
    assert {(case.source, case.region, case.split) for case in cases} == {("mine", "abdomen", "train")}
    assert cases[0].table == {1: "liver", 2: "right kidney", 3: "left kidney"} and cases[2].labels is None
    assert load_case(cases[0]).image.shape == (44, 40, 36)


def test_files_of_one_name_in_the_folders_of_two_people_are_two_scans(tmp_path):
    (tmp_path / "mine.csv").write_text("path\np1/t2.nii.gz\np2/t2.nii.gz\n")
    cases = read_cases(tmp_path / "mine.csv")
    assert [case.id for case in cases] == ["p1_t2", "p2_t2"] == [case.subject for case in cases]


def test_an_id_that_two_scans_have_is_refused(nnunet, tmp_path):
    (tmp_path / "mine.csv").write_text("id,path\nt2,p1/t2.nii.gz\nt2,p2/t2.nii.gz\n")
    with pytest.raises(InputError, match="2 scans called 't2'; give each an id"):
        read_cases(tmp_path / "mine.csv")
    shutil.copy(nnunet / "labelsTr" / "a.nii.gz", nnunet / "labelsTr" / "a.nii")
    with pytest.raises(InputError, match="2 scans called 'a'; give each a file name"):
        read_cases(nnunet)


def test_what_two_pipelines_labelled_of_one_scan_are_two_cases(bids):
    shutil.copytree(bids / "derivatives" / "manual", bids / "derivatives" / "automatic")
    assert [(case.id, case.subject) for case in read_cases(bids)] == [
        ("automatic-sub-01_space-orig_dseg", "sub-01"), ("manual-sub-01_space-orig_dseg", "sub-01"),
    ]  # fmt: skip


def test_a_row_without_its_path_is_named(tmp_path):
    (tmp_path / "mine.csv").write_text("image,labels\na.nii.gz,b.nii.gz\n")
    with pytest.raises(InputError, match=r"Line 2 .* path"):
        read_cases(tmp_path / "mine.csv")


@pytest.mark.parametrize("name", ["left kidney", "Kidney_left", "left-kidney", "Kidney_L", "KIDNEY left"])
def test_a_structure_has_one_name_however_a_data_set_writes_it(name):
    assert canonical(name) == "left kidney"


def test_names_that_mean_nothing_to_the_vocabulary_stay_as_they_are():
    assert canonical("Gross_Widget") == "gross widget"
