"""The whole way with real (untrained) weights on small scans: skip, resume, table, JSON, exit code."""

import csv
import json

import nibabel as nib
import numpy as np
import pytest
import torch

from mrifoundation.errors import InputError
from mrifoundation.model import Card, FoundationModel, NetworkConfig, save_model
from mrifoundation_training.evaluation.segmentation import evaluate

NAMES = ("liver", "spleen", "left kidney", "right kidney", "brainstem", "left hippocampus", "left femur")
COLUMNS = (
    "id",
    "subject",
    "source",
    "region",
    "sequence",
    "kind",
    "path",
    "labels_path",
    "label_table",
    "split",
    "orientation_checked",
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    config = NetworkConfig(
        channels=(32, 32, 32, 32), blocks=(1, 1, 1, 1), features=32, neck_layers=1, neck_heads=2, names=NAMES
    )
    save_model(folder, FoundationModel(config), Card("untrained", "0", "Apache-2.0", config))
    return folder


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """Two good cases, one whose scan is empty, one whose labels are on another grid, and one of another split."""
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))
    table = {"1": "liver", "2": "right kidney", "3": "left kidney", "4": "spleen"}
    (tmp_path / "table.json").write_text(json.dumps(table))
    rng = np.random.default_rng(0)
    rows = []
    for name, split in (
        ("good-1", "dev"),
        ("good-2", "dev"),
        ("empty", "dev"),
        ("shifted", "dev"),
        ("train-1", "train"),
    ):
        image, labels = rng.integers(0, 500, (24, 20, 16)).astype(np.int16), np.zeros((24, 20, 16), np.uint8)
        image[4:20, 4:16, 3:13] += 700
        labels[5:9, 5:9, 4:8], labels[14:18, 5:9, 4:8], labels[8:12, 10:14, 8:12] = 2, 3, 1
        affine = np.diag([4.0, 4, 5, 1])
        nib.save(nib.Nifti1Image(image, affine), tmp_path / f"{name}.nii.gz")
        nib.save(nib.Nifti1Image(labels, affine), tmp_path / f"{name}-labels.nii.gz")
        files = (f"{name}.nii.gz", f"{name}-labels.nii.gz", "table.json")
        source = "other" if name == "good-2" else "made"
        rows.append((name, name, source, "abdomen", "T2", "image", *files, split, "yes"))
    (tmp_path / "empty.nii.gz").write_bytes(b"")
    nib.save(nib.Nifti1Image(np.zeros((9, 9, 9), np.uint8), np.eye(4)), tmp_path / "shifted-labels.nii.gz")
    with open(tmp_path / "volumes.csv", "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return tmp_path / "volumes.csv"


def evaluated(manifest, weights, capsys, **options) -> dict:
    assert evaluate(manifest, profile="fast", weights=weights, as_json=True, **options) == 0
    return json.loads(capsys.readouterr().out)


def test_good_cases_are_scored_and_bad_ones_named(manifest, weights, capsys):
    found = evaluated(manifest, weights, capsys)
    assert {(row["structure"], row["source"]) for row in found["structures"]} == {
        (name, source) for name in ("liver", "left kidney", "right kidney", "kidney") for source in ("made", "other")
    }
    assert [skipped["case"] for skipped in found["skipped"]] == ["empty", "shifted"]
    assert "is empty (0 bytes)" in found["skipped"][0]["reason"]
    assert "not on the grid" in found["skipped"][1]["reason"]
    assert found["false_presence"]["asked"] == 2 * len(("brainstem", "left hippocampus"))
    assert found["false_presence_labelled"]["asked"] == 2
    assert found["model"].startswith("untrained-0-")


def test_a_stopped_evaluation_goes_on_and_ends_with_the_same_numbers(manifest, weights, capsys, tmp_path):
    output = tmp_path / "scores.csv"
    whole = evaluated(manifest, weights, capsys)
    evaluated(manifest, weights, capsys, output=output, sources=["made"])
    size = output.stat().st_size
    resumed = evaluated(manifest, weights, capsys, output=output)
    assert output.stat().st_size > size
    assert {row["case"] for row in csv.DictReader(output.open())} == {"good-1", "good-2"}
    for one, other in zip(whole["structures"], resumed["structures"], strict=True):
        assert one["dice"]["mean"] == pytest.approx(other["dice"]["mean"], abs=1e-4)


def test_what_is_scored_is_not_computed_again(manifest, weights, capsys, tmp_path):
    output = tmp_path / "scores.csv"
    evaluated(manifest, weights, capsys, output=output, sources=["other"])
    (tmp_path / "good-2.nii.gz").unlink()
    assert evaluated(manifest, weights, capsys, output=output, sources=["other"])["skipped"] == []


def test_the_table_is_printed_for_people_and_kept_as_markdown(manifest, weights, capsys, tmp_path):
    table = tmp_path / "scores.md"
    assert evaluate(manifest, profile="fast", weights=weights, split="train", table=table) == 0
    printed = capsys.readouterr().out
    for expected in ("left kidney", "HD95 mm", "Left and right swapped", "scans: 1"):
        assert expected in printed
    assert "| made | left kidney |" in table.read_text() and "surface Dice, 2 mm" in table.read_text()


def test_when_nothing_could_be_scored_the_exit_code_says_so(manifest, weights, capsys, tmp_path):
    for name in ("good-1", "good-2", "shifted"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"")
    assert evaluate(manifest, profile="fast", weights=weights) == 1
    assert "Skipped 4 cases" in capsys.readouterr().out


def test_what_is_not_there_is_said_to_be(manifest, weights, tmp_path):
    with pytest.raises(InputError, match="no scans of split 'holdout'"):
        evaluate(manifest, split="holdout", weights=weights)
    with pytest.raises(InputError, match="no source oasis; it has made, other"):
        evaluate(manifest, sources=["oasis"], weights=weights)
    with pytest.raises(InputError, match="manifest"):
        evaluate(tmp_path / "none.csv", weights=weights)
