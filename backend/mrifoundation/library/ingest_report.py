"""What became of everything that was to be added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class IngestReport:
    """added: scans taken in (or embedded again); known: already there, unchanged; skipped: what was passed over, and how many of each;
    bad: (source, reason) of what could not be read; seconds: how long it took; notes: plain sentences."""

    collection: str
    added: int
    known: int
    skipped: Mapping[str, int]
    bad: Sequence[tuple[str, str]]
    seconds: float
    notes: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints and the service sends."""
        return {
            "collection": self.collection,
            "added": self.added,
            "known": self.known,
            "skipped": dict(self.skipped),
            "bad": [{"source": source, "reason": reason} for source, reason in self.bad],
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
        }
