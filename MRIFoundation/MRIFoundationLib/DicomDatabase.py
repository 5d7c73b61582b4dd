"""Slicer's own DICOM database: the files that a scan was loaded from, and new files into it. Main thread only."""

from __future__ import annotations

import ctk
import slicer


def is_open() -> bool:
    """Whether Slicer has a database now."""
    database = getattr(slicer, "dicomDatabase", None)
    return database is not None and bool(database.isOpen)


def files_of(volume) -> tuple[str, ...]:
    """The files of the series that a volume was loaded from; () when the database has not all of them."""
    instances = (volume.GetAttribute("DICOM.instanceUIDs") or "").split() if volume is not None and is_open() else []
    files = tuple(slicer.dicomDatabase.fileForInstance(uid) for uid in instances)
    return files if all(files) else ()


def add(path: str) -> None:
    """Take a copy of a file into the database, so that it keeps what was exported whatever becomes of the file."""
    indexer = ctk.ctkDICOMIndexer()
    indexer.addFile(slicer.dicomDatabase, path, True)
    indexer.waitForImportFinished()
