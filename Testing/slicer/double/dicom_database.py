"""Slicer's DICOM database as far as the module asks for it, over real files that pydicom reads."""

import shutil
import tempfile
from contextlib import contextmanager

import pydicom
import slicer
from PySide6.QtCore import Property, QObject, Slot


class ctkDICOMDatabase(QObject):
    """`files`: path by SOP instance UID. `asked`: the UIDs that were looked up, each of which is a query of the real one."""

    def __init__(self):
        super().__init__()
        self.files: dict[str, str] = {}
        self.asked: list[str] = []

    isOpen = Property(bool, lambda self: True)

    @Slot(str, result=str)
    def fileForInstance(self, uid: str) -> str:
        self.asked.append(uid)
        return self.files.get(uid, "")


class ctkDICOMIndexer(QObject):
    def addFile(self, database: ctkDICOMDatabase, path: str, copy_file: bool = False) -> None:
        if copy_file:
            path = shutil.copy(path, tempfile.mkdtemp(prefix="dicom-database-"))
        database.files[str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = path

    def waitForImportFinished(self, msec_timeout: int = -1) -> None:
        pass


@contextmanager
def opened():
    """An open, empty database as `slicer.dicomDatabase`."""
    slicer.dicomDatabase = ctkDICOMDatabase()
    try:
        yield slicer.dicomDatabase
    finally:
        del slicer.dicomDatabase
