"""The score of one structure in one case: one row of the score file."""

from dataclasses import dataclass

import numpy as np

from mrifoundation.anatomy import Vocabulary
from mrifoundation.engine import Segmentation
from mrifoundation_training.evaluation.overlap import dice
from mrifoundation_training.evaluation.questions import Question
from mrifoundation_training.evaluation.surface_distance import TOLERANCE_MM, hausdorff95, surface_dice

PRESENT, ABSENT, ELSEWHERE = "present", "absent", "elsewhere"


@dataclass(frozen=True)
class Score:
    """truth: present (it is in the labels), absent (its source labels it, but not in this case) or elsewhere (another
    part of the body).

    dice, hd95_mm and surface_dice: NaN unless present (hd95_mm also when nothing was found, surface_dice also in a score file of before
    it was measured). swapped: the answer for one side overlaps the other side's label more than its own (None where there is no other
    side). Volumes in mL.
    """

    case: str
    subject: str
    source: str
    structure: str
    truth: str
    dice: float
    hd95_mm: float
    reference_ml: float
    predicted_ml: float
    presence: float
    in_view: bool
    swapped: bool | None
    surface_dice: float = float("nan")


def labelled_scores(
    identity: tuple[str, str, str],
    questions: list[Question],
    answer: Segmentation,
    reference: np.ndarray,
    vocabulary: Vocabulary,
    values_of: dict[str, tuple[int, ...]],
    tolerance_mm: float = TOLERANCE_MM,
) -> list[Score]:
    """One Score a question; the i-th question was the i-th prompt of `answer`.

    identity: case, subject, source. reference: label values on the scan's grid [i, j, k]; values_of: structure → its
    label values; tolerance_mm: of surface Dice.
    """
    spacing = np.linalg.norm(answer.affine[:3, :3], axis=0)
    voxel_ml = abs(np.linalg.det(answer.affine[:3, :3])) / 1000.0
    scores = []
    for number, (question, row) in enumerate(zip(questions, answer.table, strict=True), start=1):
        predicted, truth = answer.labels == number, np.isin(reference, question.values)
        partner = values_of.get(vocabulary[question.name].partner or "")
        scores.append(
            Score(
                *identity,
                structure=question.name,
                truth=PRESENT if truth.any() else ABSENT,
                dice=dice(predicted, truth),
                hd95_mm=hausdorff95(predicted, truth, spacing),
                reference_ml=float(np.count_nonzero(truth) * voxel_ml),
                predicted_ml=float(np.count_nonzero(predicted) * voxel_ml),
                presence=float(row["presence"]),
                in_view=bool(row["in_view"]),
                swapped=_swapped(predicted, truth, reference, partner),
                surface_dice=surface_dice(predicted, truth, spacing, tolerance_mm),
            )
        )
    return scores


def elsewhere_scores(identity: tuple[str, str, str], answer: Segmentation) -> list[Score]:
    """One Score a row of an answer to questions about other parts of the body."""
    nothing = float("nan")
    return [
        Score(
            *identity,
            structure=row["name"],
            truth=ELSEWHERE,
            dice=nothing,
            hd95_mm=nothing,
            reference_ml=0.0,
            predicted_ml=float(row["volume_ml"]),
            presence=float(row["presence"]),
            in_view=bool(row["in_view"]),
            swapped=None,
        )
        for row in answer.table
    ]


def _swapped(
    predicted: np.ndarray, truth: np.ndarray, reference: np.ndarray, partner: tuple[int, ...] | None
) -> bool | None:
    if not partner or not truth.any() or not predicted.any():
        return None
    other = np.isin(reference, partner)
    return bool(other.any() and dice(predicted, other) > dice(predicted, truth))
