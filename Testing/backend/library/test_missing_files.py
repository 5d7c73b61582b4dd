"""A file that is gone, or may not be read, is listed with the reason; the others are still found."""

import os
import shutil
from pathlib import Path

import pytest

from mrifoundation.library.sources import dicom_tree, find_items


@pytest.fixture
def folder(tmp_path, archive):
    """One scan, and a link to one that is not there."""
    shutil.copy(archive.parent / "a1.nii.gz", tmp_path / "a1.nii.gz")
    (tmp_path / "gone.nii.gz").symlink_to(tmp_path / "nowhere.nii.gz")
    return tmp_path


def missed(found) -> list[str]:
    assert all("is not there any more" in reason and reason.endswith(".") for _, reason in found.bad)
    return [Path(source).name for source, _ in found.bad]


def test_a_dangling_link_in_a_folder_is_bad(folder):
    found = find_items([str(folder)])
    assert [item.name for item in found.items] == ["a1"] and missed(found) == ["gone.nii.gz"]


def test_a_dangling_link_in_a_bids_data_set_is_bad(folder):
    (folder / "dataset_description.json").write_text("{}")
    (folder / "sub-01").mkdir()
    (folder / "a1.nii.gz").rename(folder / "sub-01" / "sub-01_T1w.nii.gz")
    (folder / "gone.nii.gz").rename(folder / "sub-01" / "sub-01_T2w.nii.gz")
    found = find_items([str(folder)])
    assert [item.name for item in found.items] == ["sub-01_T1w"] and missed(found) == ["sub-01_T2w.nii.gz"]


def test_a_dangling_link_in_a_dicom_tree_is_bad(tmp_path, write_series):
    series = write_series(tmp_path / "a", 1)
    (tmp_path / "a" / "gone.dcm").symlink_to(tmp_path / "nowhere.dcm")
    found = find_items([str(tmp_path)])
    assert [item.series for item in found.items] == [series] and missed(found) == ["gone.dcm"]


def test_a_series_that_loses_a_file_while_it_is_looked_at_is_bad(tmp_path, write_series, monkeypatch):
    write_series(tmp_path / "a", 1)
    kept = write_series(tmp_path / "b", 2)
    stamp_of = dicom_tree.stamp_of

    def lose_one_first(*files):
        if files[0].parent.name == "a":
            files[0].unlink()
        return stamp_of(*files)

    monkeypatch.setattr(dicom_tree, "stamp_of", lose_one_first)
    found = find_items([str(tmp_path)])
    assert [item.series for item in found.items] == [kept] and missed(found) == ["a"]


def test_a_folder_that_may_not_be_read_is_bad(folder, monkeypatch):
    (folder / "closed").mkdir()
    opened = os.scandir

    def scandir(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_items([str(folder)])
    assert [item.name for item in found.items] == ["a1"]
    assert (str(folder / "closed"), "It cannot be opened (Permission denied)") in [
        (source, reason.split(";")[0]) for source, reason in found.bad
    ]


def test_a_manifest_may_name_what_no_disk_can_hold(folder):
    (folder / "volumes.csv").write_text(f"path\na1.nii.gz\ngone.nii.gz\n{'x' * 5000}\n")
    found = find_items([str(folder / "volumes.csv")])
    assert [item.name for item in found.items] == ["a1"] and len(found.bad) == 2
