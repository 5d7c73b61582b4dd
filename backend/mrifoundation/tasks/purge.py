"""Forgetting a patient: everything of their scans that lies in a library, in the caches, among the contours and the jobs."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mrifoundation.engine.job_file import forget_jobs
from mrifoundation.engine.running_services import sweep_abandoned
from mrifoundation.engine.taught.files import list_cards
from mrifoundation.errors import InputError
from mrifoundation.library import Case, Library
from mrifoundation.library.erasing import STILL_ON_DISK
from mrifoundation.tasks.forget_kept import forget_kept

_OF_A_DATASET = re.compile(r"sub-[A-Za-z0-9]+")  # every data set counts its people from 01


@dataclass(frozen=True)
class Purged:
    """How many cases, uploads, encodings, contours and jobs went. scans: hashes of what they were of. traces: ids of the cases and hashes
    of their scans. taught: structures on this computer that still hold features and outlines of one of these scans. collections: how many
    cases went out of which; elsewhere: how many of the same name stay in which, since others were named. unfinished: earlier versions of
    the tables could not be dropped. ahead: until when they stay on disk, in local time, since the clock was set back; None when none do."""

    cases: int
    uploads: int
    encodings: int
    contours: int
    jobs: int
    scans: tuple[str, ...]
    traces: tuple[str, ...]
    taught: tuple[str, ...]
    collections: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    unfinished: bool = False
    ahead: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints and the service sends."""
        counts = {name: getattr(self, name) for name in ("cases", "uploads", "encodings", "contours", "jobs")}
        return counts | {"collections": dict(self.collections), "taught": list(self.taught), "notes": self.notes}

    @property
    def notes(self) -> list[str]:
        notes = []
        if self.elsewhere:
            notes.append(f"Cases of the same name stay in collections that were not named: {_counted(self.elsewhere)}.")
        if self.unfinished:
            notes.append(STILL_ON_DISK)
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


def purge(
    library: Library, subject: str | None = None, case: str | None = None, collections: Sequence[str] | None = None
) -> Purged:
    """Remove all cases of a patient (as `Library.of_patient` finds them), or one case by its id, with previews and older versions of
    the tables, of their scans the uploads, the encodings and the contours, and the jobs that tell of any of this. The files that they were
    read from are not touched. collections: those of the patient's cases that are meant; None for all.

    The library goes last, so that what fails can be asked again. Raises InputError when there is no such patient or case, when a name that
    any data set may use is in several collections and none was named, something else is writing to the library, the jobs cannot be changed,
    or the disk fails.
    """
    if (subject is None) == (case is None):
        raise InputError("Name what to purge: either a subject or a case.")
    library.finish_erasing()
    found = [library.case(case)] if case is not None else library.of_patient(subject or "")
    meant = (
        found if collections is None or case is not None else [one for one in found if one.collection in collections]
    )
    _check(subject, found, meant, collections)
    traces = {one.case for one in meant} | {one.content_hash for one in meant}
    # What is a case of somebody else's as well stays.
    scans = sorted({one.content_hash for one in meant} - library.shared_with_others(meant))
    jobs = forget_jobs(traces)
    forgotten, taught = forget_kept(scans), _taught_from(scans)
    sweep_abandoned()
    return Purged(
        cases=library.erase([one.case for one in meant]),
        uploads=forgotten.uploads,
        encodings=forgotten.encodings,
        contours=forgotten.contours,
        jobs=jobs,
        scans=tuple(scans),
        traces=tuple(sorted(traces)),
        taught=taught,
        collections=Counter(one.collection for one in meant),
        elsewhere=Counter(one.collection for one in found if one not in meant),
        unfinished=library.unfinished,
        ahead=library.dated_ahead(),
    )


def _check(
    subject: str | None, found: Sequence[Case], meant: Sequence[Case], collections: Sequence[str] | None
) -> None:
    """InputError when nothing, or possibly several people, are meant."""
    if not found:
        raise InputError(
            "The library knows no such subject; name it as its source does: PatientID (DICOM), sub-01 (BIDS) or source/subject (manifest)."
        )
    where = Counter(one.collection for one in found)
    if not meant:
        raise InputError(f"No case of this subject is in a collection that was named; there are {_counted(where)}.")
    if collections is None and len(where) > 1 and _OF_A_DATASET.fullmatch(subject or ""):
        raise InputError(
            f"Every data set may have a {subject}, and cases of that name are in several collections: {_counted(where)}. Name the "
            "collections that are meant."
        )


def _counted(cases: Mapping[str, int]) -> str:
    return ", ".join(f"{count} in '{collection}'" for collection, count in sorted(cases.items()))


def _taught_from(scans: Collection[str]) -> tuple[str, ...]:
    return tuple(card.name for card in list_cards() if any(lesson.volume in scans for lesson in card.lessons))
