"""The collections of the library: which one is searched, and new scans for it with progress and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ctk
from slicer.i18n import tr as _

from .Asking import IsCancelled, Progress, finish
from .ChoiceCombo import ChoiceCombo
from .Client import Client
from .Colours import warning_style
from .Connection import Connection
from .Failures import BackendError
from .ScanRequests import Listener, ScanRequests
from .StatusLine import StatusLine

_REASONS_SHOWN = 3


class CollectionBox:
    """Binds the collection widgets of SimilarPanel.ui; `on_chosen(name)` is called with "" for all collections.

    Taking scans in can take hours, so it has requests of its own, beside those of the panels.
    """

    def __init__(self, ui, connection: Connection, requests: ScanRequests, on_chosen: Callable[[str], None]):
        self._ui, self._connection, self._requests = ui, connection, requests
        self.profile = "standard"
        self._combo = ChoiceCombo(ui.collectionCombo, on_chosen)
        self._combo.offer([(_("all collections"), "")])
        self._status = StatusLine(ui.ingestBar, ui.ingestLabel, ui.ingestCancelButton, requests)
        self._was_connected = False
        ui.ingestFolder.filters = ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
        ui.ingestButton.connect("clicked()", self.ingest)
        ui.ingestFolder.connect("currentPathChanged(QString)", lambda: self.refresh())
        ui.ingestCollection.connect("textChanged(QString)", lambda: self.refresh())
        connection.listen(self._connection_changed)
        self._say("")
        self.refresh()

    def show(self, name: str, profile: str) -> None:
        """Show the collection that is searched; new scans are embedded with `profile`."""
        self.profile = profile
        self._combo.show(name)

    def refresh(self) -> None:
        """Tell whether scans can be taken in now."""
        told = bool(self._ui.ingestFolder.currentPath.strip() and self._ui.ingestCollection.text.strip())
        self._ui.ingestButton.enabled = told and self._connection.connected and not self._requests.busy

    def reload(self) -> None:
        """Ask the backend for its collections."""
        self._connection.fetch(lambda client: client.collections(), self._offer, self._failed)

    def ingest(self) -> None:
        """Take the typed folder into the typed collection."""
        profile = self.profile
        folder, collection = self._ui.ingestFolder.currentPath.strip(), self._ui.ingestCollection.text.strip()

        def work(client: Client, _ids: list[str], progress: Progress, cancelled: IsCancelled) -> dict:
            return finish(client, client.ingest(collection, [folder], profile), progress, cancelled)

        self._say("")
        try:
            self._requests.start([], work, Listener(self._ingested, self._failed, self._cancelled))
        except BackendError as error:
            self._failed(error)
        self.refresh()

    def _connection_changed(self) -> None:
        appeared = self._connection.connected and not self._was_connected
        self._was_connected = self._connection.connected
        if appeared:
            self.reload()
        self.refresh()

    def _offer(self, collections: list[dict]) -> None:
        total = sum(collection["cases"] for collection in collections)
        labels = [(_("all collections ({count} scans)").format(count=total), "")]
        self._combo.offer(labels + [(_label(collection), collection["name"]) for collection in collections])

    def _ingested(self, report: dict) -> None:
        skipped, bad = sum(report["skipped"].values()), report["bad"]
        words = _("{added} scans added, {known} known already, {skipped} passed over, {bad} not readable.")
        lines = [words.format(added=report["added"], known=report["known"], skipped=skipped, bad=len(bad))]
        lines += [f"{one['source']}: {one['reason']}" for one in bad[:_REASONS_SHOWN]] + list(report.get("notes", []))
        self._say("<br>".join(map(escape, lines)))
        self._ui.ingestMessage.toolTip = "\n".join(f"{one['source']}: {one['reason']}" for one in bad)
        self.refresh()
        self.reload()

    def _failed(self, error: Exception) -> None:
        self._say(escape(str(error)), failed=True)
        self.refresh()
        if not isinstance(error, BackendError):
            raise error

    def _cancelled(self) -> None:
        self._say(_("Cancelled. What was added stays; adding the folder again goes on from there."))
        self.refresh()
        self.reload()

    def _say(self, text: str, failed: bool = False) -> None:
        label = self._ui.ingestMessage
        label.text = text
        label.styleSheet = warning_style(label, "failed") if failed else ""


def _label(collection: dict) -> str:
    label = _("{name} ({count})").format(name=collection["name"], count=collection["cases"])
    if collection.get("same_model", True):
        return label
    return label + " " + _("– embedded with other weights: add its folder again")
