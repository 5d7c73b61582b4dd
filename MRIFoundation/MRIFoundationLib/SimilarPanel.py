"""The Similar scans section: cases of the library like a scan, a segment, words or a report, and one of them beside
the scan."""

from __future__ import annotations

from html import escape

import slicer
from slicer.i18n import tr as _

from . import HitText, Scene, Searching
from .AskedScan import AskedScan
from .CollectionBox import CollectionBox
from .Comparing import ComparedHit
from .Connection import Connection
from .Gallery import Gallery
from .Panel import Panel
from .QueryForm import QueryForm
from .ScanRequests import ScanRequests
from .Searching import Comparison, Found

_REGIONS_SHOWN = 5


class SimilarPanel(Panel):
    """Binds the widgets of SimilarPanel.ui to the parameters in the scene and to the library of the backend."""

    def __init__(self, ui_path: str, connection: Connection, requests: ScanRequests):
        super().__init__(ui_path, connection, requests)
        self._found = Found([], 0)
        self._asked: AskedScan | None = None  # what the hits are like, None for words alone
        self._compared: ComparedHit | None = None
        self._form = QueryForm(self.ui)
        self.collections = CollectionBox(self.ui, connection, requests.beside(), self._take_collection)
        self.gallery = Gallery(self.ui.galleryView, connection, self._chosen, self.load)
        self._connect(connection)
        self.say()
        self.refresh()

    def set_parameters(self, parameters) -> None:
        self._form.set_parameters(parameters)
        super().set_parameters(parameters)
        if parameters and parameters.foundHits and not self._found.hits:
            words = _(
                "The {count} cases found before are not in the saved scene, being other people's: find them again."
            )
            self.say(words.format(count=parameters.foundHits))

    def refresh(self) -> None:
        """Show what the scene says now, and which actions are possible."""
        chosen = self._parameters
        self._form.refresh()
        if chosen:
            self.collections.show(chosen.collection, chosen.profile)
        self.ui.findButton.enabled = self._connection.connected and self._form.complete()
        if self._compared and not self._compared.whole:
            self._end_comparison()
        self.remark(self._asked.differs(chosen.scan) if chosen and self._asked else "")
        hit = self.gallery.current()
        self.ui.loadButton.enabled = hit is not None
        self.ui.compareButton.enabled = self._compared is not None or bool(hit and chosen and chosen.scan)
        self.ui.compareButton.checked = self._compared is not None
        self.ui.heatMapButton.enabled = bool(self._compared and self._compared.has_heat_maps)

    def clear(self) -> None:
        self._end_comparison()
        self._found, self._asked = Found([], 0), None
        self.gallery.show([])
        self._chosen()

    def find(self) -> None:
        """Look for cases like what is chosen."""
        if not self.ui.findButton.enabled:
            return
        self._end_comparison()

        def start() -> None:
            query, volumes = self._form.query(), self._form.volumes()
            asked = AskedScan.of(volumes[0]) if volumes else None
            self._requests.start(
                volumes,
                lambda client, ids, progress, cancelled: Searching.search(client, ids, query, progress, cancelled),
                self.listener(lambda found: self._show_found(found, asked)),
            )

        self.attempt(start)

    def load(self) -> None:
        """Load the chosen hit into the scene, or show it again when it is there."""
        hit = self.gallery.current()
        if hit is None:
            return
        self._end_comparison()
        present = Scene.case_volume(slicer.mrmlScene, hit["case"])
        if present:
            Scene.show_volume(present)
            return
        self.ask(
            [],
            lambda client, _ids, progress, cancelled: Searching.fetch_case(client, hit["case"], progress, cancelled),
            lambda path: self._loaded(hit, path),
        )

    def compare(self, wanted: bool) -> None:
        """Bring the chosen hit beside the scan, or take it away again."""
        hit, scan = self.gallery.current(), self._parameters.scan if self._parameters else None
        self._end_comparison()
        if wanted and hit and scan:
            profile, case, scan_id = self._parameters.profile, hit["case"], scan.GetID()
            self.ask(
                [scan],
                lambda client, ids, progress, cancelled: Searching.compare(
                    client, ids[0], case, profile, progress, cancelled
                ),
                lambda comparison: self._show_comparison(scan_id, hit, comparison),
            )
        self.refresh()

    def _connect(self, connection: Connection) -> None:
        self.ui.findButton.connect("clicked()", self.find)
        self.ui.wordsLine.connect("returnPressed()", self.find)
        self.ui.loadButton.connect("clicked()", self.load)
        self.ui.compareButton.connect("clicked(bool)", self.compare)
        self.ui.heatMapButton.connect("toggled(bool)", self._show_heat_maps)
        connection.listen(self._connection_changed)

    def _take_collection(self, name: str) -> None:
        if self._parameters:
            self._parameters.collection = name

    def _connection_changed(self) -> None:
        self.refresh()
        self.gallery.resume()

    def _show_found(self, found: Found, asked: AskedScan | None) -> None:
        self._found, self._asked = found, asked
        if self._parameters:
            self._parameters.foundHits = len(found.hits)
        self.gallery.show(found.hits)
        words = _("The {count} most similar of {searched} scans.").format(
            count=len(found.hits), searched=found.searched
        )
        nothing = _("No scan of the library fits: take filters away, or add scans below.")
        told = filter(None, [HitText.order(found.hits), *found.notes])
        self.say(words if found.hits else nothing, *map(escape, told))
        self._chosen()

    def _chosen(self) -> None:
        hit = self.gallery.current()
        self.ui.detailView.html = HitText.details(hit) if hit else ""
        if hit and self._compared and self._compared.case != hit["case"]:
            self.compare(True)
        self.refresh()

    def _loaded(self, hit: dict, path: str) -> None:
        Scene.show_volume(Scene.add_case(slicer.mrmlScene, path, hit["name"], hit["case"]))
        self.refresh()

    def _show_comparison(self, scan_id: str, hit: dict, comparison: Comparison) -> None:
        self._compared = ComparedHit(slicer.mrmlScene, slicer.mrmlScene.GetNodeByID(scan_id), hit, comparison)
        self._compared.show_heat_maps(self.ui.heatMapButton.checked)
        self.say(*_explained(comparison, hit))
        self.refresh()

    def _show_heat_maps(self, shown: bool) -> None:
        if self._compared:
            self._compared.show_heat_maps(shown)

    def _end_comparison(self) -> None:
        compared, self._compared = self._compared, None  # first, since taking nodes out of the scene refreshes
        if compared:
            compared.end()


def _explained(comparison: Comparison, hit: dict) -> list[str]:
    """What the comparison shows, in sentences."""
    lines = []
    if comparison.to_query is None:
        lines.append(_("The two share too little anatomy to be brought to one place: each stands where it was taken."))
    if comparison.regions:
        agree = [
            f"{region['query']} ({region['similarity']:.2f})"
            if region["query"] == region["case"]
            else f"{region['query']} – {region['case']} ({region['similarity']:.2f})"
            for region in comparison.regions[:_REGIONS_SHOWN]
        ]
        lines.append(_("Most alike: {regions}.").format(regions=", ".join(agree)))
    return [escape(line) for line in lines] or [_("Above the scan, below {name}.").format(name=escape(hit["name"]))]
