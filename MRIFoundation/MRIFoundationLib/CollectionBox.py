"""The collections of the library: which one is searched, and new scans for it with progress and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ctk
import qt
from slicer.i18n import tr as _

from . import PathLine
from .Asking import IsCancelled, Progress, finish
from .ChoiceCombo import ChoiceCombo
from .Client import Client
from .Connection import Connection
from .Failures import BackendError
from .MessageLines import MessageLines
from .ScanRequests import Listener, ScanRequests
from .Sentence import translated
from .StatusLine import StatusLine

_REASONS_SHOWN, _MESSAGE_LINES = 3, 3


class CollectionBox:
    """Binds the collection widgets of SimilarPanel.ui; `on_chosen(name)` is called with "" for all collections.

    Taking scans in can take hours, so it has requests of its own, beside those of the panels.
    """

    def __init__(self, ui, connection: Connection, requests: ScanRequests, on_chosen: Callable[[str], None]):
        self._ui, self._connection, self._requests = ui, connection, requests
        self.profile = "standard"
        self._combo = ChoiceCombo(ui.collectionCombo, on_chosen)
        self._combo.offer([(_("all collections"), "")])
        self._purpose, self._stale = ui.collectionCombo.toolTip, set()
        self._status = StatusLine(ui.ingestBar, ui.ingestLabel, ui.ingestCancelButton, requests)
        self._message = MessageLines(ui.ingestMessage, _MESSAGE_LINES)
        ui.ingestFolder.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
        ui.ingestTableButton.connect("clicked()", self._choose_table)
        ui.ingestButton.connect("clicked()", self.ingest)
        PathLine.listen(ui.ingestFolder, self.refresh)
        ui.ingestCollection.connect("textChanged(QString)", lambda: self.refresh())
        connection.when_reached(self.reload)
        connection.listen(self.refresh)
        self._say()
        self.refresh()

    def show(self, name: str, profile: str) -> None:
        """Show the collection that is searched; new scans are embedded with `profile`."""
        self.profile = profile
        self._combo.show(name)
        self._explain(name)

    def refresh(self) -> None:
        """Tell whether scans can be taken in now."""
        told = bool(self._ui.ingestFolder.currentPath.strip() and self._ui.ingestCollection.text.strip())
        self._ui.ingestButton.enabled = told and self._connection.connected and not self._requests.busy

    def reload(self) -> None:
        """Ask the backend for its collections."""
        self._connection.fetch(lambda client: client.collections(), self._offer, self._failed)

    def ingest(self) -> None:
        """Take the typed folder, table or address into the typed collection."""
        profile = self.profile
        source, collection = self._ui.ingestFolder.currentPath.strip(), self._ui.ingestCollection.text.strip()

        def work(client: Client, _ids: list[str], progress: Progress, cancelled: IsCancelled) -> dict:
            return finish(client, client.ingest(collection, [source], profile), progress, cancelled)

        self._say()
        try:
            self._requests.start([], work, Listener(self._ingested, self._failed, self._cancelled))
        except BackendError as error:
            self._failed(error)
        self.refresh()

    def _choose_table(self) -> None:
        """The button of the path line offers folders only."""
        path = qt.QFileDialog.getOpenFileName(self._ui.ingestFolder, _("Table of scans"), "", _("Tables (*.csv *.tsv)"))
        if path:
            self._ui.ingestFolder.currentPath = path

    def _offer(self, collections: list[dict]) -> None:
        total = sum(collection["cases"] for collection in collections)
        labels = [(_("all collections ({count} scans)").format(count=total), "")]
        # same_model is None while the model loads
        self._stale = {one["name"] for one in collections if one.get("same_model") is False}
        self._combo.offer(labels + [(_label(one, one["name"] in self._stale), one["name"]) for one in collections])
        combo = self._ui.collectionCombo
        for name in self._stale:
            combo.setItemData(combo.findData(name), _remedy(name), qt.Qt.ToolTipRole)
        self._explain(combo.itemData(combo.currentIndex) or "")

    def _explain(self, name: str) -> None:
        """The tooltip says what to do about the chosen collection, where something is to be done."""
        self._ui.collectionCombo.toolTip = _remedy(name) if name in self._stale else self._purpose

    def _ingested(self, report: dict) -> None:
        skipped, bad = sum(report["skipped"].values()), report["bad"]
        words = _("{added} scans added, {known} known already, {skipped} passed over, {bad} not readable.")
        lines = [words.format(added=report["added"], known=report["known"], skipped=skipped, bad=len(bad))]
        lines += [f"{one['source']}: {one['reason']}" for one in bad[:_REASONS_SHOWN]] + list(report.get("notes", []))
        self._say(*map(escape, lines))
        self._ui.ingestMessage.toolTip = "\n".join(f"{one['source']}: {one['reason']}" for one in bad)
        self.refresh()
        self.reload()

    def _failed(self, error: Exception) -> None:
        self._say(escape(translated(error)), failed=True)
        self.refresh()
        if not isinstance(error, BackendError):
            raise error

    def _cancelled(self) -> None:
        self._say(_("Cancelled. What was added stays; adding the same again goes on from there."))
        self.refresh()
        self.reload()

    def _say(self, *lines: str, failed: bool = False) -> None:
        self._message.say(*lines, kind="failed" if failed else "")


def _label(collection: dict, is_stale: bool) -> str:
    label = _("{name} ({count})").format(name=collection["name"], count=collection["cases"])
    return label + " " + _("– other weights: add again") if is_stale else label


def _remedy(name: str) -> str:
    """What to do about a collection that other weights embedded."""
    return _(
        "Scans of '{name}' were embedded with other weights and cannot be compared with yours. Under Add scans to the library, give "
        "the folder, table or address that they came from, {name} as the collection, and press Add. Or, for the whole library, on the "
        "backend's computer: mrifoundation library refresh --library FOLDER"
    ).format(name=name)
