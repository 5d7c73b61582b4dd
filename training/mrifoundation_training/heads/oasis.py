"""OASIS-1: people over 60 with and without dementia, and how the brain's share of the intracranial volume falls with age."""

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from mrifoundation.errors import InputError
from mrifoundation.tasks.classify.fitting import Cases
from mrifoundation.tasks.measure.norms import Norm, design

TABLE = "tabular/oasis1_cross_sectional.csv"
CLASSES = ("no dementia", "dementia-like atrophy")
OVER = 60.0  # years
NAMES = ("age", "male", "nWBV")


@dataclass(frozen=True)
class Person:
    """One row. cdr: clinical dementia rating, None when not rated. nwbv as published. education: OASIS' grade 1 to 5, None when not told.

    The table's MMSE is left out on purpose: it is a test of dementia itself, so a head that reads it would only repeat the diagnosis.
    """

    id: str
    age: float
    sex: str
    cdr: float | None
    etiv: float
    nwbv: float
    education: float | None = None


def read_people(path: Path, but: frozenset[str] = frozenset()) -> list[Person]:
    """First visits of all people of the table but those whose id is in `but` (their scans measure our own volumes)."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        people = [_person(row) for row in rows if row["ID"].endswith("_MR1")]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"The OASIS table '{path}' cannot be read ({error}); give the data pack with its tabular folder."
        ) from error
    return [person for person in people if person.id not in but]


def _person(row: dict) -> Person:
    cdr = row["CDR"].strip()
    rated = None if cdr in ("", "N/A") else float(cdr)
    grade = row.get("Educ", "").strip()
    education = None if grade in ("", "N/A") else float(grade)
    return Person(row["ID"], float(row["Age"]), row["M/F"], rated, float(row["eTIV"]), float(row["nWBV"]), education)


def dementia_cases(people: list[Person], ill: Callable[[float], bool] = lambda cdr: cdr > 0) -> Cases:
    """Rated people over 60: those whose CDR is `ill` against CDR 0."""
    rated = [person for person in people if person.age > OVER and person.cdr is not None]
    chosen = [person for person in rated if person.cdr == 0 or ill(person.cdr)]
    values = np.array([[p.age, float(p.sex == "M"), p.nwbv] for p in chosen])
    labels = np.array([CLASSES[int(p.cdr > 0)] for p in chosen])
    return Cases(values, NAMES, labels, np.array([p.id for p in chosen]))


def with_education(cases: Cases, people: list[Person]) -> Cases:
    """The same people with education and intracranial volume beside the other measurements; an untold grade becomes the median."""
    known = {person.id: person for person in people}
    grades = [known[name].education for name in cases.patients]
    median = np.median([grade for grade in grades if grade is not None] or [0.0])
    more = [[median if g is None else g, known[name].etiv] for g, name in zip(grades, cases.patients, strict=True)]
    return replace(cases, values=np.hstack([cases.values, more]), names=(*cases.names, "education", "eTIV"))


def nwbv_norm(people: list[Person]) -> Norm:
    """Of everyone with CDR 0, or young and not rated (OASIS took in no demented person under 60)."""
    healthy = [p for p in people if p.cdr == 0 or (p.cdr is None and p.age < OVER)]
    ages, sexes = np.array([p.age for p in healthy]), np.array([p.sex for p in healthy])
    values, columns = np.array([p.nwbv for p in healthy]), design(ages, sexes)
    coefficients, *_ = np.linalg.lstsq(columns, values, rcond=None)
    deviation = float((values - columns @ coefficients).std(ddof=columns.shape[1]))
    return Norm(
        "nWBV", tuple(coefficients.tolist()), deviation, (float(ages.min()), float(ages.max())), len(healthy), "OASIS-1"
    )


def as_json(norm: Norm) -> dict:
    return asdict(norm)
