"""Forgetting what is kept of scans beside the library and the jobs: uploads, encodings and contours on the disk."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.kept_scans import forget_scans

if TYPE_CHECKING:
    from mrifoundation.tasks.refine.journal import Journal


@dataclass(frozen=True)
class Forgotten:
    """How many went."""

    uploads: int
    encodings: int
    contours: int


def forget_kept(scans: Collection[str]) -> Forgotten:
    """Delete it, by the content hashes of the scans."""
    uploads, encodings = forget_scans(scans)
    return Forgotten(uploads, encodings, _forget_contours(scans))


def _forget_contours(scans: Collection[str]) -> int:
    from mrifoundation.tasks.refine.journal import Journal  # its package imports torch

    count = 0
    for path in cache_folder("contours").glob("*.journal"):
        journal = Journal(path)
        with suppress(FileNotFoundError):  # another process deletes it
            if _is_of(journal, scans):
                journal.delete()
                count += 1
    return count


def _is_of(journal: "Journal", scans: Collection[str]) -> bool:
    """Whether it is of one of the scans; where its first record cannot be read, whether it names one anywhere."""
    first = journal.first()
    if first is not None and "open" in first[0]:
        return first[0]["open"].get("volume") in scans
    content = journal.path.read_bytes()
    return any(scan.encode() in content for scan in scans)
