"""Forgetting a patient: everything of their scans that lies in a library, in the caches, among the contours and the jobs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.job_file import forget_jobs
from mrifoundation.engine.kept_scans import forget_scans
from mrifoundation.engine.taught.files import list_cards
from mrifoundation.errors import InputError
from mrifoundation.library import Library


@dataclass(frozen=True)
class Purged:
    """How many cases, uploads, encodings, contours and jobs went. scans: hashes of what they were of. traces: ids of the cases and hashes
    of their scans. taught: structures on this computer that still hold features and outlines of one of these scans. ahead: until when older
    versions of the tables stay on disk, in local time, because the clock was set back; None when none do."""

    cases: int
    uploads: int
    encodings: int
    contours: int
    jobs: int
    scans: tuple[str, ...]
    traces: tuple[str, ...]
    taught: tuple[str, ...]
    ahead: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints and the service sends."""
        counts = {name: getattr(self, name) for name in ("cases", "uploads", "encodings", "contours", "jobs")}
        return counts | {"taught": list(self.taught), "notes": self.notes}

    @property
    def notes(self) -> list[str]:
        notes = []
        if self.taught:
            listed = ", ".join(f"'{name}'" for name in self.taught)
            notes.append(
                f"These structures were taught from the patient's scans; remove them and teach them anew: {listed}."
            )
        if self.ahead:
            notes.append(
                f"The clock was set back: earlier versions of the library are dated up to {self.ahead:%Y-%m-%d %H:%M} and stay on disk "
                "until the clock is an hour past that and a scan is added; set the clock right, then add one."
            )
        return notes


def purge(library: Library, subject: str | None = None, case: str | None = None) -> Purged:
    """Remove all cases of a patient (as `Library.of_patient` finds them), or one case by its id, with previews and older versions of
    the tables, of their scans the uploads, the encodings and the contours, and the jobs that tell of any of this. The files that they were
    read from are not touched.

    Raises InputError when there is no such patient or case, something else is writing to the library, or the jobs cannot be changed.
    """
    if (subject is None) == (case is None):
        raise InputError("Name what to purge: either a subject or a case.")
    found = [library.case(case)] if case is not None else library.of_patient(subject or "")
    if not found:
        raise InputError(
            "The library knows no such subject; name it as its source does: PatientID (DICOM), sub-01 (BIDS) or source/subject (manifest)."
        )
    traces = {one.case for one in found} | {one.content_hash for one in found}
    jobs = forget_jobs(traces)  # first: what fails here can be asked again as long as the library knows the patient
    erased = library.erase([one.case for one in found])
    left = {one.content_hash for one in found if library.of_content(one.content_hash) is not None}
    scans = sorted({one.content_hash for one in found} - left)  # what is a case of somebody else's as well stays
    uploads, encodings = forget_scans(scans)
    contours, taught = _forget_contours(scans), _taught_from(scans)
    ahead = library.dated_ahead()
    return Purged(erased, uploads, encodings, contours, jobs, tuple(scans), tuple(sorted(traces)), taught, ahead)


def _forget_contours(scans: Collection[str]) -> int:
    from mrifoundation.tasks.refine.journal import Journal  # its package imports torch

    count = 0
    for path in cache_folder("contours").glob("*.journal"):
        first = next(iter(Journal(path).read()), None)
        if first is not None and first[0]["open"]["volume"] in scans:
            path.unlink(missing_ok=True)
            count += 1
    return count


def _taught_from(scans: Collection[str]) -> tuple[str, ...]:
    return tuple(card.name for card in list_cards() if any(lesson.volume in scans for lesson in card.lessons))
