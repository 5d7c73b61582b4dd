"""What a measurement of ours stands for in another way of measuring, learned from people whom both have measured."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from mrifoundation.errors import InputError

LEAST_PEOPLE = 3
COVERED = 0.95  # of new people, by the interval


@dataclass(frozen=True)
class Calibration:
    """theirs = intercept + slope · ours, by least squares.

    deviation: of theirs around the line, with people − 2 degrees of freedom. mean, low, high: of our values that were compared, and
    spread: their summed squared distance from the mean.
    """

    intercept: float
    slope: float
    deviation: float
    people: int
    mean: float
    spread: float
    low: float
    high: float

    @classmethod
    def fit(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Calibration":
        """One value a person in each. Raises InputError for fewer than three people, and where theirs does not rise with ours."""
        x, y = np.asarray(ours, float), np.asarray(theirs, float)
        spread = float(((x - x.mean()) ** 2).sum())
        slope = float(((x - x.mean()) * (y - y.mean())).sum() / spread) if spread > 0 else 0.0
        if len(x) < LEAST_PEOPLE or slope <= 0:
            raise InputError(
                f"Our measurement does not follow the published one in {len(x)} people, so it cannot stand for it; "
                "compare more people, or take other weights."
            )
        intercept = float(y.mean() - slope * x.mean())
        deviation = float(np.sqrt(((y - intercept - slope * x) ** 2).sum() / (len(x) - 2)))
        return cls(intercept, slope, deviation, len(x), float(x.mean()), spread, float(x.min()), float(x.max()))

    def value(self, ours: float) -> float:
        """What theirs is expected to be."""
        return self.intercept + self.slope * ours

    def interval(self, ours: float) -> tuple[float, float]:
        """Where theirs lies in 95 of 100 new people: few have drawn the line, so it is the wider the farther off these were."""
        beyond = 1 + 1 / self.people + (ours - self.mean) ** 2 / self.spread
        reach = float(stats.t.ppf((1 + COVERED) / 2, self.people - 2)) * self.deviation * float(np.sqrt(beyond))
        return self.value(ours) - reach, self.value(ours) + reach

    def covers(self, ours: float) -> bool:
        """Whether values like this one were compared."""
        return self.low <= ours <= self.high

    def to_dict(self) -> dict:
        return asdict(self)
