"""The sentences of a report that tell of something with a place: one that is chosen leads there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from .ReportPlaces import Place
from .ResultTable import hint_in


class PlaceList:
    """Fills a QListWidget; `on_visit(place)` is called when a line is chosen, by a click or with the arrow keys."""

    def __init__(self, view, on_visit: Callable[[Place], None]):
        self._view, self._on_visit = view, on_visit
        self._places: Sequence[Place] = []
        self._hint = hint_in(view, _("The structures and lesions of the draft come here: a click goes there."))
        view.connect("currentRowChanged(int)", self._visit)
        # and the chosen one again, after looking elsewhere
        view.connect("itemClicked(QListWidgetItem*)", lambda: self._visit(view.currentRow))

    def show(self, places: Sequence[Place]) -> None:
        """Offer these."""
        blocked = self._view.blockSignals(True)
        self._places = places
        self._hint.visible = not places
        self._view.clear()
        size = qt.QSize(0, self._view.fontMetrics().lineSpacing() + 2)  # as wide as the list: what is longer is elided
        for line, place in enumerate(places):
            self._view.addItem(place.sentence)
            item = self._view.item(line)
            item.setToolTip(place.sentence)
            item.setSizeHint(size)
        self._view.setCurrentRow(-1)
        self._view.blockSignals(blocked)

    def _visit(self, line: int) -> None:
        if 0 <= line < len(self._places):
            self._on_visit(self._places[line])
