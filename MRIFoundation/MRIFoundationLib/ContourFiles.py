"""Exports and imports of the contours of a panel."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import slicer
from slicer.i18n import tr as _

from . import ContourList, ContourRows, DicomDatabase, Exchanging, Segmentation
from .ExchangeBox import ExchangeBox
from .Exchanging import Archive, Exported, ExportWish, Imported
from .Failures import BackendError
from .OrganChoice import OrganChoice
from .OutgoingContours import outgoing
from .Segmenting import Answer
from .Sentence import translated


class ContourFiles:
    """`panel`: a ContourPanel, which asks, tells and has the segmentation."""

    def __init__(self, panel, ui, organs: OrganChoice):
        self._panel, self._organs = panel, organs
        self._box = ExchangeBox(ui, self)

    def refresh(self, askable: bool, is_filled: bool) -> None:
        """Tell what is possible: `askable`, there is a scan and a backend; `is_filled`, there are contours."""
        scan = self._panel.parameters.scan if self._panel.parameters else None
        self._box.refresh(askable and is_filled, askable, DicomDatabase.is_open(), DicomDatabase.has(scan))

    def export(self, kind: str, path: str, series: str, into_database: bool) -> None:
        """Write the contours that may go out (OutgoingContours.py) to a file, and tell Slicer's DICOM database of it; as CSV the table."""
        if kind == "csv":
            self._write_table(path)
            return

        def written(made: Exported) -> list[str]:
            lines = [_("Written: {path}.").format(path=made.place)]
            if into_database:
                DicomDatabase.add(made.place)
                lines.append(_("It is in Slicer's DICOM database too, beside its series."))
            return lines

        self._make(kind, path, series, written)

    def send(self, kind: str, archive: Archive, series: str) -> None:
        """Send them to a picture archive."""
        self._make(kind, archive, series, lambda made: [_("Sent to {archive}.").format(archive=made.place)])

    def import_file(self, path: str, series: str) -> None:
        """Add the contours of a file to the segmentation, beside those that are there."""
        panel, files = self._panel, self._series(series)
        panel.ask(
            [panel.parameters.scan],
            lambda client, volumes, progress, cancelled: Exchanging.import_file(
                client, volumes[0], path, files, progress, cancelled
            ),
            lambda imported: self._add(Path(path).name, imported),
        )

    def _write_table(self, path: str) -> None:
        panel = self._panel
        try:
            # The mark at its head lets spreadsheets know that it is UTF-8.
            content = ContourList.written(panel.rows(), self._organs.organ).encode("utf-8-sig")
            panel.say(escape(_("Written: {path}.").format(path=Exchanging.write(Path(path), content))))
        except BackendError as error:
            panel.failed(error)

    def _make(self, kind: str, target: str | Archive, series: str, told: Callable[[Exported], list[str]]) -> None:
        panel = self._panel
        chosen = outgoing(panel.rows(), lambda key: panel.shown_as(key, whole=True))
        shown = chosen.shown
        if not shown:
            panel.failed(BackendError(_("There is nothing to export: every contour is empty or was rejected.")))
            return
        inner = panel.segmentation.GetSegmentation()
        colours = [[round(255 * part) for part in inner.GetSegment(key).GetColor()] for key in shown]
        files = self._series(series)
        wish = ExportWish(kind, target, list(shown.values()), colours, self._organs.tg263(), files)
        panel.ask(
            [panel.parameters.scan],
            lambda client, volumes, progress, cancelled: Exchanging.export(
                client, volumes[0], wish, progress, cancelled
            ),
            lambda made: panel.say(*map(escape, [*told(made), *chosen.left_out, *made.notes])),
        )

    def _series(self, folder: str) -> tuple[str, ...]:
        """The typed folder of the scan's DICOM series, else its files in Slicer's database."""
        return (folder,) if folder else DicomDatabase.files_of(self._panel.parameters.scan)

    def _add(self, file: str, imported: Imported) -> None:
        panel = self._panel
        parameters = panel.parameters
        node = parameters.segmentation or Segmentation.create(slicer.mrmlScene, parameters.scan)
        for row, box in imported.rows:
            wanted = row["structure"] or row["name"]
            name = node.GetSegmentation().GenerateUniqueSegmentID(wanted) if wanted in _names(node) else wanted
            told = {"prompt": name, "name": name, "value": 1, "volume_ml": row["volume_ml"], "center_ras_mm": None}
            told |= {"presence": 1.0, "in_view": True, "explanation": _("Read from {file}.").format(file=file)}
            told["is_answer"] = False
            present = frozenset({1}) if np.any(box.voxels) else frozenset()
            answer = Answer([told], [], box, present)
            Segmentation.put(node, parameters.scan, answer, {name: {"colour": row["colour"]}})
        parameters.segmentation = node
        words = _("{count} contours read from {file}.").format(count=len(imported.rows), file=file)
        panel.say(*(escape(translated(line)) for line in (words, *imported.notes)))
        panel.refresh()


def _names(node) -> set[str]:
    return {node.GetSegmentation().GetSegment(key).GetName() for key in ContourRows.ids(node)}
