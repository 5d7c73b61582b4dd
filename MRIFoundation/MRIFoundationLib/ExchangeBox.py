"""Export and import of contours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ctk
from slicer.i18n import tr as _

from .ChoiceCombo import ChoiceCombo
from .Exchanging import DICOM, SUFFIXES

_KINDS = [
    ("RTSTRUCT", "rtstruct"),
    ("DICOM SEG", "dicom-seg"),
    ("NIfTI", "nifti"),
    ("seg.nrrd", "seg.nrrd"),
    ("STL", "stl"),
]


class ExchangeBox:
    """Binds the export and import widgets of ContourPanel.ui; `on_export(kind, path, series)` and `on_import(path)` do the work."""

    def __init__(self, ui, on_export: Callable[[str, str, str], None], on_import: Callable[[str], None]):
        self._ui = ui
        self._kind = "rtstruct"
        self._kinds = ChoiceCombo(ui.exportCombo, self._take_kind)
        self._kinds.offer(_KINDS)
        ui.exportPath.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable
        ui.seriesPath.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
        ui.importPath.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Readable
        ui.exportPath.currentPath = str(Path.home() / "contours.dcm")
        ui.exportButton.connect(
            "clicked()", lambda: on_export(self._kind, self._path(), ui.seriesPath.currentPath.strip())
        )
        ui.importButton.connect("clicked()", lambda: on_import(ui.importPath.currentPath.strip()))
        ui.importPath.connect("currentPathChanged(QString)", lambda: self.refresh(self._can_export, self._can_import))
        self._can_export = self._can_import = False
        self.refresh(False, False)

    def refresh(self, can_export: bool, can_import: bool) -> None:
        """Tell whether there is something to export, and a scan to import for."""
        self._can_export, self._can_import = can_export, can_import
        self._ui.exportButton.enabled = can_export
        self._ui.importButton.enabled = can_import and bool(self._ui.importPath.currentPath.strip())
        self._ui.seriesPath.enabled = self._kind in DICOM

    def _take_kind(self, kind: str) -> None:
        self._kind = kind
        self._ui.exportPath.currentPath = self._path()
        self.refresh(self._can_export, self._can_import)

    def _path(self) -> str:
        """The typed path with the ending of the chosen kind."""
        path = Path(self._ui.exportPath.currentPath.strip() or Path.home() / "contours")
        name = path.name
        for suffix in sorted({*SUFFIXES.values(), ".zip"}, key=len, reverse=True):
            name = name.removesuffix(suffix)
        return str(path.with_name((name or "contours") + SUFFIXES[self._kind]))


def exported_words(path: str, left_out: list[str], notes: list[str]) -> list[str]:
    """What is said when a file was written."""
    lines = [_("Written: {path}.").format(path=path)]
    if left_out:
        lines.append(_("Left out, since rejected: {names}.").format(names=", ".join(left_out)))
    return lines + notes
