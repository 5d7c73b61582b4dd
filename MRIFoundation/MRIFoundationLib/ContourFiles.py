"""Exports and imports of the contours of a panel."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import slicer
from slicer.i18n import tr as _

from . import ContourRows, DicomDatabase, Exchanging, Segmentation
from .ContourSegments import state_of
from .ExchangeBox import ExchangeBox
from .Exchanging import Archive, Exported, ExportWish, Imported
from .Failures import BackendError
from .OrganChoice import OrganChoice
from .Segmenting import Answer


class ContourFiles:
    """`panel`: a ContourPanel, which asks, tells and has the segmentation."""

    def __init__(self, panel, ui, organs: OrganChoice):
        self._panel, self._organs = panel, organs
        self._box = ExchangeBox(ui, self)

    def refresh(self, askable: bool, is_filled: bool) -> None:
        """Tell what is possible: `askable`, there is a scan and a backend; `is_filled`, there are contours."""
        scan = self._panel.parameters.scan if self._panel.parameters else None
        is_known = bool(DicomDatabase.files_of(scan))
        self._box.refresh(askable and is_filled, askable, DicomDatabase.is_open(), is_known)

    def export(self, kind: str, path: str, series: str, into_database: bool) -> None:
        """Write all contours but the empty and the rejected ones to a file, and tell Slicer's DICOM database of it."""

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

    def import_file(self, path: str) -> None:
        """Add the contours of a file to the segmentation, beside those that are there."""
        panel = self._panel
        panel.ask(
            [panel.parameters.scan],
            lambda client, volumes, progress, cancelled: Exchanging.import_file(
                client, volumes[0], path, progress, cancelled
            ),
            lambda imported: self._add(Path(path).name, imported),
        )

    def _make(self, kind: str, target: str | Archive, series: str, told: Callable[[Exported], list[str]]) -> None:
        panel, node = self._panel, self._panel.segmentation
        ids = ContourRows.ids(node)
        rejected = [key for key in ids if (state_of(node, key).get("review") or {}).get("verdict") == "rejected"]
        shown = {key: panel.shown_as(key, whole=True) for key in ids if key not in rejected}
        shown = {key: one for key, one in shown.items() if one.mask is not None}
        if not shown:
            panel.failed(BackendError(_("There is nothing to export: every contour is empty or was rejected.")))
            return
        inner = node.GetSegmentation()
        colours = [[round(255 * part) for part in inner.GetSegment(key).GetColor()] for key in shown]
        files = (series,) if series else DicomDatabase.files_of(panel.parameters.scan)
        wish = ExportWish(kind, target, list(shown.values()), colours, self._organs.tg263(), files)
        left_out = ", ".join(inner.GetSegment(key).GetName() for key in rejected)
        words = [_("Left out, since rejected: {names}.").format(names=left_out)] if left_out else []
        panel.ask(
            [panel.parameters.scan],
            lambda client, volumes, progress, cancelled: Exchanging.export(
                client, volumes[0], wish, progress, cancelled
            ),
            lambda made: panel.say(*map(escape, [*told(made), *words, *made.notes])),
        )

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
        panel.say(*map(escape, [words, *imported.notes]))
        panel.refresh()


def _names(node) -> set[str]:
    return {node.GetSegmentation().GetSegment(key).GetName() for key in ContourRows.ids(node)}
