"""With and without the stage at the same cost: what is compared, what may be said, and that a stopped comparison goes on."""

import dataclasses
import math

import pytest

from mrifoundation.errors import InputError
from mrifoundation_training.evaluation import student_teacher as comparison
from mrifoundation_training.evaluation.paired import difference
from mrifoundation_training.evaluation.student_teacher import WITH, WITHOUT, compare, steps_at_equal_cost
from mrifoundation_training.stages.student_teacher import StudentTeacherSettings

STAGE = StudentTeacherSettings(weight=0.1, prototypes=(8, 16, 16), memory=(32, 64, 64), cells=128)


def test_both_arms_are_trained_and_scored_once_for_each_seed(small_recipe, tmp_path, monkeypatch):
    recipe = dataclasses.replace(small_recipe, steps=2, student_teacher=STAGE)
    monkeypatch.setattr(comparison, "EXAMPLES_TO_COUNT", 4)
    found = compare(recipe, [0, 1], tmp_path / "runs", ["bodies"], "fast")
    assert set(found["dice"]) == {"bodies"} and {len(found["dice"]["bodies"][arm]) for arm in (WITH, WITHOUT)} == {2}
    assert found["steps"][WITHOUT] > found["steps"][WITH], "the stage is not for free"
    comparison.print_table(found)

    def never(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(comparison, "train", never)
    assert compare(recipe, [0, 1], tmp_path / "runs", ["bodies"], "fast") == found


def test_a_stage_that_comes_every_other_step_costs_half_as_much(small_recipe):
    costs = [
        steps_at_equal_cost(
            dataclasses.replace(small_recipe, steps=1000, student_teacher=dataclasses.replace(STAGE, every=every))
        )[WITHOUT] - 1000
        for every in (1, 2)
    ]  # fmt: skip
    assert costs[1] == pytest.approx(costs[0] / 2, abs=1)


def test_a_difference_is_shown_only_when_the_seeds_agree():
    assert difference([0.61, 0.62, 0.60], [0.51, 0.53, 0.50])["shown"]
    assert not difference([0.61, 0.50, 0.60], [0.51, 0.53, 0.58])["shown"]
    alone = difference([0.9], [0.1])
    assert not alone["shown"] and math.isnan(alone["low"])


def test_a_recipe_without_the_stage_has_nothing_to_compare(small_recipe, tmp_path):
    with pytest.raises(InputError, match=r"student_teacher\.weight"):
        compare(small_recipe, [0], tmp_path)
