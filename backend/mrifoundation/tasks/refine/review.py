"""What a person decided about a contour, and when: the audit trail."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

VERDICTS = ("accepted", "edited", "rejected")


@dataclass(frozen=True)
class Review:
    """verdict: accepted (as it was found) | edited (accepted after corrections) | rejected. by: name of the person, "" when not given.
    at: UTC, ISO 8601. position: of the contour's steps at that moment. fingerprint: of the voxels that were judged."""

    verdict: str
    by: str
    at: str
    position: int
    fingerprint: str

    @classmethod
    def now(cls, accept: bool, by: str, position: int, mask: np.ndarray) -> "Review":
        """A decision of this moment about `mask`, which `position` corrections led to."""
        verdict = ("edited" if position else "accepted") if accept else "rejected"
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(verdict, by, at, position, fingerprint(mask))


def fingerprint(mask: np.ndarray) -> str:
    """16 hexadecimal digits that other voxels do not have."""
    return hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()[:16]
