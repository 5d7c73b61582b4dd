"""OASIS-1: people over 60 with and without dementia, and how the brain's share of the intracranial volume falls with age."""

import csv
from dataclasses import asdict, dataclass
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
    """One row. cdr: clinical dementia rating, None when not rated. nwbv as published."""

    id: str
    age: float
    sex: str
    cdr: float | None
    etiv: float
    nwbv: float


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
    return Person(row["ID"], float(row["Age"]), row["M/F"], rated, float(row["eTIV"]), float(row["nWBV"]))


def dementia_cases(people: list[Person]) -> Cases:
    """Rated people over 60: CDR above 0 against 0."""
    chosen = [person for person in people if person.age > OVER and person.cdr is not None]
    values = np.array([[p.age, float(p.sex == "M"), p.nwbv] for p in chosen])
    labels = np.array([CLASSES[int(p.cdr > 0)] for p in chosen])
    return Cases(values, NAMES, labels, np.array([p.id for p in chosen]))


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
