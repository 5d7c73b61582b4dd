"""The Report section: a draft from measured facts, to be edited and saved."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import ctk
import numpy as np
import qt
import slicer
from slicer.i18n import tr as _

from . import DicomDatabase, PathLine, ReportFile, Reporting, ReportPlaces, ReportShelf, Scene
from .ChoiceCombo import ChoiceCombo
from .Classifying import Person
from .Client import Client
from .Connection import Connection
from .Failures import BackendError, NotHeld
from .FreePath import free
from .Panel import Panel
from .Parameters import DRAFTED, EDITED, LEFT_OUT, QUOTED
from .PlaceBox import PlaceBox
from .PlaceList import PlaceList
from .ReportBackButton import ReportBackButton
from .Reporting import Draft, Wish
from .ReportPlaces import Place
from .ReportShelf import Shelved
from .ScanRequests import ScanRequests

_PAUSE_MILLISECONDS = 400
_KINDS = ("html", "pdf", "dcm")


class ReportPanel(Panel):
    """Binds the widgets of ReportPanel.ui. The text lives in the scene; what is typed reaches it after a short pause. A draft takes its
    place, but what a person wrote is kept there too, and can be brought back."""

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._draft: Draft | None = None
        self._drafts: dict[str, Draft] = {}  # of this session, by the job that wrote them
        self._is_foreign = False  # the text is about another scan than the chosen one
        self._own_file: Path | None = None  # what this report was saved as, which it may be saved as again
        self._timer = qt.QTimer(self.widget)  # it must not outlive the editor
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MILLISECONDS)
        self._timer.connect("timeout()", self._keep)
        self._sexes = ChoiceCombo(self.ui.reportSexCombo, self._take_sex)
        self._sexes.offer([(_("sex not told"), ""), (_("female"), "F"), (_("male"), "M")])
        self._places, self._box = PlaceList(self.ui.placeList, self._visit), PlaceBox()
        self._kinds = ChoiceCombo(self.ui.saveKindCombo, self._take_kind)
        self._kinds.offer([(_("HTML"), "html"), (_("PDF"), "pdf"), (_("DICOM SR"), "dcm")])
        self.ui.savePath.filters = ctk.ctkPathLineEdit.Files | ctk.ctkPathLineEdit.Writable
        self.ui.savePath.currentPath = str(Path.home() / "report.html")
        PathLine.listen(self.ui.savePath, self.refresh)
        self.ui.reportEditor.connect("textChanged()", self._edited)
        self.ui.quotesSimilarCheck.connect("toggled(bool)", self._take_similar)
        self.ui.writeButton.connect("clicked()", self.write)
        self._back = ReportBackButton(self.ui.bringBackButton, self.bring_back)
        self.ui.saveButton.connect("clicked()", self.save)
        connection.listen(self.refresh)
        self.say()
        self.refresh()

    def set_parameters(self, parameters) -> None:
        self._keep_typed()  # before the scene is left
        self._is_foreign = False
        super().set_parameters(parameters)
        text = parameters.reportText if parameters else ""
        if parameters and text != self.ui.reportEditor.html:
            self._show_text(text)
        self._places.show(ReportPlaces.recall(parameters.reportPlaces) if parameters else [])

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""
        chosen = self._parameters
        self._sexes.show(chosen.sex if chosen else "")
        self.ui.quotesSimilarCheck.checked = bool(chosen) and chosen.similarCases == QUOTED
        self.ui.writeButton.enabled = bool(chosen and chosen.scan) and self._connection.connected
        shelf = ReportShelf.recall(chosen.formerReports) if chosen else []
        self._back.show(shelf)
        kind = _kind_of(self.ui.savePath.currentPath)
        self._kinds.show(kind)
        written = bool(self.ui.reportEditor.plainText.strip())
        self._tell_whose(written)
        self._box.follow(self._outlined())
        self.ui.placeList.enabled = not self._is_foreign
        can_save = bool(kind) and written and not self._is_foreign
        self.ui.saveButton.enabled = can_save and (kind != "dcm" or self._draft is not None)
        self.ui.saveButton.toolTip = (
            _("The DICOM SR is written by the backend from a draft of this session: write the draft first.")
            if kind == "dcm" and not self._draft
            else _("Save the report. The file name's ending tells the format.")
        )

    def shown(self, is_shown: bool) -> None:
        if not is_shown:
            self._box.remove()  # where nothing of it is in view, nothing could take it away

    def clear(self) -> None:
        self._timer.stop()
        self._box.remove()
        self._draft = self._own_file = None
        self._drafts.clear()
        self._show_text("")
        self._places.show([])

    def write(self) -> None:
        """Have a draft written about the scan; it takes the place of the text, which is kept."""
        chosen = self._parameters
        others, scan = (bool(chosen.secondScan), bool(chosen.priorScan)), chosen.scan
        wish = Wish(chosen.profile, Person.of(chosen), *others, chosen.similarCases == QUOTED, self._series_of_both())
        volumes = [volume for volume in (chosen.scan, chosen.secondScan, chosen.priorScan) if volume]
        self.ask(
            volumes,
            lambda client, ids, progress, cancelled: Reporting.write(client, ids, wish, progress, cancelled),
            lambda draft: self._written(draft, scan),
        )

    def bring_back(self) -> None:
        """Show the text that a draft took the place of; what stands there now is kept in its place."""
        chosen = self._parameters
        self._keep_typed()
        self.say()
        back, shelf = ReportShelf.turned(ReportShelf.recall(chosen.formerReports), self._present())
        chosen.formerReports = ReportShelf.keep(shelf)
        scan = _scan_of(back)
        self._draft, self._own_file = self._drafts.get(back.job), None
        self._put(back.text, scan, back.places, EDITED if back.is_own else DRAFTED)
        if scan is None:
            self.say(_("It is not known any more which scan this text is about: make sure of it before you save it."))

    def save(self) -> None:
        """Save the report as the file name's ending says: as it was written, or as it was edited."""
        path, draft = self.ui.savePath.currentPath, self._draft
        kind = _kind_of(path)
        self.say()
        if kind == "dcm":
            series = DicomDatabase.files_of(self._parameters.scan)
            self._fetch(path, lambda client: Reporting.structured(client, draft, series))
        elif kind == "pdf" and draft and not self._is_edited():
            self._fetch(path, lambda client: client.report_file(draft.job, kind))
        elif kind == "pdf":
            self._guard(path, lambda target: ReportFile.write_pdf(self.ui.reportEditor.document, str(target)))
        else:
            page = draft.page if draft and not self._is_edited() else self.ui.reportEditor.html
            self._save(path, page.encode())

    def _fetch(self, path: str, work: Callable[[Client], bytes]) -> None:
        self._connection.fetch(work, lambda body: self._save(path, body), self._not_saved)

    def _is_edited(self) -> bool:
        return self.ui.reportEditor.document.modified

    def _tell_whose(self, written: bool) -> None:
        """Say so where the text is about another scan than the chosen one."""
        chosen = self._parameters
        about = chosen.reportScan if chosen and written else None
        is_foreign = about is not None and chosen.scan is not None and about.GetID() != chosen.scan.GetID()
        if is_foreign != self._is_foreign:
            self._is_foreign = is_foreign
            words = _("This report is about {name}: choose that scan to save it, or write the draft of the chosen one.")
            self.say(*([escape(words.format(name=about.GetName()))] if is_foreign else []))

    def _written(self, draft: Draft, scan) -> None:
        self._keep_typed()  # also what was typed while the backend worked
        is_kept = self._shelve()
        self._draft, self._own_file = draft, None
        self._drafts[draft.job] = draft
        to_voxels = np.linalg.inv(Scene.world_affine(scan))
        places = [place.moved(to_voxels) for place in draft.places]
        self._put(draft.text, scan, ReportPlaces.keep(places), DRAFTED)
        lines = [
            _("A draft from measured facts: rest on a sentence for its numbers, choose it below to go there, edit it.")
        ]
        if is_kept:
            lines.append(_("Your text from before is kept and can be brought back."))
        self.say(*lines)
        self.refresh()

    def _put(self, text: str, scan, places: str, state: str) -> None:
        """Let this be the report, with the scan that it is about (None: not known)."""
        self._box.remove()
        self._places.show(ReportPlaces.recall(places))
        self._show_text(text)
        self.ui.reportEditor.document.modified = state == EDITED
        if self._parameters:
            self._parameters.reportScan = scan
            self._parameters.reportPlaces = places
            self._parameters.reportState = state
        self._keep()

    def _shelve(self) -> bool:
        """Keep the text that a draft is to take the place of; whether it is one of a person's own."""
        present, chosen = self._present(), self._parameters
        if chosen:
            shelf = ReportShelf.recall(chosen.formerReports)
            chosen.formerReports = ReportShelf.keep(ReportShelf.with_own(shelf, present))
        return present is not None and present.is_own

    def _present(self) -> Shelved | None:
        """What stands in the editor now; None for nothing."""
        chosen = self._parameters
        if not chosen or not self.ui.reportEditor.plainText.strip():
            return None
        scan, job = chosen.reportScan, self._draft.job if self._draft else ""
        about = (scan.GetID(), scan.GetName()) if scan else ("", "")
        return Shelved(chosen.reportText, chosen.reportState == EDITED, *about, chosen.reportPlaces, job)

    def _series_of_both(self) -> tuple[tuple[str, ...], ...]:
        """The DICOM files of the scan and of the prior, () where there are not both: looking for them takes a query a file."""
        chosen = self._parameters
        both = (chosen.scan, chosen.priorScan)
        found = tuple(map(DicomDatabase.files_of, both)) if all(map(DicomDatabase.has, both)) else ()
        return found if all(found) else ()

    def _visit(self, place: Place) -> None:
        """Take all slices to what a sentence tells of, wherever the scan is now, and outline it there."""
        scan = self._parameters.reportScan if self._parameters else None
        try:
            if scan is None:
                raise BackendError(_("The scan that this is about is no longer in the scene."))
            there = place.moved(Scene.world_affine(scan))
            Scene.jump_slices(slicer.mrmlScene, there.center)
            self._box.show(there, scan)
        except BackendError as error:
            self._box.remove()
            self.failed(error)

    def _outlined(self):
        """The scan on which an outline may stand: that of the report, unless another one is chosen; None for none."""
        chosen = self._parameters
        about = chosen.reportScan if chosen else None
        return about if about and chosen.scan in (None, about) else None

    def _save(self, path: str, body: bytes) -> None:
        self._guard(path, lambda target: target.write_bytes(body))

    def _guard(self, path: str, write) -> None:
        target = Path(path.strip())
        target = target if target == self._own_file else free(target)
        try:
            write(target)
        except OSError as error:
            words = _("'{path}' cannot be written ({why}): choose another place.").format(path=path, why=error.strerror)
            self.failed(BackendError(words))
            return
        self._own_file = target
        self.ui.savePath.currentPath = str(target)
        words = _("Saved as {path}.").format(path=target)
        if self._is_edited():
            as_drafted = _("The DICOM SR holds the draft as it was written, without your changes.")
            as_edited = _("It holds your text, without the pictures of the draft.")
            words += " " + (as_drafted if _kind_of(path) == "dcm" else as_edited)
        self.say(escape(words))

    def _not_saved(self, error: Exception) -> None:
        gone = BackendError(_("The backend does not hold the draft any more: write it again."))
        self.failed(gone if isinstance(error, NotHeld) else error)

    def _show_text(self, text: str) -> None:
        blocked = self.ui.reportEditor.blockSignals(True)
        self.ui.reportEditor.html = text
        self.ui.reportEditor.document.modified = False
        self.ui.reportEditor.blockSignals(blocked)

    def _edited(self) -> None:
        self._timer.start()

    def _keep_typed(self) -> None:
        if self._timer.active:
            self._keep()

    def _keep(self) -> None:
        self._timer.stop()
        if self._parameters:
            self._parameters.reportText = self.ui.reportEditor.html
            if self._is_edited():
                self._parameters.reportState = EDITED
        self.refresh()

    def _take_sex(self, sex: str) -> None:
        if self._parameters:
            self._parameters.sex = sex

    def _take_similar(self, is_wanted: bool) -> None:
        if self._parameters:
            self._parameters.similarCases = QUOTED if is_wanted else LEFT_OUT

    def _take_kind(self, kind: str) -> None:
        path = Path(self.ui.savePath.currentPath.strip() or Path.home() / "report")
        path = path if path.name else path / "report"  # "/" has none, nor has "."
        self.ui.savePath.currentPath = str(path.with_suffix("." + kind))


def _scan_of(text: Shelved):
    """The node that it is about; None where there is none of this id and name, since ids change when scenes are joined."""
    scan = slicer.mrmlScene.GetNodeByID(text.scan) if text.scan else None
    return scan if scan is not None and scan.GetName() == text.scan_name else None


def _kind_of(path: str) -> str:
    """The format that the ending of a file name stands for, "" for none that is known."""
    ending = Path(path.strip()).suffix.lstrip(".").lower()
    return ending if ending in _KINDS else ""
