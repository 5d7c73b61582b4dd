"""Scoring one case through the public interface alone: read, encode, ask, compare."""

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.errors import InputError
from mrifoundation.volume import Scan
from mrifoundation.volume.same_grid import apart_mm
from mrifoundation_training.data.manifest import Case
from mrifoundation_training.data.reading import read_place
from mrifoundation_training.data.unjudged import check_judged
from mrifoundation_training.evaluation.questions import disjoint_batches, elsewhere_questions, labelled_questions
from mrifoundation_training.evaluation.scores import Score, elsewhere_scores, labelled_scores
from mrifoundation_training.evaluation.surface_distance import TOLERANCE_MM


def score_case(engine: Engine, case: Case, profile: str, tolerance_mm: float = TOLERANCE_MM) -> list[Score]:
    """Scores of everything that may be asked of the case; [] when nothing may. tolerance_mm: of surface Dice.

    Raises InputError when the scan or its labels cannot be read, or do not share a grid.
    """
    asked = labelled_questions(case, engine.vocabulary, engine.knows)
    elsewhere = elsewhere_questions(case, engine.vocabulary, engine.knows)
    if case.image is None or not asked + elsewhere:
        return []
    scan = read_place(case.image)
    reference = reference_labels(case, scan) if asked else None
    encoding = engine.encode(scan, profile=profile)
    identity = (case.id, case.subject, case.source)
    values_of = {question.name: question.values for question in asked}
    scores = []
    for batch in disjoint_batches(asked):
        answer = engine.segment(encoding, [question.name for question in batch], likeliest=True)
        scores += labelled_scores(identity, batch, answer, reference, engine.vocabulary, values_of, tolerance_mm)
    if elsewhere:
        scores += elsewhere_scores(
            identity, engine.segment(encoding, [question.name for question in elsewhere], likeliest=True)
        )
    return scores


def reference_labels(case: Case, scan: Scan) -> np.ndarray:
    """Label values on the scan's grid, int32 [i, j, k]. Raises InputError when it is another, or voxels were left unjudged."""
    labels = read_place(case.labels)
    if apart_mm(scan.shape, scan.affine, labels.shape, labels.affine) > scan.spacing.min():
        raise InputError(f"The labels of '{case.id}' are not on the grid of its scan; resample them onto it.")
    values = np.rint(labels.voxels).astype(np.int32)
    check_judged(case, values)
    return values
