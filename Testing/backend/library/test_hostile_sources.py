"""Folders that lead elsewhere, and tables and sidecars made to harm."""

import json
import os
import shutil
import sys

import pytest

from mrifoundation.errors import InputError
from mrifoundation.library.sources import find_items, tables
from mrifoundation.volume.json_text import LARGEST, parse_json


@pytest.fixture
def outside(tmp_path, write_series):
    """A series in a folder that the service may not read."""
    write_series(tmp_path / "outside", 1)
    return tmp_path / "outside"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def reasons(found) -> list[str]:
    return [reason for _, reason in found.bad]


def test_linked_files_of_a_series_elsewhere_are_not_read(root, outside):
    for file in outside.iterdir():
        (root / file.name).symlink_to(file)
    found = find_items([str(root)], within=[root])
    assert found.items == [] and reasons(found) == ["It lies outside the folders this service may read."]
    assert len(find_items([str(root)]).items) == 1  # without limits, as on the command line, links are followed


def test_a_linked_folder_is_not_entered(root, outside):
    (root / "more").symlink_to(outside, target_is_directory=True)
    assert find_items([str(root)], within=[root]).items == []
    with pytest.raises(InputError, match="outside the folders"):
        find_items([str(root / "more")], within=[root])


@pytest.mark.parametrize("row", ["../outside", "link", "folder"])
def test_a_manifest_leads_nowhere_else(root, outside, row):
    (root / "link").symlink_to(outside, target_is_directory=True)
    (root / "folder").mkdir()
    (root / "folder" / "a.dcm").symlink_to(next(outside.iterdir()))
    (root / "volumes.csv").write_text(f"id,path\na,{row}\n")
    found = find_items([str(root / "volumes.csv")], within=[root])
    assert found.items == [] and reasons(found) == ["It lies outside the folders this service may read."]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
def test_a_file_whose_name_is_no_text_is_bad_and_the_others_are_found(root, head_file):
    for name in (b"plain.nii.gz", b"M\xfcller.nii.gz"):
        shutil.copy(head_file, os.path.join(os.fsencode(root), name))
    found = find_items([str(root)], within=[root])
    assert [item.name for item in found.items] == ["plain"]
    assert found.bad == [(f"{root}/M?ller.nii.gz", "Its name, or that of its folder, is not UTF-8; rename it.")]


def test_a_table_beyond_its_limit_is_refused(root, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_TABLE", 1000)
    (root / "volumes.csv").write_text("id,path\n" + "a,b\n" * 1000)
    with pytest.raises(InputError, match=r"larger than .*; split it"):
        find_items([str(root / "volumes.csv")])


@pytest.mark.parametrize(
    "content", ["id,path\n\0,a\n", "path,path,path\na,b,c,d,e\n", 'id,path\n"a', "path\n" + "x" * 200_000]
)
def test_an_odd_table_is_read_or_refused_in_a_sentence(root, content):
    (root / "volumes.csv").write_text(content)
    try:
        assert find_items([str(root / "volumes.csv")]).items == []
    except InputError as error:
        assert str(error).endswith(".")


DEEP = "[" * 100_000 + "]" * 100_000
HOSTILE_JSON = {
    "nested": '{"SeriesDescription": ' + DEEP + "}",
    "long": '{"a": "' + "x" * LARGEST + '"}',
    "cut": '{"a": [',
}


@pytest.mark.parametrize("what", HOSTILE_JSON)
def test_a_hostile_sidecar_says_nothing_and_the_scan_is_found(root, what, head_file):
    bids(root, head_file)
    (root / "sub-01" / "sub-01_T1w.json").write_text(HOSTILE_JSON[what])
    found = find_items([str(root)])
    assert [item.name for item in found.items] == ["sub-01_T1w"] and found.items[0].caption == ""


def test_a_sidecar_that_is_linked_from_elsewhere_says_nothing(root, tmp_path, head_file):
    bids(root, head_file)
    (tmp_path / "secret.json").write_text(json.dumps({"SeriesDescription": "secret"}))
    (root / "sub-01" / "sub-01_T1w.json").symlink_to(tmp_path / "secret.json")
    assert find_items([str(root)]).items[0].caption == ""
    (root / "own.json").write_text(json.dumps({"SeriesDescription": "own"}))
    (root / "sub-01" / "sub-01_T1w.json").unlink()
    (root / "sub-01" / "sub-01_T1w.json").symlink_to(root / "own.json")  # as git-annex does
    assert find_items([str(root)]).items[0].caption == "own"


@pytest.mark.parametrize("text", ["[" * 40 + "]" * 40, DEEP, "x", " " * (LARGEST + 1)])
def test_json_is_bounded(text):
    with pytest.raises(ValueError):
        parse_json(text)


def test_plain_json_is_read():
    assert parse_json('{"a": [1, {"b": [2]}]}') == {"a": [1, {"b": [2]}]}


def bids(root, head_file):
    (root / "dataset_description.json").write_text("{}")
    (root / "sub-01").mkdir()
    (root / "sub-01" / "sub-01_T1w.nii.gz").write_bytes(head_file.read_bytes())
