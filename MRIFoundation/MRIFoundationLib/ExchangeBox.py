"""Export and import of contours."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import ctk
from slicer.i18n import tr as _

from . import PathLine
from .ChoiceCombo import ChoiceCombo
from .Exchanging import DICOM, SUFFIXES, Archive
from .Settings import Settings

_KINDS = [
    ("RTSTRUCT", "rtstruct"),
    ("DICOM SEG", "dicom-seg"),
    ("NIfTI", "nifti"),
    ("seg.nrrd", "seg.nrrd"),
    ("STL", "stl"),
    ("CSV", "csv"),
]


class Exchange(Protocol):
    """What does the work. `series`: the typed folder of the DICOM series, "" for none."""

    def export(self, kind: str, path: str, series: str, into_database: bool) -> None: ...

    def send(self, kind: str, archive: Archive, series: str) -> None: ...

    def import_file(self, path: str, series: str) -> None: ...


class ExchangeBox:
    """Binds the file widgets of ContourPanel.ui; a DICOM file may also go to an archive, whose key is not remembered."""

    def __init__(self, ui, exchange: Exchange):
        self._ui, self._exchange, self._settings = ui, exchange, Settings()
        self._kind = "rtstruct"
        self._kinds = ChoiceCombo(ui.exportCombo, self._take_kind)
        self._kinds.offer(_KINDS)
        ui.exportPath.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable
        ui.seriesPath.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
        ui.importPath.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Readable
        ui.exportPath.currentPath = str(Path.home() / "contours.dcm")
        ui.archiveLine.setText(self._settings.archive)
        self._can_export = self._can_import = self._has_database = False
        ui.exportButton.connect("clicked()", self._export)
        ui.sendButton.connect("clicked()", self._send)
        ui.importButton.connect("clicked()", self._import)
        PathLine.listen(ui.importPath, self._show)
        ui.archiveLine.connect("textChanged(QString)", lambda _text: self._show())
        self._show()

    def refresh(self, can_export: bool, can_import: bool, has_database: bool, is_known: bool) -> None:
        """Tell whether there is something to export, a scan to import for, and a DICOM database that has (`is_known`) the scan's
        series."""
        self._can_export, self._can_import, self._has_database = can_export, can_import, has_database
        self._ui.seriesLabel.text = _("DICOM series: ✓") if is_known else _("DICOM series:")
        self._ui.seriesLabel.toolTip = _("Slicer's DICOM database has the series of this scan.") if is_known else ""
        self._show()

    def _show(self) -> None:
        ui, is_dicom = self._ui, self._kind in DICOM
        ui.exportButton.enabled = self._can_export
        ui.importButton.enabled = self._can_import and bool(ui.importPath.currentPath.strip())
        ui.seriesPath.enabled = ui.archiveLine.enabled = ui.archiveKeyLine.enabled = is_dicom
        ui.sendButton.enabled = self._can_export and is_dicom and bool(ui.archiveLine.text.strip())
        ui.databaseCheck.visible = is_dicom and self._has_database

    def _export(self) -> None:
        into_database = self._ui.databaseCheck.visible and self._ui.databaseCheck.checked
        self._exchange.export(self._kind, self._path(), self._series(), into_database)

    def _send(self) -> None:
        archive = Archive(self._ui.archiveLine.text.strip(), self._ui.archiveKeyLine.text.strip())
        self._settings.archive = archive.address
        self._exchange.send(self._kind, archive, self._series())

    def _import(self) -> None:
        self._exchange.import_file(self._ui.importPath.currentPath.strip(), self._series())

    def _series(self) -> str:
        return self._ui.seriesPath.currentPath.strip()

    def _take_kind(self, kind: str) -> None:
        self._kind = kind
        self._ui.exportPath.currentPath = self._path()
        self._show()

    def _path(self) -> str:
        """The typed path with the ending of the chosen kind."""
        path = Path(self._ui.exportPath.currentPath.strip() or Path.home() / "contours")
        path = path if path.name else path / "contours"  # "/" has none, nor has "."
        name = path.name
        for suffix in sorted({*SUFFIXES.values(), ".zip"}, key=len, reverse=True):
            name = name.removesuffix(suffix)
        return str(path.with_name((name or "contours") + SUFFIXES[self._kind]))
