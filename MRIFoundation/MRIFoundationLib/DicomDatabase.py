"""Slicer's own DICOM database: the files that a scan was loaded from, and new files into it. Main thread only."""

from __future__ import annotations

import ctk
import slicer


def is_open() -> bool:
    """Whether Slicer has a database now."""
    database = getattr(slicer, "dicomDatabase", None)
    return database is not None and bool(database.isOpen)


def has(volume) -> bool:
    """Whether the database has the series that a volume was loaded from. It is asked with every key that is typed, so it looks for
    one file of what may be thousands, each of which is a query."""
    first = _instances(volume).split(maxsplit=1)[:1]
    return any(slicer.dicomDatabase.fileForInstance(uid) for uid in first)


def files_of(volume) -> tuple[str, ...]:
    """The files of the series that a volume was loaded from; () when the database has not all of them."""
    files = tuple(slicer.dicomDatabase.fileForInstance(uid) for uid in _instances(volume).split())
    return files if all(files) else ()


def _instances(volume) -> str:
    """The UIDs of what a volume was loaded from, apart by spaces; "" where there is no database to look them up."""
    return (volume.GetAttribute("DICOM.instanceUIDs") or "") if volume is not None and is_open() else ""


def add(path: str) -> None:
    """Take a copy of a file into the database, so that it keeps what was exported whatever becomes of the file."""
    indexer = ctk.ctkDICOMIndexer()
    indexer.addFile(slicer.dicomDatabase, path, True)
    indexer.waitForImportFinished()
