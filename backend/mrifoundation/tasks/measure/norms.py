"""What is usual at an age: percentiles from the norms that ship with the heads."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm as gaussian

NORMS = Path(__file__).resolve().parents[2] / "heads" / "norms"
CENTRE_AGE = 50.0  # years; ages are counted from here, in decades


@dataclass(frozen=True)
class Norm:
    """what: the measurement. coefficients: of 1, decade, decade², male; deviation: around their sum. ages: covered, years.

    people: how many it was fitted to; source: where they come from.
    """

    what: str
    coefficients: tuple[float, ...]
    deviation: float
    ages: tuple[float, float]
    people: int
    source: str

    @classmethod
    def load(cls, name: str, folder: Path = NORMS) -> "Norm | None":
        """The norm of this name, or None when none ships."""
        path = folder / f"{name}.json"
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

    def mean(self, age: float, sex: str) -> float:
        """The usual value; sex "F" or "M"."""
        return float(design(np.array([age]), np.array([sex]))[0] @ self.coefficients)

    def percentile(self, value: float, age: float, sex: str) -> float:
        """0 to 100: how many people of this age and sex without disease have a lower value."""
        return float(100 * gaussian.cdf((value - self.mean(age, sex)) / self.deviation))

    def percentiles(self, span: tuple[float, float], age: float, sex: str) -> tuple[float, float]:
        """Those of both ends of `span`, between which the value lies in the norm's own way of measuring."""
        low, high = (self.percentile(value, age, sex) for value in sorted(span))
        return low, high

    def covers(self, age: float) -> bool:
        return self.ages[0] <= age <= self.ages[1]


def design(ages: np.ndarray, sexes: np.ndarray) -> np.ndarray:
    """Regression columns [N, 4]: 1, decade, decade², male."""
    decade = (ages - CENTRE_AGE) / 10.0
    return np.stack([np.ones_like(decade), decade, decade**2, (sexes == "M").astype(float)], axis=1)
