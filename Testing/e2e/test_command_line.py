"""The command line as a script uses it: files, --json, exit codes, one sentence on stderr."""

import json
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest


def assert_one_sentence(done, code, *words):
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].endswith((".", "?")) and "Traceback" not in done.stderr
    assert all(word in lines[0] for word in words), lines[0]
    assert done.stdout == ""


def test_segment_writes_the_label_map_on_the_scans_own_grid_and_prints_one_json_object(run_anew, head_file, tmp_path):
    labels_path, overlay = tmp_path / "labels.nii.gz", tmp_path / "overlay.png"
    prompts = ["-p", "left hippocampus", "-p", "kidneys"]
    written = ["-o", labels_path, "--overlay", overlay]
    done = run_anew("segment", head_file, *prompts, *written, "--profile", "fast", "--json")
    assert done.returncode == 0, done.stderr
    structures = json.loads(done.stdout)["structures"]
    promised = {"prompt", "name", "value", "volume_ml", "center_ras_mm", "presence", "in_view"}
    assert all(promised <= set(row) for row in structures)
    assert [(row["prompt"], row["value"]) for row in structures] == [("left hippocampus", 1), ("kidneys", 2)]
    scan, written = nib.load(head_file), nib.load(labels_path)
    labels = np.asarray(written.dataobj)
    assert written.shape == scan.shape and labels.dtype.kind == "u"
    np.testing.assert_allclose(written.affine, scan.affine, atol=1e-5)
    assert set(np.unique(labels)) <= {0, 1, 2}
    voxel_ml = abs(np.linalg.det(scan.affine)) / 1000
    for row in structures:
        assert row["volume_ml"] == pytest.approx((labels == row["value"]).sum() * voxel_ml, rel=1e-3, abs=1e-3)
    assert overlay.read_bytes().startswith(b"\x89PNG")


def test_segment_without_json_prints_a_table(run, head_file, tmp_path):
    done = run("segment", head_file, "-p", "brainstm", "-o", tmp_path / "labels.nrrd", "--profile", "fast")
    assert done.returncode == 0
    assert "brainstem" in done.stdout and "mL" in done.stdout
    assert "was read as brainstem" in done.stderr


def test_what_is_wrong_with_the_request_is_one_sentence_and_exit_code_1(run, head_file, tmp_path):
    out = tmp_path / "labels.nii.gz"
    (tmp_path / "empty.nii.gz").touch()
    assert_one_sentence(run("segment", tmp_path / "none.nii.gz", "-p", "liver", "-o", out), 1, "none.nii.gz")
    assert_one_sentence(run("segment", tmp_path / "empty.nii.gz", "-p", "liver", "-o", out), 1, "empty")
    assert_one_sentence(run("segment", head_file, "-p", "flux capacitor", "-o", out), 1, "flux capacitor")
    assert_one_sentence(run("segment", head_file, "-p", "liver", "-o", tmp_path / "a.txt"), 1, "a.txt", ".nii.gz")
    assert_one_sentence(run("segment", head_file, "-p", "liver", "-o", tmp_path / "no" / "a.nii"), 1, "does not exist")
    weights = {"MRIFOUNDATION_WEIGHTS": str(tmp_path)}
    assert_one_sentence(run("segment", head_file, "-p", "liver", "-o", out, **weights), 1, "no weights")
    assert_one_sentence(run("evaluate", "segmentation", tmp_path / "none.csv"), 1, "none.csv")
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["segment"],
        ["segment", "a.nii", "-p", "liver"],
        ["segment", "a.nii", "-p", "liver", "-o", "b.nii", "--profile", "finest"],
        ["fly"],
        ["info", "--colour"],
    ],
)
def test_usage_errors_exit_with_2(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr


def test_a_fault_of_ours_exits_with_3_and_shows_its_traceback_only_when_asked(
    run_anew, tiny_weights, head_file, tmp_path
):
    broken = tmp_path / "sitecustomize.py"  # breaks one function of ours in the child process
    broken.write_text(
        "import mrifoundation.volume as v\ndef f(*a): raise ZeroDivisionError('planted')\nv.read_scan = f\n"
    )
    arguments = ("segment", head_file, "-p", "liver", "-o", tmp_path / "labels.nii.gz")
    path = {"PYTHONPATH": str(tmp_path)}
    assert_one_sentence(run_anew(*arguments, **path), 3, "ZeroDivisionError")
    shown = run_anew(*arguments, **path, MRIFOUNDATION_DEBUG="1")
    assert shown.returncode == 3 and "Traceback" in shown.stderr


def test_info_prints_one_json_object(run):
    known = json.loads(run("info", "--json").stdout)
    assert known["model"]["name"] == "tiny" and known["version"] and known["device"] == "cpu"
    assert "tiny" in run("info").stdout


def test_the_demo_goes_the_whole_way_through_a_backend_of_its_own(run, head_file, tmp_path):
    done = run("run", "--scan", head_file, "--prompts", "left hippocampus; liver", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "left hippocampus" in done.stdout and "mL" in done.stdout and "presence" in done.stdout
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"labels.nii.gz", "overlay.png", "result.json"}
    rows = json.loads((tmp_path / "out" / "result.json").read_text())["structures"]
    assert [row["name"] for row in rows] == ["left hippocampus", "liver"]
    assert nib.load(tmp_path / "out" / "labels.nii.gz").shape == nib.load(head_file).shape


def test_the_demo_without_a_scan_and_prompts_takes_its_own(run, tmp_path):
    pytest.importorskip("nilearn")
    done = run("run", "--out", tmp_path, "--profile", "fast", "--json")
    assert done.returncode == 0, done.stderr
    names = [row["name"] for row in json.loads(done.stdout)["structures"]]
    assert {"left hippocampus", "right hippocampus", "brainstem"} <= set(names)
    assert nib.load(tmp_path / "labels.nii.gz").shape == (197, 233, 189)


def test_the_demo_passes_on_what_the_backend_refuses(run, head_file, tmp_path):
    done = run("run", "--scan", head_file, "--prompts", "flux capacitor", "--out", tmp_path)
    assert_one_sentence(done, 1, "flux capacitor")


def test_what_takes_long_to_import_is_left_until_it_is_needed():
    slow = {"torch", "lancedb", "pyarrow", "pandas", "scipy", "skimage", "sklearn", "vtk"}
    code = f"import sys, mrifoundation.cli; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "[]\n")
