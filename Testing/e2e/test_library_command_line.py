"""Filling a library and searching it, as a script does it."""

import json

import nibabel as nib
import numpy as np
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory, head_voxels):
    """Three scans, one of them broken, and a mask for the first."""
    folder = tmp_path_factory.mktemp("scans")
    affine = np.diag([3.0, 3, 3, 1])
    for n, name in enumerate(("first_T1w", "second_T2w")):
        nib.save(nib.Nifti1Image(np.roll(head_voxels, 4 * n, axis=0), affine), folder / f"{name}.nii.gz")
    (folder / "broken.nii.gz").write_bytes(b"nothing")
    mask = np.zeros(head_voxels.shape, np.uint8)
    mask[12:26, 14:28, 10:22] = 1
    nib.save(nib.Nifti1Image(mask, affine), folder / "first_mask.nii.gz")
    return folder


@pytest.fixture(scope="module")
def library(run_anew, folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "here"
    done = run_anew("library", "add", folder, "--library", path, "--collection", "heads", "--profile", "fast", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["added"] == 2 and report["skipped"] == {"label map": 1}
    assert report["bad"][0]["source"].endswith("broken.nii.gz")
    return path


def test_list_stats_and_search_print_one_json_object_each(run, library, folder):
    listed = json.loads(run("library", "list", "--library", library, "--where", "sequence = T2", "--json").stdout)
    assert listed["total"] == 1 and listed["cases"][0]["name"] == "second_T2w"
    assert json.loads(run("library", "check", "--library", library, "--json").stdout) == {"doubts": []}
    (stats,) = json.loads(run("library", "stats", "--library", library, "--json").stdout)["collections"]
    assert (stats["name"], stats["cases"]) == ("heads", 2)
    scan = folder / "first_T1w.nii.gz"
    by_scan = run("search", "--library", library, "--scan", scan, "--profile", "fast", "-k", "3", "--json")
    (hit,) = json.loads(by_scan.stdout)["hits"]
    assert {"case", "path", "score", "percentile", "facts"} <= set(hit) and hit["path"] == str(
        folder / "second_T2w.nii.gz"
    )
    by_region = run(
        "search",
        "--library",
        library,
        "--scan",
        scan,
        "--mask",
        folder / "first_mask.nii.gz",
        "--profile",
        "fast",
        "--json",
    )
    assert by_region.returncode == 0, by_region.stderr
    assert json.loads(by_region.stdout)["searched"] == 1


def test_people_get_tables(run, library, folder):
    report = folder / "report.txt"
    report.write_text("The second scan is a T2.")
    found = run("search", "--library", library, "--report", report)
    assert found.returncode == 0, found.stderr
    assert "second_T2w" in found.stdout and "cannot compare scans with words" in " ".join(found.stderr.split())
    listed = run("library", "list", "--library", library).stdout
    assert "2 of 2 cases" in listed and "first_T1w" in listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", "--text", "x", "--library", "{none}"), "no library"),
        (("search", "--library", "{library}"), "nothing to search for"),
        (("search", "--library", "{library}", "--text", "x", "--where", "age = old"), "number"),
        (("search", "--library", "{library}", "--mask", "m.nii.gz"), "needs its scan"),
        (("library", "add", "{none}", "--library", "{library}"), "no file or folder"),
        (("library", "remove", "--library", "{library}"), "either --collection or --case"),
        (("library", "remove", "--library", "{library}", "--collection", "x"), "no collection 'x'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_1(run, library, tmp_path, arguments, words):
    done = run(*(one.format(none=tmp_path / "none", library=library) for one in arguments))
    assert done.returncode == 1 and words in done.stderr and done.stdout == "" and "Traceback" not in done.stderr


def test_removing_a_case_leaves_the_scan(run, library, folder, tmp_path):
    own = tmp_path / "own"
    run("library", "add", folder / "first_T1w.nii.gz", "--library", own, "--profile", "fast")
    case = json.loads(run("library", "list", "--library", own, "--json").stdout)["cases"][0]["case"]
    assert json.loads(run("library", "remove", "--library", own, "--case", case[:8], "--json").stdout) == {"removed": 1}
    assert (folder / "first_T1w.nii.gz").is_file()
