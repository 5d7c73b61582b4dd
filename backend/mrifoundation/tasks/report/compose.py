"""The whole draft: technique, what is in view, function, lesions, heads, comparison, limits, pictures."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.engine.trust import trust_of
from mrifoundation.errors import Cancelled
from mrifoundation.tasks.classify.ask import ask_heads
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.tasks.measure.volumes import Volumes
from mrifoundation.tasks.overlay import draw_overlay
from mrifoundation.tasks.report.comparison import TITLE as COMPARISON
from mrifoundation.tasks.report.comparison import comparison_section, later_section
from mrifoundation.tasks.report.document import Picture, Report, Section, Sentence
from mrifoundation.tasks.report.findings import findings_section
from mrifoundation.tasks.report.function import function_section, measured_function
from mrifoundation.tasks.report.prior_headers import UNKNOWN, PriorHeaders
from mrifoundation.tasks.report.similar import similar_section
from mrifoundation.tasks.report.structures import (
    is_crumb,
    left_out,
    lesion_section,
    measured_structures,
    structure_section,
)
from mrifoundation.tasks.report.technique import technique
from mrifoundation.tasks.report.unlike_prior import other_patient, unlike_prior

if TYPE_CHECKING:
    from mrifoundation.library import Library

TITLE = "Draft of findings"
NOTICE = "Composed by a program from its own measurements, for research only; not a diagnosis. Read every sentence before using any."


def report(
    study: Study,
    heads: Sequence[str] | None = None,
    prior: Study | None = None,
    library: "Library | None" = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    *,
    headers: PriorHeaders = UNKNOWN,
) -> Report:
    """The draft for a study. heads: names, or all there are. prior: an earlier study of the same person; its first series is compared.

    library: where similar cases are looked for, whose captions and reports are quoted as theirs. headers: what those of scan and prior
    tell; a prior of another patient is said to be one, and one that was made later is not compared.
    Raises InputError for a head that is not there, and Cancelled.
    """
    tell = progress or (lambda stage, fraction, message: None)
    tell("report", 0.05, "Looking at the scan.")
    sections: list[Section | None] = [technique(study)]
    if any(problem_of(scan) for scan in study.scans):
        return Report(TITLE, (*sections, _limits(study)), model_id=study.engine.card.model_id)
    tell("report", 0.2, "Measuring structures.")
    volumes = [measured_structures(study, number) for number in range(len(study.scans))]
    for number, one in enumerate(volumes):
        title = f"Structures in series {number + 1}" if len(volumes) > 1 else "Structures in view"
        sections.append(structure_section(study.engine, one, title))
    _stop_if(cancel)
    tell("report", 0.5, "Measuring function.")
    function = measured_function(study)
    sections.append(function and function_section(function))
    sections.append(lesion_section(study, volumes[0]))
    _stop_if(cancel)
    tell("report", 0.6, "Asking the heads.")
    answers = ask_heads(study, heads, cancel=cancel)
    sections.append(findings_section(answers))
    if prior is not None:
        tell("report", 0.8, "Comparing with the prior scan.")
        sections.append(_compared(study, prior, volumes[0], headers))
    if library is not None:
        sections.append(similar_section(study, library))
    sections.append(_limits(study, left_out(study)))
    pictures = tuple(_picture(study, number, one) for number, one in enumerate(volumes))
    shown = tuple(one for one in volumes[0].structures.values() if not is_crumb(study.engine, one))
    return Report(
        TITLE,
        tuple(section for section in sections if section is not None),
        pictures,
        shown,
        tuple(answers),
        study.engine.card.model_id,
        function.facts if function else (),
        {one.name: trust for one in shown if (trust := trust_of(study.engine.card, one.name))},
    )


def _compared(study: Study, prior: Study, now: Volumes, headers: PriorHeaders) -> Section:
    if problem := problem_of(prior.scans[0]):
        return Section(COMPARISON, (Sentence(f"Nothing can be told from the prior scan: {problem}."),))
    if headers.is_later:
        return later_section(other_patient(headers))
    unlike = unlike_prior(study, prior, headers)
    return comparison_section(study.engine, now, measured_structures(prior), unlike, headers)


def _picture(study: Study, number: int, volumes: Volumes) -> Picture:
    scan = study.scans[number]
    shown = [row for row in volumes.table if row["in_view"]]
    canvas, labels = io.BytesIO(), volumes.labels
    renumbered = labels * 0
    for value, row in enumerate(shown, start=1):
        renumbered[labels == row["value"]] = value
    draw_overlay(scan, renumbered, shown, study.engine.vocabulary).save(canvas, format="PNG")
    which = f"Series {number + 1}: three" if len(study.scans) > 1 else "Three"
    return Picture(canvas.getvalue(), f"{which} planes with the outlines of what was segmented.")


def _limits(study: Study, unseen: Sentence | None = None) -> Section:
    card = study.engine.card
    sentences = [Sentence(NOTICE), Sentence(f"Measured with the weights {card.model_id}.", {"model": card.model_id})]
    sentences += [unseen] if unseen else []
    return Section(
        "Limits", (*sentences, *(Sentence(limit, {"source": "card of the weights"}) for limit in card.limits))
    )


def _stop_if(cancel: Cancel | None) -> None:
    if cancel and cancel():
        raise Cancelled("The report was cancelled.")
