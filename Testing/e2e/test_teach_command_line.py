"""A structure taught, asked for, listed and removed on the command line, and what is refused in one sentence."""

import json

import nibabel as nib
import numpy as np
import pytest
from taught_scans import AFFINE, a_body, dice

from mrifoundation.cli import main


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Scan and labels (the ball has the value 2, a corner the value 5) of three bodies."""
    folder = tmp_path_factory.mktemp("bodies")
    for seed in range(3):
        voxels, ball = a_body(seed)
        labels = ball.astype(np.uint8) * 2
        labels[0, 0, :3] = 5
        nib.save(nib.Nifti1Image(voxels, AFFINE), folder / f"scan{seed}.nii.gz")
        nib.save(nib.Nifti1Image(labels, AFFINE), folder / f"labels{seed}.nii.gz")
    moved = AFFINE.copy()
    moved[0, 3] = 30
    nib.save(nib.Nifti1Image(labels, moved), folder / "elsewhere.nii.gz")
    nib.save(nib.Nifti1Image(labels * 0, AFFINE), folder / "empty.nii.gz")
    return folder


@pytest.fixture
def teach(files, tiny_weights, tmp_path, monkeypatch, capsys):
    """teach(*arguments): exit code, stdout, stderr; in the folder of the scans, with nothing taught at first."""
    monkeypatch.setenv("MRIFOUNDATION_WEIGHTS", str(tiny_weights))
    monkeypatch.setenv("MRIFOUNDATION_STRUCTURES", str(tmp_path / "structures"))
    monkeypatch.chdir(files)

    def teach(*arguments):
        code = main(["teach", *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return teach


def test_a_structure_is_taught_asked_for_listed_and_removed(teach, tmp_path, capsys):
    pairs = ["--from", "scan0.nii.gz", "labels0.nii.gz:2", "scan1.nii.gz", "labels1.nii.gz:2"]
    code, told, problem = teach("structure", "lamp", *pairs, "--synonym", "torch", "--profile", "fast", "--json")
    assert code == 0, problem
    assert [case["name"] for case in json.loads(told)["cases"]] == ["scan0", "scan1"]
    (listed,) = json.loads(teach("list", "--json")[1])["structures"]
    assert listed == json.loads(told) and listed["usable"] and listed["synonyms"] == ["torch"]
    out = tmp_path / "found.nii.gz"
    assert main(["segment", "scan2.nii.gz", "-p", "torch", "-o", str(out), "--profile", "fast", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["structures"][0]["name"] == "lamp"
    assert dice(np.asarray(nib.load(out).dataobj) == 1, a_body(2)[1]) > 0.4
    assert teach("remove", "lamp")[:2] == (0, "'lamp' is forgotten.\n")
    assert "Nothing was taught yet" in teach("list")[1]


def test_a_table_of_pairs_is_read_beside_its_own_folder(teach, tmp_path, files, monkeypatch):
    (files / "pairs.csv").write_text("scan,labels\nscan0.nii.gz,labels0.nii.gz:2\n")
    monkeypatch.chdir(tmp_path)
    code, told, problem = teach("structure", "lamp", "--pairs", files / "pairs.csv", "--profile", "fast")
    assert code == 0, problem
    assert "taught from 1 scan." in told


def test_what_was_never_taught_cannot_be_fine_tuned(teach, tmp_path):
    code, told, problem = teach("fine-tune", "lamp", tmp_path / "tuned")
    assert code == 1 and told == "" and "Nothing was taught as 'lamp'; teach it first" in problem
    assert not (tmp_path / "tuned").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "scan0.nii.gz"], "in pairs"),
        ([], "--from SCAN LABELS, or --pairs"),
        (["--from", "scan0.nii.gz", "labels0.nii.gz"], "several labels (2, 5); name one: labels0.nii.gz:2"),
        (["--from", "scan0.nii.gz", "labels0.nii.gz:9"], "no voxel with the value 9"),
        (["--from", "scan0.nii.gz", "empty.nii.gz"], "holds no label"),
        (["--from", "scan0.nii.gz", "elsewhere.nii.gz:2"], "not on the grid of the scan 'scan0'"),
    ],
)
def test_what_cannot_teach_is_told_in_one_sentence(teach, arguments, words):
    code, told, problem = teach("structure", "lamp", *arguments)
    assert code == 1 and told == "" and words in problem and len(problem.strip().splitlines()) == 1
