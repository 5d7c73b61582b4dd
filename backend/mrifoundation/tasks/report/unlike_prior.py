"""In what a prior scan differs from this one besides its date, so that a change may come from the scanning."""

from collections.abc import Sequence

import numpy as np

from mrifoundation.tasks.classify.regions_told import regions_told
from mrifoundation.tasks.classify.sequence_guess import SequenceGuess, guess_sequence
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.report.document import Sentence
from mrifoundation.tasks.report.prior_headers import UNKNOWN, PriorHeaders
from mrifoundation.volume import Scan

MUCH = 2.0  # times as large a voxel, or as thick a slice
MAY_COME = "so part of any change may come from that."
OTHER_PATIENT = (
    "The DICOM headers of the two scans name different patients: make sure that the prior is of the same person before using "
    "any sentence of this comparison."
)


def unlike_prior(study: Study, prior: Study, headers: PriorHeaders = UNKNOWN) -> list[Sentence]:
    """A sentence for each: patient, part of the body, contrast, voxels. The first series of each is looked at."""
    sentences = other_patient(headers) + _series(study) + _parts(study, prior)
    return sentences + _contrast(study, prior) + _voxels(study.scans[0], prior.scans[0])


def other_patient(headers: PriorHeaders) -> list[Sentence]:
    """A sentence where the headers name different patients; it tells none of their ids."""
    return [Sentence(OTHER_PATIENT, {"patients_differ": True})] if headers.other_patient else []


def _series(study: Study) -> list[Sentence]:
    if len(study.scans) == 1:
        return []
    return [Sentence("Of the series of this examination, series 1 is compared.", {"series": 1})]


def _parts(study: Study, prior: Study) -> list[Sentence]:
    now, then = regions_told(study), regions_told(prior)
    facts = {"now": list(now), "then": list(then)}
    sentences = []
    if set(now) != set(then):
        text = (
            f"The two scans do not seem to show the same part of the body: {_listed(now)} now, {_listed(then)} then. "
            "Structures that were looked for in one of them alone are not compared."
        )
        sentences.append(Sentence(text, facts))
    if "heart" in now and "heart" in then:
        text = "The chambers of a heart change as it beats; that both scans show the same phase was not checked."
        sentences.append(Sentence(text, facts))
    return sentences


def _listed(regions: Sequence[str]) -> str:
    return " and ".join(regions) or "none that was recognised"


def _contrast(study: Study, prior: Study) -> list[Sentence]:
    now, then = (guess_sequence(one.engine, one.encodings[0]) for one in (study, prior))
    if now is None or then is None or _called(now) == _called(then):
        return []
    text = f"The contrast of the two scans differs: most like {_called(now)} now, {_called(then)} then (guesses), {MAY_COME}"
    return [Sentence(text, {"now": _called(now), "then": _called(then), "guessed": True})]


def _called(guess: SequenceGuess) -> str:
    return f"{guess.name} with contrast agent" if guess.contrast_agent else guess.name


def _voxels(now: Scan, then: Scan) -> list[Sentence]:
    """Where a voxel, or the thickness of a slice (the largest spacing), differs by more than MUCH times."""
    sizes = [(scan.voxel_ml, float(scan.spacing.max())) for scan in (now, then)]
    if all(max(pair) <= MUCH * min(pair) for pair in zip(*sizes, strict=True)):
        return []
    spacing = [" × ".join(f"{step:.2f}" for step in scan.spacing) for scan in (now, then)]
    text = f"The voxels of the two scans differ much: {spacing[0]} mm now, {spacing[1]} mm then, {MAY_COME}"
    facts = {f"{when}_spacing_mm": np.round(scan.spacing, 3).tolist() for when, scan in (("now", now), ("then", then))}
    return [Sentence(text, facts)]
