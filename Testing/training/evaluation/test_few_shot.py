"""Few-shot evaluation on bodies made here: what is drawn, what each method gets, what is printed and kept."""

import json

import numpy as np
import pytest

from mrifoundation import Engine, InputError
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation.few_shot import OURS, SCRATCH, UNTRAINED, evaluate
from mrifoundation_training.evaluation.few_shot_methods import from_scratch
from mrifoundation_training.evaluation.few_shot_tasks import Budget, labelled, tasks_of
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe
from mrifoundation_training.evaluation.overlap import dice


@pytest.fixture(scope="module")
def liver(small_data):
    (task,) = tasks_of(read_manifest(small_data), "fast", None, ["liver"], None)
    return task


def test_scans_of_the_split_train_teach_and_those_of_dev_test(liver):
    assert {case.split for case in liver.teachers} == {"train"} and [case.id for case in liver.tests] == ["c"]


def test_where_a_source_has_one_split_its_subjects_are_divided(small_data):
    cases = [case for case in read_manifest(small_data) if case.split == "train"]
    (task,) = tasks_of(cases, "fast", None, ["liver"], None)
    assert len(task.teachers) == 1 and {case.subject for case in task.teachers}.isdisjoint(
        case.subject for case in task.tests
    )


def test_slices_are_drawn_from_as_many_scans_as_there_are_and_say_nothing_elsewhere(liver):
    shots = liver.draw(Budget(5, "slices"), seed=0)
    counts = [int(shot.known.any(axis=(0, 1)).sum()) for shot in shots]
    assert sum(counts) == 5 and len(shots) == 3
    assert all(shot.mask[~shot.known].sum() == 0 and shot.mask.any() for shot in shots)
    again = liver.draw(Budget(5, "slices"), seed=0)
    assert all(np.array_equal(one.known, other.known) for one, other in zip(shots, again, strict=True))
    assert not all(
        np.array_equal(one.known, other.known)
        for one, other in zip(shots, liver.draw(Budget(5, "slices"), seed=1), strict=True)
        if one.known.shape == other.known.shape
    )


def test_more_scans_than_there_are_are_refused(liver):
    with pytest.raises(InputError, match="has 3 scans to learn liver from, not 10"):
        liver.draw(Budget(10, "scans"), seed=0)


def test_a_network_from_scratch_learns_something_from_one_scan(liver, tiny_weights):
    engine = Engine.load(tiny_weights, "cpu")
    scan, truth = labelled(liver.tests[0], "liver")
    recipe = ScratchRecipe(steps=80, patch=32, filters=(8, 16, 32), rate=0.05)
    found = from_scratch(engine, liver.draw(Budget(1, "scans"), seed=0), "fast", recipe, seed=0)(scan)
    assert dice(found, truth) > 3 * truth.mean()  # the Dice of as many voxels anywhere is about that mean


def test_the_table_is_printed_and_kept_and_a_stopped_run_goes_on(
    small_data, tiny_weights, reading_weights, tmp_path, capsys
):
    kept, table = tmp_path / "few.json", tmp_path / "few.md"
    options = {
        "structures": ["liver"], "slices": 2, "scans": (1, 9), "scratch_steps": 1, "profile": "fast", "output": kept,
        "table": table, "weights": tiny_weights,
    }  # fmt: skip
    assert evaluate(small_data, seeds=1, **options) == 0
    first = json.loads(kept.read_text())
    assert {row["method"] for row in first["rows"]} == {OURS, UNTRAINED, SCRATCH}
    assert {row["budget"] for row in first["rows"]} == {"2 slices", "1 scan"}
    assert "9 scans" in next(iter(first["left_out"])) and all(0 <= row["dice"] <= 1 for row in first["rows"])
    assert evaluate(small_data, seeds=2, **options) == 0
    second = json.loads(kept.read_text())
    assert second["repetitions"][: len(first["repetitions"])] == first["repetitions"]
    assert all(row["repetitions"] == 2 and row["spread"] is not None for row in second["rows"])
    assert f"| {OURS} | {UNTRAINED} | {SCRATCH} |" in table.read_text() and table.read_text() in capsys.readouterr().out
    with pytest.raises(InputError, match="other weights"):
        evaluate(small_data, seeds=1, **options | {"weights": reading_weights})
