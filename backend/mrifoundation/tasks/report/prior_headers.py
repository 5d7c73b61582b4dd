"""What the DICOM headers of a scan and of its prior tell of a comparison: whether both name one patient, and which was made first."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

_DAYS = ("AcquisitionDate", "SeriesDate", "StudyDate")


@dataclass(frozen=True)
class PriorHeaders:
    """other_patient: the headers of both state a Patient ID, and not the same one. is_later: the prior was made on a later day than the
    scan. Each None where they do not tell it."""

    other_patient: bool | None = None
    is_later: bool | None = None

    @classmethod
    def of(cls, now: Sequence[Dataset], then: Sequence[Dataset]) -> "PriorHeaders":
        """now, then: headers of both series; none where the scan came without."""
        if not now or not then:
            return cls()
        one, other = now[0], then[0]
        ids = [str(header.get("PatientID") or "").strip() for header in (one, other)]
        days = next((pair for pair in ((_day(one, key), _day(other, key)) for key in _DAYS) if all(pair)), None)
        return cls(ids[0] != ids[1] if all(ids) else None, days[1] > days[0] if days else None)


def _day(header: Dataset, keyword: str) -> str:
    """YYYYMMDD, which sorts as days do; "" where it is not stated so."""
    day = str(header.get(keyword) or "").strip()
    return day if len(day) == 8 and day.isascii() and day.isdigit() else ""


UNKNOWN = PriorHeaders()  # of scans that came without headers
