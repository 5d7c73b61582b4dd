"""Labelled examinations to teach a head from, and a table of files that tells them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.fitting import LEAST_PATIENTS
from mrifoundation.volume import Scan, read_scan

MOST_CLASSES = 12


@dataclass(frozen=True)
class Labelled:
    """One examination. name: to tell it from others. read: gives its series in order, `series` of them. label: what it shows.
    patient: whose it is; is_known: whether that was told, or the examination stands for a person of its own."""

    name: str
    read: Callable[[], tuple[Scan, ...]]
    label: str
    patient: str
    series: int = 1
    is_known: bool = True


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


def _case(row: dict, line: int, root: Path) -> Labelled:
    paths = tuple(root / part.strip() for part in (row["path"] or "").split(";") if part.strip())
    label = " ".join((row["label"] or "").split())
    if not paths or not label:
        raise InputError(f"Line {line} of the table has no path or no label; fill both in or remove the line.")
    for path in paths:
        if not path.exists():
            raise InputError(f"Line {line} of the table names '{path}', which is not there; correct the path.")
    told = (row.get("patient") or "").strip()
    patient = told or str(paths[0].resolve())
    return Labelled(paths[0].name, _from_files(paths), label, patient, len(paths), bool(told))


def _from_files(paths: tuple[Path, ...]) -> Callable[[], tuple[Scan, ...]]:
    return lambda: tuple(read_scan(path) for path in paths)


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
