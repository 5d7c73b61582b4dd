"""Whatever layout trains can be measured on, and a scan is the same whichever way it lies."""

import dataclasses

import numpy as np
import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.data.layouts import read_cases
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.data.sharding import write_shards
from mrifoundation_training.data.source_recipe import SourceRecipe
from mrifoundation_training.evaluation.case_scoring import reference_labels
from mrifoundation_training.evaluation.measured_cases import cases_to_measure
from mrifoundation_training.evaluation.segmentation import chosen_cases
from mrifoundation_training.recipe import as_yaml


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MRIFOUNDATION_CACHE", str(tmp_path / "cache"))


def test_shards_are_measured_as_the_files_they_were_made_of(small_data, tmp_path):
    cases = [case for case in read_manifest(small_data) if case.image]
    write_shards(cases, tmp_path / "shards")
    for case, packed in zip(cases, cases_to_measure(str(tmp_path / "shards")), strict=True):
        scan, same = read_place(case.image), read_place(packed.image)
        assert np.array_equal(scan.voxels, same.voxels) and np.allclose(scan.affine, same.affine)
        assert np.array_equal(reference_labels(case, scan), reference_labels(packed, same))
    assert [case.id for case in chosen_cases(cases_to_measure(str(tmp_path / "shards")), "dev", None)] == ["c"]


def test_the_labels_of_a_dicom_series_lie_on_it(dicom_tree):
    case = next(case for case in cases_to_measure(dicom_tree) if case.labels)
    labels = reference_labels(case, read_place(case.image))
    assert {case.table[value] for value in np.unique(labels) if value} == {"liver", "left kidney", "right kidney"}


def test_a_recipe_is_measured_on_the_people_it_sets_aside_under_the_names_that_train(small_recipe, tmp_path):
    sources = {
        "bodies": SourceRecipe(1, rename={"liver": "spleen"}),
        "maps": SourceRecipe(1, rename={"liver": "spleen"}),
    }
    recipe = dataclasses.replace(small_recipe, sources=sources, development_people=1)
    (tmp_path / "recipe.yaml").write_text(as_yaml(recipe))
    cases = {case.id: case for case in cases_to_measure(tmp_path / "recipe.yaml")}
    assert sorted(case.split for name, case in cases.items() if name in "ab") == ["dev", "train"]
    assert cases["c"].split == "dev" and cases["m"].split == cases["d"].split == "train"
    assert cases["a"].table[1] == "spleen" and cases["m"].table[1] == "liver", (
        "a map is renamed when it is made an image of"
    )


def test_data_without_a_split_say_how_to_set_people_aside(dicom_tree):
    with pytest.raises(InputError, match="set development_people in your recipe"):
        chosen_cases(read_cases(dicom_tree), "dev", None)
