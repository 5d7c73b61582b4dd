"""A head taught from labelled examinations: measured, cross-validated patient by patient, fitted, with its card."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mrifoundation.engine import Engine
from mrifoundation.engine.encoder import Cancel, Progress
from mrifoundation.errors import Cancelled, InputError
from mrifoundation.tasks.classify.card import HeadCard
from mrifoundation.tasks.classify.classification import NotApplicable
from mrifoundation.tasks.classify.features import measure
from mrifoundation.tasks.classify.fitting import LEAST_PATIENTS, Cases, fit_head
from mrifoundation.tasks.classify.head import Head
from mrifoundation.tasks.classify.head_files import check_name
from mrifoundation.tasks.classify.study import Study
from mrifoundation.tasks.measure.quality import problem_of
from mrifoundation.volume import Scan, read_scan

if TYPE_CHECKING:
    from mrifoundation.library import Library

MOST_CLASSES = 12
MOST_CASES = 100_000  # of a collection


@dataclass(frozen=True)
class Labelled:
    """One examination. name: to tell it from others. read: gives its series in order, `series` of them. label: what it shows.
    patient: whose it is."""

    name: str
    read: Callable[[], tuple[Scan, ...]]
    label: str
    patient: str
    series: int = 1


def read_labels(path: Path) -> list[Labelled]:
    """A CSV with the columns path and label, and patient where a person has several rows; paths are relative to the file.

    Several series of one examination stand in one path, separated by semicolons. Raises InputError for a file that cannot be
    used: columns or files missing, one class only, too few patients of a class.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"The table '{path}' cannot be read; give a CSV with the columns path, label and patient."
        ) from error
    if not rows or not {"path", "label"} <= set(rows[0]):
        raise InputError(
            f"The table '{path}' needs the columns path and label (and patient, when a person has several rows)."
        )
    cases = [_case(row, number, path.parent) for number, row in enumerate(rows, start=2)]
    check_classes(cases)
    return cases


def library_labels(library: "Library", collection: str, fact: str) -> list[Labelled]:
    """The cases of a collection of the library whose source tells `fact` (diagnosis, sex, sequence ...), which is their label.

    What was only guessed is no label. Raises InputError as `read_labels` does, and when no case of the collection tells it.
    """
    found, total = library.cases(collection, {}, 0, MOST_CASES)
    told = [case for case in found if case.facts.get(fact) not in (None, "", "unknown") and fact not in case.guessed]
    if not told:
        raise InputError(
            f"None of the {total} cases of the collection '{collection}' tells its {fact}; choose another fact or collection."
        )
    cases = [
        Labelled(case.name, _from_library(library, case.case), str(case.facts[fact]), case.patient or case.case)
        for case in told
    ]
    check_classes(cases)
    return cases


def teach_head(
    engine: Engine,
    name: str,
    cases: Sequence[Labelled],
    *,
    structures: Sequence[str] = (),
    profile: str = "standard",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Head:
    """A head over the embeddings of the series, and over the volumes of `structures` where some are named. Not yet written.

    Raises InputError for a name or structure that cannot be used, and when too few cases can be measured.
    """
    card = _card(engine, check_name(name), cases, structures)
    kept, refused = [], {}
    for number, case in enumerate(cases):
        if cancel and cancel():
            raise Cancelled("Teaching was cancelled.")
        if progress:
            progress("measure", number / len(cases), f"Measuring examination {number + 1} of {len(cases)}.")
        try:
            kept.append((case, *_measured(engine, card, case, profile)))
        except (InputError, NotApplicable) as error:
            refused[case.name] = str(error)
    if not kept:
        raise InputError(f"None of the examinations could be measured ({next(iter(refused.values()))}); give others.")
    if progress:
        progress("fit", 0.9, "Cross-validating.")
    found = _table(kept)
    card = replace(card, trained_on=_trained_on([case for case, *_ in kept], refused))
    # Where structures were named, the embedding alone is told beside the head.
    width = [n for n in found.names if n.startswith("embedding ")]
    baselines = {"embedding only": found.columns(width)} if structures else {}
    return fit_head(card, found, baselines)


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


def _trained_on(cases: list[Labelled], refused: dict[str, str]) -> dict:
    classes = {label: len({c.patient for c in cases if c.label == label}) for label in sorted({c.label for c in cases})}
    patients = len({case.patient for case in cases})
    told = ", ".join(f"{label}: {count}" for label, count in classes.items())
    sentence = f"Fitted to {len(cases)} examinations of {patients} people ({told} people)."
    if refused:
        sentence += f" {len(refused)} more could not be measured and were left out."
    return {
        "cases": len(cases), "patients": patients, "classes": classes, "real": len(cases), "simulated": False,
        "sources": ["the user's own"], "left_out": len(refused), "sentence": sentence,
    }  # fmt: skip


def _case(row: dict, line: int, root: Path) -> Labelled:
    paths = tuple(root / part.strip() for part in (row["path"] or "").split(";") if part.strip())
    label = " ".join((row["label"] or "").split())
    if not paths or not label:
        raise InputError(f"Line {line} of the table has no path or no label; fill both in or remove the line.")
    for path in paths:
        if not path.exists():
            raise InputError(f"Line {line} of the table names '{path}', which is not there; correct the path.")
    patient = (row.get("patient") or "").strip() or str(paths[0].resolve())
    return Labelled(paths[0].name, _from_files(paths), label, patient, len(paths))


def _from_files(paths: tuple[Path, ...]) -> Callable[[], tuple[Scan, ...]]:
    return lambda: tuple(read_scan(path) for path in paths)


def _from_library(library: "Library", case: str) -> Callable[[], tuple[Scan, ...]]:
    return lambda: (library.read(case),)


def check_classes(cases: Sequence[Labelled]) -> None:
    """Raise InputError unless there are at least two classes with enough patients each, all with the same number of series."""
    labels = {case.label for case in cases}
    if len(labels) < 2:
        raise InputError(f"All cases are labelled '{labels.pop()}'; a head needs at least two classes to tell apart.")
    if len(labels) > MOST_CLASSES:
        raise InputError(
            f"There are {len(labels)} different labels; a head tells at most {MOST_CLASSES} classes apart."
        )
    if len({case.series for case in cases}) > 1:
        raise InputError(
            "The examinations have different numbers of series; give the same ones of each, in the same order."
        )
    few = [f"{label}: {len({c.patient for c in cases if c.label == label})}" for label in sorted(labels)]
    if any(int(one.rsplit(": ", 1)[1]) < LEAST_PATIENTS for one in few):
        raise InputError(
            f"There are too few patients ({', '.join(few)}); give at least {LEAST_PATIENTS} of each class."
        )
