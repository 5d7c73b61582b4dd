"""A head taught from labelled examinations: measured, cross-validated patient by patient, fitted, with its card."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.engine.encoder import Cancel, Progress, never, silent
from mrifoundation.engine.steps import exhausted
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.fitting import Cases, fit_head
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.head_files import check_name
from mrifoundation.tasks.classify.labelled import Labelled
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.classify.worth import may_be_chance
from mrifoundation.tasks.measure.quality import problem_of


def teach_head(
    engine: Engine,
    name: str,
    cases: Sequence[Labelled],
    *,
    structures: Sequence[str] = (),
    profile: str = "standard",
    progress: Progress = silent,
    cancel: Cancel = never,
) -> Head:
    """A head over the embeddings of the series, and over the volumes of `structures` where some are named. Not yet written.

    Raises InputError for a name or structure that cannot be used, and when too few cases can be measured.
    """
    return exhausted(teaching_head(engine, name, cases, structures, profile, progress, cancel))


def teaching_head(
    engine: Engine,
    name: str,
    cases: Sequence[Labelled],
    structures: Sequence[str],
    profile: str,
    progress: Progress,
    cancel: Cancel,
) -> Generator[None, None, Head]:
    """`teach_head` in steps of one examination, and one for the fit (seconds for a thousand examinations)."""
    card = _card(engine, check_name(name), cases, structures)
    kept, refused = [], {}
    for number, case in enumerate(cases):
        _go_on(cancel)
        progress("measure", number / len(cases), f"Measuring examination {number + 1} of {len(cases)}.")
        try:
            kept.append((case, *_measured(engine, card, case, profile)))
        except (InputError, NotApplicable) as error:
            refused[case.name] = str(error)
        yield
    if not kept:
        raise InputError(f"None of the examinations could be measured ({next(iter(refused.values()))}); give others.")
    _go_on(cancel)
    progress("fit", 0.9, "Cross-validating.")
    found = _table(kept)
    card = replace(card, trained_on=_trained_on([case for case, *_ in kept], refused))
    # Where structures were named, the embedding alone is told beside the head.
    width = [n for n in found.names if n.startswith("embedding ")]
    baselines = {"embedding only": found.columns(width)} if structures else {}
    return with_doubts(fit_head(card, found, baselines))


def _go_on(cancel: Cancel) -> None:
    if cancel():
        raise Cancelled("Teaching was cancelled.")


def _measured(engine: Engine, card: HeadCard, case: Labelled, profile: str) -> tuple[dict[str, float], np.ndarray]:
    study = Study.encode(engine, case.read(), profile)
    for scan in study.scans:
        if problem := problem_of(scan):
            raise InputError(f"Nothing can be told from '{scan.name}': {problem}.")
    return measure(study, card).values, study.embedding


def _table(kept: list) -> Cases:
    names = tuple(kept[0][1])
    values = np.array([[values[name] for name in names] for _, values, _ in kept])
    labels, patients = (np.array([getattr(case, part) for case, *_ in kept]) for part in ("label", "patient"))
    return Cases(values, names, labels, patients, np.array([embedding for *_, embedding in kept]))


def _card(engine: Engine, name: str, cases: Sequence[Labelled], structures: Sequence[str]) -> HeadCard:
    known = [one for structure in structures for ask in engine.understand([structure]).asks for one in ask.names]
    series = cases[0].series
    title = name.replace("-", " ")
    return HeadCard(
        name=name,
        title=title[0].upper() + title[1:],
        question=f"Which of {len({case.label for case in cases})} classes does this examination belong to?",
        classes=tuple(sorted({case.label for case in cases})),
        inputs=("scan",) if series == 1 else tuple(f"series {n + 1}" for n in range(series)),
        kinds=("lesion", "embedding") if known else ("embedding",),
        structures=tuple(dict.fromkeys(known)),
        model_id=engine.card.model_id,
        licence="of its owner",
        limits=("Taught on this computer; nobody else has checked it.",),
    )


def with_doubts(head: Head) -> Head:
    """The head with what makes its figures doubtful among its limits, first, so that it stands beside every answer."""
    card, doubts = head.card, []
    cases, unknown = card.trained_on["cases"], card.trained_on["unknown_patients"]
    figures = card.figures
    if may_be_chance(figures, list(card.trained_on["classes"].values())):
        doubts.append("It may tell no more than chance: so says the interval of its cross-validated figure.")
    if unknown:
        doubts.append(
            f"For {unknown} of {cases} cases the patient is not known; if some are of one person, the figures flatter."
        )
        figures = figures | {"method": f"{figures['method']}, as far as patients are known"}
    return replace(head, card=replace(card, figures=figures, limits=(*doubts, *card.limits)))


def _trained_on(cases: list[Labelled], refused: dict[str, str]) -> dict:
    classes = {label: len({c.patient for c in cases if c.label == label}) for label in sorted({c.label for c in cases})}
    patients = len({case.patient for case in cases})
    told = ", ".join(f"{label}: {count}" for label, count in classes.items())
    unknown = sum(not case.is_known for case in cases)
    counted = f"{'at most ' if unknown else ''}{patients} people"
    sentence = f"Fitted to {len(cases)} examinations of {counted} ({told} people)."
    if refused:
        sentence += f" {len(refused)} more could not be measured and were left out."
    return {
        "cases": len(cases), "patients": patients, "classes": classes, "real": len(cases), "simulated": False,
        "sources": ["the user's own"], "left_out": len(refused), "unknown_patients": unknown,
        "sentence": sentence,
    }  # fmt: skip
