"""Few-shot evaluation on bodies made here: what is drawn, what each method gets, what is printed and kept."""

import json
from functools import partial

import numpy as np
import pytest
import torch

from mrifoundation import InputError
from mrifoundation_training.data.manifest import read_manifest
from mrifoundation_training.evaluation import few_shot
from mrifoundation_training.evaluation.few_shot import OURS, SCRATCH, UNTRAINED, evaluate
from mrifoundation_training.evaluation.few_shot_tasks import Budget, tasks_of
from mrifoundation_training.evaluation.from_scratch import ScratchRecipe, annotated_loss


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


def test_what_nobody_annotated_has_no_part_in_the_loss_from_scratch():
    random = torch.Generator().manual_seed(0)
    logits, inside = torch.randn(6, 6, 6, generator=random), (torch.rand(6, 6, 6, generator=random) > 0.5).float()
    known = torch.zeros(6, 6, 6)
    known[2] = 1
    other_logits, other_inside = logits.clone(), inside.clone()
    other_logits[3:] += 5
    other_inside[:2] = 1 - other_inside[:2]
    loss = annotated_loss(logits, inside, known)
    assert annotated_loss(other_logits, other_inside, known) == pytest.approx(float(loss), rel=1e-5)
    other_logits[2] = 20 * inside[2] - 10  # right where it was annotated
    assert annotated_loss(other_logits, inside, known) < 0.01 < loss


def test_the_table_is_printed_and_kept_and_a_stopped_run_goes_on(
    small_data, tiny_weights, reading_weights, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(few_shot, "ScratchRecipe", partial(ScratchRecipe, patch=32, filters=(8, 8, 16, 16)))
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
    with pytest.raises(InputError, match="test scans"):
        evaluate(small_data, seeds=1, most_tests=1, **options)
    assert json.loads(kept.read_text()) == second
