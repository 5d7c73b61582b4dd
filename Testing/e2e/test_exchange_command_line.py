"""Exports and imports as a script uses them."""

import json

import numpy as np
import pydicom
import pytest
from mr_series import ball, hard_mask, write_series

from mrifoundation.tasks.exchange import import_segments, read_source
from mrifoundation.volume import write_label_map


@pytest.fixture
def series(tmp_path):
    return write_series(tmp_path / "series", "oblique", (0.9, 0.6), 5.0)


@pytest.fixture
def labels(series, tmp_path):
    """A label map without names, on the grid of the series."""
    values = hard_mask().astype(np.uint8)
    values[ball((12, 40, 6), (7, 7, 4))] = 2
    write_label_map(tmp_path / "labels.nii.gz", values, read_source(series).grid.affine)
    return tmp_path / "labels.nii.gz"


def test_a_label_map_becomes_rtstruct_and_seg_of_its_series_and_comes_back(run, series, labels, tmp_path):
    names = ["--name", "1=left kidney", "--name", "2=seroma"]
    for kind in ("rtstruct", "dicom-seg"):
        file = tmp_path / f"{kind}.dcm"
        done = run("export", labels, "-o", file, "--as", kind, "--source", series, *names, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert [(row["structure"], row["tg263"]) for row in told["segments"]] == [
            ("left kidney", "Kidney_L"),
            (None, None),
        ]
        assert pydicom.dcmread(file).PatientID == "4711-88"
        back = tmp_path / f"{kind}.nii.gz"
        done = run("import-contours", file, "--scan", series, "-o", back, "--only", told["segments"][1]["name"])
        assert done.returncode == 0 and "seroma" in done.stdout, done.stderr
        (found,) = import_segments(back).segments
        np.testing.assert_array_equal(found.mask, import_segments(labels).segments[1].mask)


def test_surfaces_and_seg_nrrd_need_no_dicom_and_come_back(run, series, labels, tmp_path):
    given = import_segments(labels).segments
    for name in ("a.seg.nrrd", "a.zip", "a.stl"):
        only = ["--only", "label 1"] if name == "a.stl" else []
        done = run("export", labels, "-o", tmp_path / name, *only)
        assert done.returncode == 0, done.stderr
        done = run("import-contours", tmp_path / name, "--scan", series, "-o", tmp_path / "back.nii.gz")
        assert done.returncode == 0, done.stderr
        found = import_segments(tmp_path / "back.nii.gz").segments
        assert [one.name for one in found] == [one.name for one in given[: 1 if only else 2]]
        for one, other in zip(found, given, strict=False):
            np.testing.assert_array_equal(one.mask, other.mask)


def test_a_segment_that_has_a_name_is_renamed_by_its_value_or_its_name(run, labels, tmp_path):
    named = tmp_path / "named.nii.gz"
    assert run("export", labels, "-o", named, "--name", "1=left kidney", "--name", "2=seroma").returncode == 0
    again = tmp_path / "again.nii.gz"
    assert run("export", named, "-o", again, "--name", "1=liver", "--name", "seroma=spleen").returncode == 0
    assert [one.name for one in import_segments(again).segments] == ["liver", "spleen"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "a.dcm"], "give --as"),
        (["-o", "a.dcm", "--as", "rtstruct"], "give the series"),
        (["-o", "a.dcm", "--as", "rtstruct", "--source", "."], "is not a DICOM series"),
        (["-o", "a.stl"], "holds one surface"),
        (["-o", "a.nii.gz", "--only", "liver"], "has no segment 'liver'"),
        (["-o", "a.nii.gz", "--name", "7=liver"], "has no segment '7'"),
        (["--as", "rtstruct"], "Say where it goes"),
        (["-o", "a.nii.gz", "--send", "http://127.0.0.1:9/dicom-web"], "DICOM only"),
    ],
)
def test_what_is_wrong_is_one_sentence(run, labels, tmp_path, arguments, words):
    (tmp_path / "empty").mkdir()
    placed = [str(tmp_path / one) if one.startswith("a.") else one for one in arguments]
    placed = [str(tmp_path / "empty") if one == "." else one for one in placed]
    done = run("export", labels, *placed)
    assert done.returncode == 1 and words in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("a.*"))
