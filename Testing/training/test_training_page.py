"""What docs/training.md tells a new user to do, done: the recipe on the page trains a folder in nnU-Net's layout and goes on."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from mrifoundation.cli import main as shell_main
from mrifoundation.model import load_model
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.recipe import read_recipe
from mrifoundation_training.train import main
from mrifoundation_training.usable import usable_cases

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
FEWER = ["log_every=2", "save_every=2", "workers=0", "threads=1", "geometry.budget=[6000,9000]"]


@pytest.fixture
def here(small_data, tmp_path, monkeypatch):
    """A working folder with a data set of the name that the page uses, two scans with reports, and the recipe of the page."""
    folder = tmp_path / "Dataset007_Belly"
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True)
    for name in ("a", "b", "c", "d"):
        shutil.copy(small_data.parent / f"{name}_image.nii.gz", folder / "imagesTr" / f"{name}_0000.nii.gz")
        shutil.copy(small_data.parent / f"{name}_labels.nii.gz", folder / "labelsTr" / f"{name}.nii.gz")
    for name in ("a", "b"):
        (tmp_path / f"p{'ab'.index(name) + 1}").mkdir()
        shutil.copy(small_data.parent / f"{name}_image.nii.gz", tmp_path / f"p{'ab'.index(name) + 1}" / "t2.nii.gz")
    labels = {"background": 0, "liver": 1, "kidney_right": 2, "kidney_left": 3}
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    (tmp_path / "mine.yaml").write_text(block("name: mine"))
    (tmp_path / "pairs.csv").write_text(block("image,report"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def block(first):
    """The block of the page that begins like this."""
    return next(b for b in re.findall(r"```\w*\n(.*?)```", PAGE, re.S) if b.startswith(first))


def commands(holding, of="mrifoundation-train"):
    lines = re.findall(rf"^{of} (.*)$", PAGE, re.M)
    return [shlex.split(line, comments=True) for line in lines if holding in line]


def test_the_page_trains_a_folder_and_goes_on(here):
    first, again = commands("mine.yaml threads")[0], commands("--resume")[0]
    assert main([*first, "steps=2", *FEWER]) == 0
    assert main([*again[:1], "steps=4", *FEWER, *again[2:]]) == 0
    model, card = load_model(here / "runs" / "mine" / "weights")
    assert card.training["steps"] == 4 and model.taught("left kidney")
    assert [(row["source"], row["tier"], row["subjects"]) for row in card.training_data] == [
        ("Dataset007_Belly", "own", 2)
    ]
    assert card.licence == "that of your data"


def test_the_page_measures_on_people_who_never_trained(here, capsys):
    train, evaluate = commands("mine.yaml threads")[0], commands("runs/mine", of="mrifoundation evaluate")[0]
    assert main([*train, "steps=2", *FEWER]) == 0
    capsys.readouterr()
    assert shell_main(["evaluate", *evaluate, "--profile", "fast", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (liver,) = (row for row in found["structures"] if row["structure"] == "liver")
    assert liver["dice"]["subjects"] == 2 and not found["skipped"]
    measured = {case.id for case in cases_to_measure("runs/mine/recipe.yaml") if case.split == "dev"}
    trained = {case.id for case in usable_cases(read_recipe("runs/mine/recipe.yaml"))}
    assert len(measured) == len(trained) == 2 and not measured & trained


def test_the_page_trains_a_dicom_archive(here, dicom_tree):
    (command,) = commands("manifest=Archive")
    assert main([*command, "development_people=1", "steps=2", *FEWER]) == 0
    model, card = load_model(here / "runs" / "archive" / "weights")
    assert model.taught("left kidney") and [row["source"] for row in card.training_data] == ["Archive"]
    (evaluate,) = commands("runs/archive", of="mrifoundation evaluate")
    assert shell_main(["evaluate", *evaluate, "--profile", "fast", "--json"]) == 0


def test_the_page_trains_on_pairs(here):
    (command,) = commands("report_pairs")
    assert main([*command, "steps=2", "reports.sentences=20", *FEWER]) == 0
    card = load_model(here / "runs" / "mine" / "weights")[1]
    assert {row["source"] for row in card.training_data} == {"Dataset007_Belly", "pairs"}
