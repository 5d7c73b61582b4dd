"""The nearest library cases of each class: told by their own source, of other people, and honest where there is none."""

import csv
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from mrifoundation import Engine, read_scan
from mrifoundation.library import Library
from mrifoundation.tasks import search as module
from mrifoundation.tasks.classify.nearest import nearest_cases
from mrifoundation.tasks.classify.study import Study

COLUMNS = ("id", "subject", "source", "region", "sequence", "kind", "path", "age", "sex", "diagnosis", "caption")
PEOPLE = (
    ("one", "normal heart"), ("two", "abnormal right ventricle"), ("three", "unknown"), ("asks", "normal heart"),
    ("denied", "no dilated cardiomyopathy"), ("doubted", "dilated cardiomyopathy?"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tiny_weights):
    return Engine.load(tiny_weights)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Scans of six people, one of whom asks."""
    folder, rows = tmp_path_factory.mktemp("hearts"), []
    i, j, k = np.meshgrid(*(np.linspace(-1.2, 1.2, n) for n in (24, 22, 20)), indexing="ij")
    for seed, (name, diagnosis) in enumerate(PEOPLE):
        image = (i**2 + j**2 + k**2 < 1) * (300 + 200 * np.sin((2 + seed) * i + j))
        nib.save(nib.Nifti1Image(image.astype(np.int16), np.diag([5.0, 5, 5, 1])), folder / f"{name}.nii.gz")
        rows.append((name, name, "made", "heart", "cine", "image", f"{name}.nii.gz", "", "", diagnosis, ""))
    with open(folder / "volumes.csv", "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture(scope="module")
def library(archive, engine, tmp_path_factory):
    made = Library.open(tmp_path_factory.mktemp("library"), engine)
    made.add([archive / "volumes.csv"], "clinic", profile="fast")
    return made


@pytest.fixture(scope="module")
def told(archive, engine, library, card):
    heart = replace(card, classes=("normal", "abnormal right ventricle", "dilated cardiomyopathy"), positive="")
    study = Study.encode(engine, [read_scan(archive / "asks.nii.gz")], "fast")
    return {fact.what.removeprefix("nearest: "): fact for fact in nearest_cases(study, heart, library)}


def test_a_case_with_and_one_without_the_disease_come_with_their_source(told, archive):
    ill = told["abnormal right ventricle"]
    assert "two of clinic" in ill.sentence and str(archive / "two.nii.gz") in ill.sentence
    assert "“abnormal right ventricle”" in ill.sentence and ill.value <= 1


def test_abnormal_is_not_normal_and_the_scan_itself_is_no_neighbour(told):
    assert "one of clinic" in told["normal"].sentence


def test_a_class_that_no_case_is_told_to_have_without_doubt_is_said_to_have_none(told):
    none = told["dilated cardiomyopathy"]
    assert none.value == 0 and "holds no similar case that is told to be: dilated cardiomyopathy" in none.sentence


def test_an_empty_library_adds_nothing(engine, archive, card, tmp_path):
    study = Study.encode(engine, [read_scan(archive / "asks.nii.gz")], "fast")
    assert nearest_cases(study, card, Library.open(tmp_path / "empty", engine)) == []


def test_a_case_that_was_not_compared_is_not_the_nearest(archive, engine, library, card, monkeypatch):
    def looked_up(*asked):
        return {"hits": [hit | {"score": None} for hit in module.search_library(*asked)["hits"]]}

    study = Study.encode(engine, [read_scan(archive / "asks.nii.gz")], "fast")
    monkeypatch.setattr("mrifoundation.tasks.classify.nearest.search_library", looked_up)
    heart = replace(card, classes=("normal", "abnormal right ventricle"), positive="")
    facts = nearest_cases(study, heart, library)
    assert [fact.unit for fact in facts] == ["cases"] * 2 and not any("similarity" in fact.sentence for fact in facts)
