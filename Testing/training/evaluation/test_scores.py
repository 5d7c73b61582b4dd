"""Rows worked out by hand: volumes, swapped sides, absence, presence elsewhere; and how they add up."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Segmentation
from mrifoundation_training.evaluation.markdown_page import MarkdownPage
from mrifoundation_training.evaluation.questions import Question
from mrifoundation_training.evaluation.report import as_json, print_summary
from mrifoundation_training.evaluation.scores import elsewhere_scores, labelled_scores
from mrifoundation_training.evaluation.summary import summarise

SPACING = (1.0, 2.0, 5.0)
VALUES = {"left kidney": (3,), "right kidney": (2,), "kidney": (2, 3), "liver": (1,)}


def an_answer(labels: np.ndarray, names: list[str]) -> Segmentation:
    table = [
        {
            "prompt": name,
            "name": name,
            "value": value,
            "volume_ml": float((labels == value).sum() * 0.01),
            "center_ras_mm": None,
            "presence": 0.9 if (labels == value).any() else 0.1,
            "in_view": bool((labels == value).any()),
            "explanation": "",
            "parts": [],
        }
        for value, name in enumerate(names, start=1)
    ]
    return Segmentation(labels, np.diag([*SPACING, 1.0]), table, [], {})


@pytest.fixture
def reference() -> np.ndarray:
    labels = np.zeros((20, 10, 6), np.int32)
    labels[2:6, 2:6, 1:5], labels[14:18, 2:6, 1:5] = 2, 3
    return labels


def scored(labels, names, reference, case="case", subject="subject", source="made"):
    questions = [Question(name, VALUES[name]) for name in names]
    answer = an_answer(labels, names)
    return labelled_scores((case, subject, source), questions, answer, reference, Vocabulary.load(), VALUES)


def relabelled(reference, mapping) -> np.ndarray:
    labels = np.zeros(reference.shape, np.uint8)
    for value, number in mapping.items():
        labels[reference == value] = number
    return labels


def test_a_perfect_answer_scores_perfectly_with_its_volumes(reference):
    for score in scored(relabelled(reference, {3: 1, 2: 2}), ["left kidney", "right kidney"], reference):
        assert (score.truth, score.dice, score.hd95_mm, score.swapped) == ("present", 1.0, 0.0, False)
        assert score.surface_dice == 1.0
        assert score.reference_ml == score.predicted_ml == pytest.approx(64 * 0.01)


def test_swapped_sides_are_seen(reference):
    scores = scored(relabelled(reference, {2: 1, 3: 2}), ["left kidney", "right kidney"], reference)
    assert [score.swapped for score in scores] == [True, True]
    assert [score.dice for score in scores] == [0.0, 0.0]
    assert scores[0].hd95_mm == pytest.approx(12 * SPACING[0])


def test_an_answer_that_spills_a_little_onto_the_other_side_is_not_swapped(reference):
    labels = relabelled(reference, {3: 1})
    labels[2:4, 2:6, 1:5] = 1
    assert [score.swapped for score in scored(labels, ["left kidney"], reference)] == [False]


def test_only_a_structure_with_a_labelled_other_side_can_be_swapped(reference):
    only_left = np.where(reference == 3, 3, 0)
    assert scored(relabelled(reference, {2: 1}), ["kidney"], reference)[0].swapped is None
    assert scored(relabelled(reference, {2: 1}), ["left kidney"], only_left)[0].swapped is False
    assert scored(np.zeros_like(reference), ["left kidney"], reference)[0].swapped is None


def test_a_labelled_structure_that_is_not_in_the_case_counts_as_absent_not_as_a_dice(reference):
    labels = np.zeros(reference.shape, np.uint8)
    labels[0, 0, 0] = 1
    (score,) = scored(labels, ["liver"], reference)
    assert (score.truth, score.in_view) == ("absent", True)
    assert math.isnan(score.dice)
    assert math.isnan(score.hd95_mm)


def test_the_summary_adds_it_all_up(reference):
    perfect = relabelled(reference, {3: 1, 2: 2})
    half = perfect.copy()
    half[:, :, 3:] = 0
    names = ["left kidney", "right kidney"]
    scores = [
        *scored(perfect, names, reference, "a", "A"),
        *scored(half, names, reference, "b", "B"),
        *scored(relabelled(reference, {2: 1, 3: 2}), names, reference, "c", "C"),
        *scored(np.zeros_like(perfect), ["liver"], reference, "c", "C"),
        *elsewhere_scores(
            ("c", "C", "made"), an_answer(np.where(reference == 3, 1, 0), ["brainstem", "left femur", "prostate"])
        ),
    ]
    summary = summarise(scores)
    left = next(row for row in summary.structures if row.structure == "left kidney")
    assert left.dice.mean == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert (left.dice.subjects, left.missed) == (3, 0)
    assert left.surface_dice.subjects == 3 and 1 / 3 < left.surface_dice.mean < 2 / 3, (
        "perfect, half and on the other side"
    )
    right = next(row for row in summary.structures if row.structure == "right kidney")
    both = (left.surface_dice.mean + right.surface_dice.mean) / 2
    assert summary.surfaces["made"].mean == pytest.approx(both)
    assert (summary.sources["made"].subjects, summary.sources["made"].scans) == (3, 3)
    assert summary.sources["made"].mean == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert (summary.elsewhere.count, summary.elsewhere.asked) == (1, 3)
    assert summary.elsewhere.names == ("brainstem in c",)
    assert (summary.absent.count, summary.absent.asked) == (0, 1)
    assert (summary.swapped.count, summary.swapped.asked) == (2, 6)
    assert all(reached is None for _, reached in summary.floors)


def test_a_floor_weighs_every_structure_the_same(reference):
    whole = relabelled(reference, {3: 1, 2: 2})
    scores = [
        *scored(whole, ["left kidney", "right kidney"], reference, "a", "A", "chaos"),
        *scored(np.where(whole == 1, 1, 0), ["left kidney", "right kidney"], reference, "b", "B", "chaos"),
    ]
    reached = {floor.title: value for floor, value in summarise(scores).floors}
    assert reached["kidneys and spleen"] == pytest.approx((1.0 + 0.5) / 2)
    assert reached["liver"] is None


def test_the_report_names_what_went_wrong_in_words_and_in_json(reference):
    scores = [
        *scored(relabelled(reference, {2: 1, 3: 2}), ["left kidney", "right kidney"], reference),
        *elsewhere_scores(("case", "subject", "made"), an_answer(np.where(reference == 3, 1, 0), ["brainstem"])),
    ]
    summary, text = summarise(scores), io.StringIO()
    print_summary(Console(file=text, width=200), summary, "title", {"broken-1": "'x.nii' is empty."})
    for expected in (
        "left kidney",
        "brainstem in case",
        "2 of 2 (100.0%)",
        "Skipped 1 case:",
        "broken-1: 'x.nii' is empty.",
    ):
        assert expected in text.getvalue()
    found = json.loads(json.dumps(as_json(summary, "m", "fast", "dev", {}), allow_nan=False))
    assert found["false_presence"]["rate"] == 1.0
    assert found["structures"][0]["dice"]["low"] is None
    assert found["surface_tolerance_mm"] == 2.0 and found["structures"][0]["surface_dice"]["mean"] == 0.0


def test_scores_without_surface_dice_are_said_to_be(reference):
    whole = relabelled(reference, {3: 1, 2: 2})
    scores = scored(whole, ["left kidney"], reference, "a", "A")
    earlier = [replace(score, case="b", subject="B", surface_dice=math.nan) for score in scores]
    page = MarkdownPage()
    print_summary(page, summarise(scores + earlier), "title", {})
    (row,) = [line for line in page.text.splitlines() if line.startswith("| made | left kidney")]
    assert "| 1.000 | 1.000 – 1.000 | 0.00 | 1.000 | – | 2 | 2 | 0 |" in row
    assert "Surface Dice is of fewer scans" in page.text
