"""Whether fine-tuning helps: everybody is left out once, and segmented by the query on the network as it was, and as it is now."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mrifoundation_training.evaluation.bootstrap import Interval, subject_bootstrap
from mrifoundation_training.evaluation.paired import difference

ENOUGH_PEOPLE = 5  # fewer tell little of how gains are spread, which Student's t takes to be normal


@dataclass(frozen=True)
class Left:
    """A scan of somebody left out. frozen, tuned: Dice of the structure. kept: Dice of what is found of each known structure in view
    with what was found before."""

    person: str
    scan: str
    frozen: float
    tuned: float
    kept: tuple[float, ...]


@dataclass(frozen=True)
class HeldOut:
    """All that were left out."""

    scans: tuple[Left, ...]

    @property
    def people(self) -> int:
        return len({one.person for one in self.scans})

    def mean(self, figure: str) -> Interval:
        """frozen | tuned."""
        return subject_bootstrap(self._by_person(figure))

    @property
    def difference(self) -> Interval:
        """Fine-tuned less frozen; positive where it helps. The interval is Student's t over people, since a bootstrap of five or six is
        too narrow to decide by."""
        tuned, frozen = ([float(np.mean(of)) for of in self._by_person(one).values()] for one in ("tuned", "frozen"))
        apart = difference(tuned, frozen)
        return Interval(apart["mean"], apart["low"], apart["high"], self.people, len(self.scans))

    @property
    def kept(self) -> float | None:
        """Mean over all known structures in view of all scans; None where none was."""
        found = [dice for one in self.scans for dice in one.kept]
        return float(np.mean(found)) if found else None

    @property
    def helped(self) -> bool:
        """Whether it has been shown to: all of the interval is above 0, and there are people enough to believe it."""
        return self.difference.low > 0 and self.people >= ENOUGH_PEOPLE

    @property
    def sentences(self) -> list[str]:
        """What came out, for people."""
        frozen, tuned, gain = self.mean("frozen"), self.mean("tuned"), self.difference
        told = [
            f"Left out, {self.people} people: mean Dice {frozen.mean:.3f} by the query on the weights as they were, {tuned.mean:.3f} on "
            f"the fine-tuned ones; difference {gain.mean:+.3f} (95 % interval {gain.low:+.3f} to {gain.high:+.3f}).",
            self._verdict,
        ]
        if self.kept is not None:
            told.append(
                f"Structures that the weights knew are drawn on these scans as before with a mean Dice of {self.kept:.3f}, and scans "
                "of other parts of the body were not looked at: take the fine-tuned weights for this structure alone."
            )
        return told

    @property
    def _verdict(self) -> str:
        stay = "stay with the query on the weights as they were."
        if self.helped:
            return "Fine-tuning helped."
        if self.difference.high < 0:
            return f"Fine-tuning did harm; {stay}"
        if self.difference.low > 0:
            return f"Fine-tuning looks better, but {self.people} people are too few to believe it; teach it from {ENOUGH_PEOPLE} or more."
        return f"It has not been shown that fine-tuning helps; without more people, {stay}"

    def row(self, structure: str) -> dict:
        """One of a card's `scores`."""
        tuned = self.mean("tuned")
        return {
            "structure": structure,
            "source": "scans that taught it, each left out once",
            "dice": round(tuned.mean, 4),
            "interval_95": [round(tuned.low, 4), round(tuned.high, 4)],
            "scans": tuned.scans,
            "people": tuned.subjects,
            "frozen_dice": round(self.mean("frozen").mean, 4),
            "difference": round(self.difference.mean, 4),
            "difference_interval_95": [round(self.difference.low, 4), round(self.difference.high, 4)],
        }

    def _by_person(self, figure: str) -> dict[str, list[float]]:
        by_person: dict[str, list[float]] = {}
        for one in self.scans:
            by_person.setdefault(one.person, []).append(getattr(one, figure))
        return by_person


def folds_of(people: Sequence[str], count: int) -> list[list[int]]:
    """Which scans each fold leaves out; people: whose each scan is. Nobody is in two folds."""
    persons = list(dict.fromkeys(people))
    count = min(count, len(persons))
    return [[n for n, person in enumerate(people) if person in persons[fold::count]] for fold in range(count)]


def as_json(scans: Sequence[Left]) -> list[dict]:
    return [asdict(one) for one in scans]


def from_json(content: list[dict]) -> list[Left]:
    return [Left(**one | {"kept": tuple(one["kept"])}) for one in content]
