"""The answer of a head, with what it rests on."""

from dataclasses import asdict, dataclass, field

import numpy as np

CONFIDENCE, OVER_PHRASINGS = "95 %", "range over phrasings"  # what intervals are
_PLAIN = (
    "head", "title", "applicable", "reason", "probabilities", "intervals", "interval_kind", "caution", "sha256", "heat_map_shows",
)  # fmt: skip


class NotApplicable(Exception):
    """The scan is not what a head is meant for; the message is the reason, a plain sentence. Never leaves this package."""


@dataclass(frozen=True)
class Evidence:
    """One measured fact. value in `unit`; norm: what is usual, in words; percentile: 0 to 100 among people alike, or None."""

    what: str
    value: float
    unit: str
    sentence: str
    norm: str = ""
    percentile: float | None = None


@dataclass(frozen=True, eq=False)
class Classification:
    """probabilities: class → 0 to 1, empty when not applicable; intervals: class → [low, high], and interval_kind: what they are.

    heat_map: float32 [i, j, k] on the grid of the first series, 0 to 1, or None; heat_map_shows: what is bright in it, in words.
    reason: why not applicable. sha256: of the head's numbers, which tells it from one of the same name that was taught later; "" for a
    sentence.
    """

    head: str
    title: str
    applicable: bool
    reason: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    caution: str = ""
    sha256: str = ""
    heat_map: np.ndarray | None = None
    interval_kind: str = CONFIDENCE
    heat_map_shows: str = ""

    @property
    def is_calibrated(self) -> bool:
        """Of a head; a sentence was never held against cases, so that its numbers are less certain."""
        return self.interval_kind == CONFIDENCE

    def to_dict(self) -> dict:
        """Plain JSON types; the heat map travels by itself."""
        shown = {name: getattr(self, name) for name in _PLAIN}
        return shown | {"evidence": [asdict(one) for one in self.evidence]}


def percent(chance: float) -> str:
    """A head is never certain, so neither 0 % nor 100 % is said."""
    shown = round(100 * chance)
    return "under 1 %" if shown < 1 else "over 99 %" if shown > 99 else f"{shown} %"
