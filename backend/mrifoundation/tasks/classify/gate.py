"""Is this study what a head is meant for? If not, the answer is the reason and no number."""

import numpy as np

from mrifoundation.tasks.classify.classification import NotApplicable
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.quality import problem_of

NEAR_THE_EDGE = 0.8  # of the largest distance: from here on an answer carries a caution


def check_study(head: Head, study: Study) -> str:
    """A caution ("" when there is none). Raises NotApplicable, with the reason, before anything slow is measured."""
    card = head.card
    if card.model_id and card.model_id != study.engine.card.model_id:
        raise NotApplicable("The head was fitted for other weights; fit it again (mrifoundation-heads, or teach head).")
    if "measurement_error" in card.gate:  # in cards of before the calibration
        raise NotApplicable(
            "The head was fitted by an earlier version, which took the error of our measurement for the same in all people; "
            "fit it again (mrifoundation-heads)."
        )
    for scan in study.scans:
        if problem := problem_of(scan):
            raise NotApplicable(f"Nothing can be told from '{scan.name}': {problem}.")
    _check_regions(head, study)  # before the number of series: a knee needs no second phase, it needs another head
    if len(study.scans) != len(card.inputs):
        wanted = "one series" if len(card.inputs) == 1 else f"{len(card.inputs)} series ({', then '.join(card.inputs)})"
        raise NotApplicable(f"The head needs {wanted} and was given {len(study.scans)}.")
    _check_age(head, study)
    return _check_distance(head, study)


def _check_age(head: Head, study: Study) -> None:
    if head.card.ages is None:
        return
    low, high = head.card.ages
    if study.age is None:
        raise NotApplicable(
            f"The head is meant for ages {low:.0f} to {high:.0f} and the age is not known; give it (--age)."
        )
    if not low <= study.age <= high:
        raise NotApplicable(f"The head is meant for ages {low:.0f} to {high:.0f}; this person is {study.age:.0f}.")


def _check_regions(head: Head, study: Study) -> None:
    wanted = head.card.regions
    for number, scan in enumerate(study.scans if wanted else ()):
        told = regions_told(study, number)
        if not set(told) & set(wanted):
            seen = f"is most like a scan of the {' or '.join(told)}" if told else "does not show enough of it"
            raise NotApplicable(f"The head is meant for scans of the {' or '.join(wanted)}; '{scan.name}' {seen}.")


def _check_distance(head: Head, study: Study) -> str:
    reference = head.arrays.get("reference")
    if reference is None or not len(reference):
        return ""
    here = study.embedding / np.linalg.norm(study.embedding)
    known = reference / np.linalg.norm(reference, axis=1, keepdims=True)
    distance, largest = 1 - float((known @ here).max()), head.card.gate["distance"]
    if distance > largest:
        raise NotApplicable(
            f"The scan is unlike every scan that the head was fitted on (distance {distance:.3f}, at most {largest:.3f})."
        )
    if distance > NEAR_THE_EDGE * largest:
        return f"The scan is hardly like those that the head was fitted on (distance {distance:.3f} of at most {largest:.3f})."
    return ""
