"""Forgetting what is kept of scans beside the library and the jobs: uploads, encodings and contours on the disk."""

from collections.abc import Collection
from dataclasses import dataclass

from mrifoundation.engine.folders import cache_folder
from mrifoundation.engine.kept_scans import forget_scans


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
        first = next(iter(Journal(path).read()), None)
        if first is not None and first[0]["open"]["volume"] in scans:
            path.unlink(missing_ok=True)
            count += 1
    return count
